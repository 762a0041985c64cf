import "@/i18n/late";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { shortcutApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { Link } from "@/app/Link";
import { useInstanceTitle } from "@/data/instance";
import { personalKeys, useShortcuts } from "@/data/personal";
import { useMe } from "@/data/users";
import type { Shortcut } from "@/gen/memos/api/v1/shortcut_service_pb";
import { t, type TextKey } from "@/i18n";
import { useDocumentTitle } from "@/lib/hooks";
import { shortcutId } from "@/side/shortcutId";
import { Button, IconButton } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { TextArea, TextField } from "@/ui/Field";
import { PencilIcon, PlusIcon, TrashIcon } from "@/ui/icons";
import { EmptyState, ErrorState, Loading } from "@/ui/State";
import { showError, showToast } from "@/ui/toast";

const examples: [TextKey, string][] = [
  ["shortcuts.exPinned", "pinned"],
  ["shortcuts.exOpen", "has_incomplete_tasks"],
  ["shortcuts.exPublic", 'visibility == "PUBLIC"'],
  ["shortcuts.exTag", 'tag in ["work", "ideas"]'],
  ["shortcuts.exUntagged", "size(tags) == 0"],
  ["shortcuts.exLinksOrCode", "has_link || has_code"],
  ["shortcuts.exHour", 'created_ts > now - duration("1h")'],
  ["shortcuts.exWords", 'content.contains("tea")'],
  ["shortcuts.exPattern", 'content.matches("(?i)invoice [0-9]+")'],
  ["shortcuts.exYear", "created_ts.getFullYear() == 2026"],
  ["shortcuts.exWeekend", "created_ts.getDayOfWeek() == 0 || created_ts.getDayOfWeek() == 6"],
  ["shortcuts.exLong", "size(content) > 2000"],
];

export default function ShortcutsPage() {
  const { data, error, isPending, refetch } = useShortcuts();
  const [open, setOpen] = useState<Shortcut | "new">();
  const client = useQueryClient();
  const me = useMe();
  const key = personalKeys.shortcuts(me?.name ?? "");
  useDocumentTitle(t("nav.shortcuts"), useInstanceTitle());

  const patch = (change: (all: Shortcut[]) => Shortcut[]) => client.setQueryData<Shortcut[]>(key, (all) => change(all ?? []));

  function remove(shortcut: Shortcut) {
    patch((all) => all.filter((one) => one.name !== shortcut.name));
    showToast({
      text: t("shortcuts.deleted"),
      action: { label: t("action.undo"), run: () => void client.invalidateQueries({ queryKey: key }) },
      onGone: () => void shortcutApi.deleteShortcut({ name: shortcut.name }).catch((failure: unknown) => showError(describeError(failure))),
    });
  }

  return (
    <div className="mx-auto flex max-w-[42rem] flex-col gap-4 py-4 md:py-6">
      <div className="flex min-h-11 items-center justify-between gap-3">
        <h1 className="font-serif text-3xl tracking-tight">{t("nav.shortcuts")}</h1>
        <Button look="primary" icon={PlusIcon} onClick={() => setOpen("new")}>
          {t("action.create")}
        </Button>
      </div>
      <p className="text-sm leading-relaxed text-muted">{t("shortcuts.text")}</p>
      {error && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : isPending ? (
        <Loading />
      ) : data.length ? (
        <ul className="flex flex-col gap-2">
          {data.map((one) => (
            <li key={one.name} className="card flex items-center gap-2 py-2 ps-5 pe-2">
              <Link to={`/?shortcut=${encodeURIComponent(shortcutId(one.name))}`} className="min-w-0 grow py-1">
                <span className="block truncate font-medium">{one.title}</span>
                <code className="block truncate text-xs text-muted">{one.filter}</code>
              </Link>
              <IconButton icon={PencilIcon} label={t("action.edit")} onClick={() => setOpen(one)} />
              <IconButton icon={TrashIcon} label={t("action.delete")} onClick={() => remove(one)} />
            </li>
          ))}
        </ul>
      ) : (
        <EmptyState title={t("shortcuts.none")} text={t("shortcuts.noneText")} />
      )}
      {open && (
        <ShortcutForm
          shortcut={open === "new" ? undefined : open}
          onClose={() => setOpen(undefined)}
          onSaved={(saved) => {
            patch((all) => (all.some((one) => one.name === saved.name) ? all.map((one) => (one.name === saved.name ? saved : one)) : [...all, saved]));
            setOpen(undefined);
          }}
        />
      )}
    </div>
  );
}

interface FormProps {
  shortcut: Shortcut | undefined;
  onClose(): void;
  onSaved(shortcut: Shortcut): void;
}

function ShortcutForm({ shortcut, onClose, onSaved }: FormProps) {
  const me = useMe();
  const [title, setTitle] = useState(shortcut?.title ?? "");
  const [filter, setFilter] = useState(shortcut?.filter ?? "");
  const [fault, setFault] = useState<string>();
  const [good, setGood] = useState(false);
  const [busy, setBusy] = useState(false);

  async function attempt(work: () => Promise<void>) {
    setBusy(true);
    setFault(undefined);
    setGood(false);
    try {
      await work();
    } catch (error) {
      setFault(describeError(error));
    } finally {
      setBusy(false);
    }
  }

  const change = (text: string) => {
    setFilter(text);
    setGood(false);
  };

  const create = (validateOnly: boolean) => shortcutApi.createShortcut({ parent: me!.name, shortcut: { title: title || t("shortcuts.untitled"), filter }, validateOnly });

  const validate = () =>
    attempt(async () => {
      await create(true);
      setGood(true);
    });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    void attempt(async () => {
      if (!shortcut) onSaved(await create(false));
      else onSaved(await shortcutApi.updateShortcut({ shortcut: { name: shortcut.name, title, filter }, updateMask: { paths: ["title", "filter"] } }));
    });
  };

  return (
    <Dialog title={t(shortcut ? "shortcuts.edit" : "shortcuts.new")} shape="full" onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField label={t("field.title")} value={title} onChange={(event) => setTitle(event.target.value)} required autoFocus />
        <TextArea label={t("shortcuts.filter")} value={filter} onChange={(event) => change(event.target.value)} error={fault} hint={good ? t("shortcuts.valid") : t("shortcuts.filterHint")} spellCheck={false} className="font-mono text-sm" required />
        <details className="rounded-2xl border border-line px-4 py-2 text-sm">
          <summary className="min-h-9 content-center">{t("shortcuts.examples")}</summary>
          <ul className="grid gap-1 pb-2 sm:grid-cols-2">
            {examples.map(([text, expression]) => (
              <li key={text}>
                <button type="button" onClick={() => change(expression)} title={expression} className="min-h-9 w-full rounded-xl px-2 text-start text-accent hover:bg-sunken pointer-coarse:min-h-11">
                  {t(text)}
                </button>
              </li>
            ))}
          </ul>
        </details>
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={() => void validate()} disabled={!filter}>
            {t("shortcuts.validate")}
          </Button>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" look="primary" busy={busy}>
            {t("action.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
