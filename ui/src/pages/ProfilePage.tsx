import { useQuery } from "@tanstack/react-query";
import { userApi } from "@/api/client";
import { isMissing } from "@/api/errors";
import { useInstanceTitle } from "@/data/instance";
import { useStats } from "@/data/personal";
import { nameOf } from "@/data/users";
import type { User } from "@/gen/memos/api/v1/user_service_pb";
import { t } from "@/i18n";
import { copyText } from "@/lib/copy";
import { useDocumentTitle } from "@/lib/hooks";
import { ListHead } from "@/memo/ListHead";
import { MemoList } from "@/memo/MemoList";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { LinkIcon } from "@/ui/icons";
import { ErrorState, Loading } from "@/ui/State";
import { NotFoundPage } from "./ErrorPages";
import { useListSpec } from "./TimelinePage";

export default function ProfilePage({ username }: Record<string, string>) {
  const name = `users/${username}`;
  const { data, error, isPending, refetch } = useQuery({ queryKey: ["profile", name], queryFn: () => userApi.getUser({ name }), staleTime: 60_000 });
  const { spec } = useListSpec("profile", name);
  useDocumentTitle(data ? nameOf(data) : username!, useInstanceTitle());
  if (error) return isMissing(error) ? <NotFoundPage /> : <ErrorState error={error} onRetry={() => void refetch()} />;
  if (isPending) return <Loading />;
  return (
    <div className="mx-auto flex max-w-[42rem] flex-col gap-4 py-4 md:py-6">
      <Head user={data} />
      <ListHead spec={spec} />
      <MemoList spec={spec} ready authors={false} empty="profile" />
    </div>
  );
}

function Head({ user }: { user: User }) {
  const count = useStats(user.name).data?.totalMemoCount;
  return (
    <header className="card flex flex-wrap items-start gap-5 p-6">
      <Avatar user={user} className="size-20 text-3xl" />
      <div className="min-w-0 grow basis-52">
        <h1 className="font-serif text-3xl leading-tight tracking-tight">{nameOf(user)}</h1>
        <p className="text-sm text-muted">
          @{user.username}
          {count !== undefined && ` · ${t("profile.count", { n: count })}`}
        </p>
        {user.description && <p className="mt-3 leading-relaxed whitespace-pre-line">{user.description}</p>}
      </div>
      <Button icon={LinkIcon} onClick={() => void copyText(`${location.origin}/u/${encodeURIComponent(user.username)}`, t("memo.linkCopied"))}>
        {t("memo.copyLink")}
      </Button>
    </header>
  );
}
