import { createClient } from "@connectrpc/connect";
import { AttachmentService } from "@/gen/memos/api/v1/attachment_service_pb";
import { AuthService } from "@/gen/memos/api/v1/auth_service_pb";
import { InstanceService } from "@/gen/memos/api/v1/instance_service_pb";
import { MemoService } from "@/gen/memos/api/v1/memo_service_pb";
import { ShortcutService } from "@/gen/memos/api/v1/shortcut_service_pb";
import { UserService } from "@/gen/memos/api/v1/user_service_pb";
import { bearer, bearerAfterRefusal } from "./session";
import { createTransport } from "./transport";

export const transport = createTransport({ get: bearer, renew: bearerAfterRefusal });

export const authApi = createClient(AuthService, transport);
export const instanceApi = createClient(InstanceService, transport);
export const memoApi = createClient(MemoService, transport);
export const userApi = createClient(UserService, transport);
export const attachmentApi = createClient(AttachmentService, transport);
export const shortcutApi = createClient(ShortcutService, transport);
