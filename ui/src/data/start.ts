import { fromBinary } from "@bufbuild/protobuf";
import { BatchGetInstanceSettingsResponseSchema, InstanceProfileSchema } from "@/gen/memos/api/v1/instance_service_pb";
import { ListMemosResponseSchema } from "@/gen/memos/api/v1/memo_service_pb";
import { BatchGetUsersResponseSchema } from "@/gen/memos/api/v1/user_service_pb";
import { keepStartSettings, profileKey, startKey } from "./instance";
import { memoKeys, type MemoListData } from "./memoCache";
import { exploreSpec } from "./memoLists";
import { queryClient } from "./queryClient";
import { userKey } from "./users";

interface StartData {
  profile: string; // base64 of the message's binary form, as are the next ones
  settings: string;
  memos?: string; // for guests, where they see what is public
  users?: string;
  session: boolean;
}

const bytes = (text: string) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

/** The list that a guest sees first, and who wrote it. */
function takePublicMemos(memos: string, users: string): void {
  const page = fromBinary(ListMemosResponseSchema, bytes(memos));
  const data: MemoListData = { pages: [{ memos: page.memos, nextPageToken: page.nextPageToken }], pageParams: [""] };
  queryClient.setQueryData(memoKeys.list(exploreSpec()), data);
  const known = fromBinary(BatchGetUsersResponseSchema, bytes(users)).users;
  for (const { creator } of page.memos) queryClient.setQueryData(userKey(creator), known.find((user) => user.name === creator) ?? null);
}

/**
 * What the server wrote into the page. `given`: the answers to the first questions; `list`: the first memos, too;
 * `session`: that there is a session to try.
 */
export function takeStartData(): { given: boolean; list: boolean; session: boolean } {
  const text = document.getElementById("start-data")?.textContent;
  if (!text) return { given: false, list: false, session: true };
  const { profile, settings, memos, users, session } = JSON.parse(text) as StartData;
  queryClient.setQueryData(profileKey, fromBinary(InstanceProfileSchema, bytes(profile)));
  queryClient.setQueryData(startKey, keepStartSettings(fromBinary(BatchGetInstanceSettingsResponseSchema, bytes(settings)).settings));
  const list = memos !== undefined && users !== undefined;
  if (list) takePublicMemos(memos, users);
  return { given: true, list, session };
}
