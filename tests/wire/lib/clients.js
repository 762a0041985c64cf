// The official Connect clients in every protocol and codec that the server speaks.
import { createClient } from "@connectrpc/connect";
import {
  createConnectTransport as createNodeConnect,
  createGrpcWebTransport as createNodeGrpcWeb,
} from "@connectrpc/connect-node";
import {
  createConnectTransport as createWebConnect,
  createGrpcWebTransport as createWebGrpcWeb,
} from "@connectrpc/connect-web";

import { AIService } from "../gen/memos/api/v1/ai_service_pb.js";
import { AttachmentService } from "../gen/memos/api/v1/attachment_service_pb.js";
import { AuthService } from "../gen/memos/api/v1/auth_service_pb.js";
import { InstanceService } from "../gen/memos/api/v1/instance_service_pb.js";
import { MemoService } from "../gen/memos/api/v1/memo_service_pb.js";
import { UserService } from "../gen/memos/api/v1/user_service_pb.js";

const node = { httpVersion: "1.1" };
export const transports = {
  "connect-node json": (baseUrl, interceptors) =>
    createNodeConnect({ baseUrl, interceptors, ...node, useBinaryFormat: false }),
  "connect-node binary": (baseUrl, interceptors) =>
    createNodeConnect({ baseUrl, interceptors, ...node, useBinaryFormat: true }),
  "connect-node grpc-web binary": (baseUrl, interceptors) =>
    createNodeGrpcWeb({ baseUrl, interceptors, ...node, useBinaryFormat: true }),
  "connect-node grpc-web json": (baseUrl, interceptors) =>
    createNodeGrpcWeb({ baseUrl, interceptors, ...node, useBinaryFormat: false }),
  "connect-web json": (baseUrl, interceptors) => createWebConnect({ baseUrl, interceptors, useBinaryFormat: false }),
  "connect-web binary": (baseUrl, interceptors) => createWebConnect({ baseUrl, interceptors, useBinaryFormat: true }),
  "connect-web grpc-web": (baseUrl, interceptors) => createWebGrpcWeb({ baseUrl, interceptors, useBinaryFormat: true }),
};

/** All service clients over one transport, with an optional bearer token. */
export function clients(kind, baseUrl, token) {
  const bearer = (next) => (request) => {
    if (token) request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  const transport = transports[kind](baseUrl, [bearer]);
  return {
    attachments: createClient(AttachmentService, transport),
    auth: createClient(AuthService, transport),
    ai: createClient(AIService, transport),
    instance: createClient(InstanceService, transport),
    memos: createClient(MemoService, transport),
    users: createClient(UserService, transport),
  };
}
