import "@/i18n/late";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { userApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { Link } from "@/app/Link";
import { useInstanceTitle } from "@/data/instance";
import { memoUid } from "@/data/memos";
import { personalKeys, useNotifications } from "@/data/personal";
import { nameOf, useMe } from "@/data/users";
import { type UserNotification, UserNotification_Status as Status, UserNotification_Type as Type } from "@/gen/memos/api/v1/user_service_pb";
import { t } from "@/i18n";
import { useDocumentTitle } from "@/lib/hooks";
import { formatRelative, toDate } from "@/lib/time";
import { Avatar } from "@/ui/Avatar";
import { Button, IconButton } from "@/ui/Button";
import { ArchiveIcon, CheckIcon, InboxIcon, TrashIcon } from "@/ui/icons";
import { EmptyState, ErrorState, Loading } from "@/ui/State";
import { Tabs } from "@/ui/Tabs";
import { showError } from "@/ui/toast";

type Tab = "all" | "unread" | "archived";

const belongsTo: Record<Tab, (one: UserNotification) => boolean> = {
  all: () => true,
  unread: (one) => one.status === Status.UNREAD,
  archived: (one) => one.status === Status.ARCHIVED,
};

function useInbox() {
  const client = useQueryClient();
  const me = useMe();
  const key = personalKeys.notifications(me?.name ?? "");
  const patch = (change: (all: UserNotification[]) => UserNotification[]) => client.setQueryData<UserNotification[]>(key, (all) => change(all ?? []));

  async function setStatus(notification: UserNotification, status: Status) {
    patch((all) => all.map((one) => (one.name === notification.name ? { ...one, status } : one)));
    try {
      await userApi.updateUserNotification({ notification: { name: notification.name, status }, updateMask: { paths: ["status"] } });
    } catch (error) {
      patch((all) => all.map((one) => (one.name === notification.name ? notification : one)));
      showError(describeError(error));
    }
  }

  async function remove(notification: UserNotification) {
    patch((all) => all.filter((one) => one.name !== notification.name));
    try {
      await userApi.deleteUserNotification({ name: notification.name });
    } catch (error) {
      await client.invalidateQueries({ queryKey: key });
      showError(describeError(error));
    }
  }

  return { setStatus, remove };
}

export default function InboxPage() {
  const { data, error, isPending, refetch } = useNotifications();
  const [tab, setTab] = useState<Tab>("all");
  const inbox = useInbox();
  useDocumentTitle(t("nav.inbox"), useInstanceTitle());
  const count = (one: Tab) => data?.filter(belongsTo[one]).length ?? 0;
  const shown = data?.filter(belongsTo[tab]) ?? [];
  const unread = data?.filter(belongsTo.unread) ?? [];
  return (
    <div className="mx-auto flex max-w-[42rem] flex-col gap-4 py-4 md:py-6">
      <div className="flex min-h-11 items-center justify-between gap-3">
        <h1 className="font-serif text-3xl tracking-tight">{t("nav.inbox")}</h1>
        {unread.length > 0 && (
          <Button icon={CheckIcon} onClick={() => unread.forEach((one) => void inbox.setStatus(one, Status.ARCHIVED))}>
            {t("inbox.readAll")}
          </Button>
        )}
      </div>
      <Tabs<Tab> label={t("nav.inbox")} value={tab} onChange={setTab} tabs={(["all", "unread", "archived"] as const).map((one) => ({ value: one, text: t(`inbox.${one}`), count: count(one) }))} />
      {error && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : isPending ? (
        <Loading />
      ) : shown.length ? (
        <ul className="flex flex-col gap-2">
          {shown.map((one) => (
            <Row key={one.name} notification={one} {...inbox} />
          ))}
        </ul>
      ) : (
        <EmptyState title={t("inbox.empty")} text={t("inbox.emptyText")} />
      )}
    </div>
  );
}

interface RowProps extends ReturnType<typeof useInbox> {
  notification: UserNotification;
}

function Row({ notification, setStatus, remove }: RowProps) {
  const { senderUser, status, type, payload } = notification;
  const name = senderUser ? nameOf(senderUser) : notification.sender.slice("users/".length);
  const time = toDate(notification.createTime);
  const unread = status === Status.UNREAD;
  const what = type === Type.MEMO_COMMENT ? t("inbox.commented") : t("inbox.mentioned");
  const found = payload.value;
  const target = found && (found.relatedMemo ? `/memos/${memoUid(found.relatedMemo)}#${memoUid(found.memo)}` : `/memos/${memoUid(found.memo)}`);
  return (
    <li className={`card relative flex items-start gap-3.5 p-4 ${unread ? "" : "opacity-75"}`}>
      <Avatar user={senderUser} className="size-10" />
      <div className="min-w-0 grow text-sm">
        <p>
          <strong className="font-semibold">{name}</strong> {what} {time && <span className="text-muted">· {formatRelative(time)}</span>}
          {unread && <span className="ms-2 inline-block size-2 rounded-full bg-gold" role="img" aria-label={t("inbox.isUnread")} />}
        </p>
        {target ? (
          <Link to={target} onClick={() => unread && void setStatus(notification, Status.ARCHIVED)} className="mt-1.5 block after:absolute after:inset-0 after:rounded-[inherit]">
            <span className="line-clamp-2 leading-relaxed">{found.memoSnippet || t("memo.noText")}</span>
            {found.relatedMemoSnippet && <span className="mt-1.5 line-clamp-1 border-s-2 border-line-strong ps-2.5 text-muted">{found.relatedMemoSnippet}</span>}
          </Link>
        ) : (
          <p className="mt-1.5 text-muted">{t("inbox.gone")}</p>
        )}
      </div>
      <div className="relative z-1 flex">
        <IconButton small icon={unread ? ArchiveIcon : InboxIcon} label={t(unread ? "memo.archive" : "inbox.markUnread")} onClick={() => void setStatus(notification, unread ? Status.ARCHIVED : Status.UNREAD)} />
        <IconButton small icon={TrashIcon} label={t("action.delete")} onClick={() => void remove(notification)} />
      </div>
    </li>
  );
}
