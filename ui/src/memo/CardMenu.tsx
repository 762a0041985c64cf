import { useState } from "react";
import { changeMemo, memoUid } from "@/data/memos";
import { useProfile } from "@/data/instance";
import { State } from "@/gen/memos/api/v1/common_pb";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import { copyText } from "@/lib/copy";
import { IconButton } from "@/ui/Button";
import { ArchiveIcon, CopyIcon, MoreIcon, PencilIcon, PinIcon, RestoreIcon, TasksIcon, TrashIcon, UnpinIcon } from "@/ui/icons";
import { Menu, MenuDivider, MenuItem } from "@/ui/Menu";
import { cardAction } from "./cardActions";

interface Props {
  memo: Memo;
  mayEdit: boolean;
  as: "item" | "page" | "comment";
}

export function CardMenu(props: Props) {
  return (
    <Menu label={t("memo.menu")} trigger={(trigger) => <IconButton small icon={MoreIcon} label={t("memo.menu")} {...trigger} />}>
      {(close) => <Entries {...props} close={close} />}
    </Menu>
  );
}

export function memoAddress(memo: Memo, instanceUrl: string | undefined): string {
  return `${(instanceUrl || location.origin).replace(/\/+$/, "")}/memos/${memoUid(memo.name)}`;
}

function Entries({ memo, mayEdit, as, close }: Props & { close(): void }) {
  const profile = useProfile().data;
  const [opened, setOpened] = useState<"copy" | "tasks">();
  const archived = memo.state === State.ARCHIVED;
  const comment = as === "comment" || memo.optionalParent.case === "parent";
  const run = (work: () => unknown) => () => {
    close();
    work();
  };
  const tasks = (done: boolean) =>
    run(async () => {
      const { setAllTasks } = await import("@/markdown/tasks");
      return changeMemo(memo, { content: setAllTasks(memo.content, done) });
    });
  return (
    <>
      {mayEdit && !archived && (
        <>
          {!comment && (
            <MenuItem icon={memo.pinned ? UnpinIcon : PinIcon} onSelect={run(() => cardAction(memo, "pin"))}>
              {memo.pinned ? t("memo.unpin") : t("memo.pin")}
            </MenuItem>
          )}
          <MenuItem icon={PencilIcon} onSelect={run(() => cardAction(memo, "edit"))}>
            {t("action.edit")}
          </MenuItem>
        </>
      )}
      <MenuItem icon={CopyIcon} expanded={opened === "copy"} onSelect={() => setOpened(opened === "copy" ? undefined : "copy")}>
        {t("action.copy")}
      </MenuItem>
      {opened === "copy" && (
        <>
          <MenuItem nested onSelect={run(() => copyText(memoAddress(memo, profile?.instanceUrl), t("memo.linkCopied")))}>{t("memo.copyLink")}</MenuItem>
          <MenuItem nested onSelect={run(() => copyText(memo.content, t("memo.textCopied")))}>{t("memo.copyText")}</MenuItem>
        </>
      )}
      {mayEdit && !archived && memo.property?.hasTaskList && (
        <>
          <MenuItem icon={TasksIcon} expanded={opened === "tasks"} onSelect={() => setOpened(opened === "tasks" ? undefined : "tasks")}>
            {t("memo.tasks")}
          </MenuItem>
          {opened === "tasks" && (
            <>
              <MenuItem nested onSelect={tasks(true)}>{t("memo.checkAll")}</MenuItem>
              <MenuItem nested onSelect={tasks(false)}>{t("memo.uncheckAll")}</MenuItem>
            </>
          )}
        </>
      )}
      {mayEdit && (
        <>
          <MenuDivider />
          {!comment && (
            <MenuItem icon={archived ? RestoreIcon : ArchiveIcon} onSelect={run(() => cardAction(memo, "archive"))}>
              {archived ? t("memo.restore") : t("memo.archive")}
            </MenuItem>
          )}
          <MenuItem icon={TrashIcon} danger onSelect={run(() => cardAction(memo, "delete"))}>
            {t("action.delete")}
          </MenuItem>
        </>
      )}
    </>
  );
}
