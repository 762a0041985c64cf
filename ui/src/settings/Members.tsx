import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { userApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { nameOf, useMe } from "@/data/users";
import { State } from "@/gen/memos/api/v1/common_pb";
import { type User, User_Role as Role } from "@/gen/memos/api/v1/user_service_pb";
import { t } from "@/i18n";
import { usernameFault } from "@/pages/auth/SignUpPage";
import { Avatar } from "@/ui/Avatar";
import { Badge, Button, IconButton } from "@/ui/Button";
import { Confirm, Dialog } from "@/ui/Dialog";
import { PasswordField, SelectField, TextField } from "@/ui/Field";
import { ArchiveIcon, MoreIcon, PencilIcon, PlusIcon, RestoreIcon, TrashIcon } from "@/ui/icons";
import { Menu, MenuItem } from "@/ui/Menu";
import { ErrorState, Loading } from "@/ui/State";
import { showError } from "@/ui/toast";
import { Section } from "./form";

const key = ["members"];

async function fetchMembers(): Promise<User[]> {
  const all: User[] = [];
  let pageToken = "";
  do {
    const page = await userApi.listUsers({ pageSize: 1000, pageToken });
    all.push(...page.users);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return all;
}

export default function Members() {
  const client = useQueryClient();
  const { data, error, isPending, refetch } = useQuery({ queryKey: key, queryFn: fetchMembers });
  const [open, setOpen] = useState<User | "new">();
  const [doomed, setDoomed] = useState<User>();
  const refresh = () => client.invalidateQueries({ queryKey: key });

  async function attempt(work: () => Promise<unknown>) {
    setDoomed(undefined);
    try {
      await work();
      await refresh();
    } catch (failure) {
      showError(describeError(failure));
    }
  }

  const setState = (user: User, state: State) => attempt(() => userApi.updateUser({ user: { name: user.name, state }, updateMask: { paths: ["state"] } }));

  return (
    <Section
      title={t("settings.members")}
      action={
        <Button look="primary" icon={PlusIcon} onClick={() => setOpen("new")}>
          {t("action.create")}
        </Button>
      }
    >
      {error && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} compact />
      ) : isPending ? (
        <Loading />
      ) : (
        <ul className="divide-y divide-line">
          {data.map((user) => (
            <Row key={user.name} user={user} onEdit={() => setOpen(user)} onState={(state) => void setState(user, state)} onDelete={() => setDoomed(user)} />
          ))}
        </ul>
      )}
      {open && (
        <MemberForm
          user={open === "new" ? undefined : open}
          onClose={() => setOpen(undefined)}
          onSaved={() => {
            setOpen(undefined);
            void refresh();
          }}
        />
      )}
      {doomed && (
        <Confirm title={t("members.deleteTitle", { name: nameOf(doomed) })} text={t("members.deleteText")} action={t("action.delete")} danger onConfirm={() => void attempt(() => userApi.deleteUser({ name: doomed.name }))} onClose={() => setDoomed(undefined)} />
      )}
    </Section>
  );
}

interface RowProps {
  user: User;
  onEdit(): void;
  onState(state: State): void;
  onDelete(): void;
}

function Row({ user, onEdit, onState, onDelete }: RowProps) {
  const self = useMe()?.name === user.name;
  const archived = user.state === State.ARCHIVED;
  return (
    <li className={`flex min-h-16 items-center gap-3.5 py-2 ${archived ? "opacity-70" : ""}`}>
      <Avatar user={user} className="size-10" />
      <div className="min-w-0 grow text-sm">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          <span className="truncate">{nameOf(user)}</span>
          {user.role === Role.ADMIN && <Badge className="bg-accent-soft! text-accent-strong!">{t("members.admin")}</Badge>}
          {archived && <Badge>{t("nav.archived")}</Badge>}
        </p>
        <p className="truncate text-muted">{[`@${user.username}`, user.email].filter(Boolean).join(" · ")}</p>
      </div>
      <Menu label={t("members.menu", { name: nameOf(user) })} trigger={(props) => <IconButton icon={MoreIcon} label={t("members.menu", { name: nameOf(user) })} {...props} />}>
        {(close) => {
          const run = (work: () => void) => () => {
            close();
            work();
          };
          return (
            <>
              <MenuItem icon={PencilIcon} onSelect={run(onEdit)}>{t("action.edit")}</MenuItem>
              {!self && (
                <MenuItem icon={archived ? RestoreIcon : ArchiveIcon} onSelect={run(() => onState(archived ? State.NORMAL : State.ARCHIVED))}>
                  {t(archived ? "memo.restore" : "memo.archive")}
                </MenuItem>
              )}
              {archived && !self && (
                <MenuItem icon={TrashIcon} danger onSelect={run(onDelete)}>
                  {t("action.delete")}
                </MenuItem>
              )}
            </>
          );
        }}
      </Menu>
    </li>
  );
}

interface FormProps {
  user: User | undefined;
  onClose(): void;
  onSaved(): void;
}

function MemberForm({ user, onClose, onSaved }: FormProps) {
  const [username, setUsername] = useState(user?.username ?? "");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>(user?.role ?? Role.USER);
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const wrong = usernameFault(username.trim()) ?? (user || password ? undefined : t("auth.needPassword"));
    setFault(wrong);
    if (wrong) return;
    setBusy(true);
    try {
      const change = { username: username.trim(), password, role };
      if (user) {
        const paths = [...(change.username !== user.username ? ["username"] : []), ...(role !== user.role ? ["role"] : []), ...(password ? ["password"] : [])];
        if (paths.length) await userApi.updateUser({ user: { name: user.name, ...change }, updateMask: { paths } });
      } else await userApi.createUser({ user: change });
      onSaved();
    } catch (error) {
      setFault(describeError(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog title={user ? t("members.edit", { name: nameOf(user) }) : t("members.new")} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4" noValidate>
        <TextField label={t("auth.username")} value={username} onChange={(event) => setUsername(event.target.value)} error={fault} autoComplete="off" autoFocus />
        <PasswordField label={t("auth.password")} value={password} onChange={(event) => setPassword(event.target.value)} hint={user ? t("members.passwordHint") : undefined} autoComplete="new-password" />
        <SelectField label={t("members.role")} value={role} onChange={(event) => setRole(Number(event.target.value) as Role)}>
          <option value={Role.USER}>{t("members.user")}</option>
          <option value={Role.ADMIN}>{t("members.admin")}</option>
        </SelectField>
        <div className="mt-2 flex justify-end gap-2">
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" look="primary" busy={busy}>
            {t(user ? "action.save" : "action.create")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
