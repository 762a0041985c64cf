import { create } from "@bufbuild/protobuf";
import { useQuery } from "@tanstack/react-query";
import { authApi, userApi } from "@/api/client";
import { session } from "@/api/session";
import { type User, UserSchema } from "@/gen/memos/api/v1/user_service_pb";
import { readLocalJson, writeLocal, writeLocalJson } from "@/lib/local";
import { useStore } from "@/lib/store";
import { queryClient } from "./queryClient";

export const meKey = ["me"] as const;
export const userKey = (name: string | undefined) => ["user", name] as const;

export function useMe(): User | undefined {
  const status = useStore(session);
  const signedIn = status === "member" || status === "expired";
  const { data } = useQuery({ queryKey: meKey, queryFn: fetchMe, enabled: signedIn, staleTime: 5 * 60_000, initialData: recallMe, initialDataUpdatedAt: 0 });
  return signedIn ? data : undefined;
}

const rememberedKey = "me";

type Remembered = Pick<User, "name" | "username" | "displayName" | "avatarUrl" | "role">;

/** Who was here last, so that a returning user's list needn't wait for the answer to "who am I". Only a hint: the answer follows. */
function recallMe(): User | undefined {
  const known = readLocalJson<Remembered | null>(rememberedKey, null);
  return known?.name ? create(UserSchema, known) : undefined;
}

export const forgetMe = () => writeLocal(rememberedKey, null);

function remember({ name, username, displayName, avatarUrl, role }: User): void {
  writeLocalJson(rememberedKey, { name, username, displayName, avatarUrl, role } satisfies Remembered);
}

async function fetchMe(): Promise<User> {
  const { user } = await authApi.getCurrentUser({});
  remember(user!);
  return user!;
}

/** After a sign-in: whatever is kept of somebody else goes. */
export function welcome(user: User | undefined): void {
  if (!user) return;
  const before = queryClient.getQueryData<User>(meKey) ?? recallMe();
  remember(user);
  if (before && before.name !== user.name) queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== "instance" });
  queryClient.setQueryData(meKey, user);
}

/** After a change to oneself. What is kept by the old username goes: the server no longer knows it. */
export function changeMe(user: User): void {
  const before = queryClient.getQueryData<User>(meKey);
  remember(user);
  queryClient.setQueryData(meKey, user);
  if (before?.name !== user.name) forgetSeen();
}

/** A guest was shown less than the same page shows a member: what was asked for as one is forgotten on signing in. */
export function watchSignIn(): void {
  let before = session.get();
  session.subscribe(() => {
    const now = session.get();
    if (before === "guest" && now === "member") forgetSeen();
    before = now;
  });
}

const seenAlike = new Set<unknown>(["instance", meKey[0]]);

function forgetSeen(): void {
  queryClient.removeQueries({ predicate: (query) => !seenAlike.has(query.queryKey[0]) });
}

export const nameOf = (user: Pick<User, "displayName" | "username">) => user.displayName || user.username;
export const usernameOf = (name: string) => name.slice("users/".length);

// Cards ask for their authors one by one; the asks of one moment travel together.
let waiting: Map<string, ((user: User | undefined) => void)[]> | undefined;
const batchMax = 100;

function loadUser(username: string): Promise<User | undefined> {
  return new Promise((resolve) => {
    if (!waiting) {
      waiting = new Map();
      setTimeout(sendBatch, 10);
    }
    waiting.set(username, [...(waiting.get(username) ?? []), resolve]);
  });
}

async function sendBatch(): Promise<void> {
  const batch = [...waiting!];
  waiting = undefined;
  for (let at = 0; at < batch.length; at += batchMax) {
    const part = batch.slice(at, at + batchMax);
    const users = await userApi.batchGetUsers({ usernames: part.map(([name]) => name) }).then(
      (answer) => answer.users,
      () => [],
    );
    for (const [username, resolves] of part) {
      const user = users.find((one) => one.username === username);
      resolves.forEach((resolve) => resolve(user));
    }
  }
}

/** A user by resource name (`users/ann`); undefined while loading or when there is none. */
export function useUser(name: string | undefined): User | undefined {
  const me = queryClient.getQueryData<User>(meKey);
  const { data } = useQuery({
    queryKey: userKey(name),
    queryFn: async () => (await loadUser(usernameOf(name!))) ?? null,
    enabled: Boolean(name) && me?.name !== name,
    staleTime: 10 * 60_000,
  });
  return me?.name === name ? me : (data ?? undefined);
}
