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
import { Dialog } from "@/ui/Dialog";
import { PasswordField, SelectField, TextField } from "@/ui/Field";
import { ArchiveIcon, MoreIcon, PencilIcon, RestoreIcon, TrashIcon } from "@/ui/icons";
import { Menu, MenuItem } from "@/ui/Menu";
import { showError } from "@/ui/toast";
import { ListSection } from "./ListSection";

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
  const query = useQuery({ queryKey: key, queryFn: fetchMembers });
  const refresh = () => client.invalidateQueries({ queryKey: key });

  async function setState(user: User, state: State) {
    try {
      await userApi.updateUser({ user: { name: user.name, state }, updateMask: { paths: ["state"] } });
      await refresh();
    } catch (failure) {
      showError(describeError(failure));
    }
  }

  return (
    <ListSection
      title={t("settings.members")}
      query={query}
      row={(user, onEdit, onDelete) => <Row key={user.name} user={user} onEdit={onEdit} onState={(state) => void setState(user, state)} onDelete={onDelete} />}
      form={(user, onClose) => (
        <MemberForm
          user={user}
          onClose={onClose}
          onSaved={() => {
            onClose();
            void refresh();
          }}
        />
      )}
      question={(user) => ({ title: t("members.deleteTitle", { name: nameOf(user) }), text: t("members.deleteText") })}
      onDelete={async (user) => {
        await userApi.deleteUser({ name: user.name });
        await refresh();
      }}
    />
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
