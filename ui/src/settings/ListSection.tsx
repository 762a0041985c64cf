import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { describeError } from "@/api/errors";
import { t } from "@/i18n";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { PlusIcon } from "@/ui/icons";
import { ErrorState, Loading } from "@/ui/State";
import { showError } from "@/ui/toast";
import { Section } from "./form";

interface Props<T extends { name: string }> {
  title: string;
  text?: string;
  /** Shown when the list is empty. */
  none?: string;
  query: Pick<UseQueryResult<T[]>, "data" | "error" | "isPending" | "refetch">;
  /** An <li>. */
  row(item: T, onEdit: () => void, onDelete: () => void): ReactNode;
  /** The dialog that edits an item, or makes one. */
  form(item: T | undefined, onClose: () => void): ReactNode;
  question(item: T): { title: string; text: string };
  onDelete(item: T): Promise<unknown>;
  children?: ReactNode;
}

/** A list of the settings whose items are made and edited in a dialog, and deleted after a question. */
export function ListSection<T extends { name: string }>({ title, text, none, query, row, form, question, onDelete, children }: Props<T>) {
  const { data, error, isPending, refetch } = query;
  const [open, setOpen] = useState<T | "new">();
  const [doomed, setDoomed] = useState<T>();

  async function remove(item: T) {
    setDoomed(undefined);
    try {
      await onDelete(item);
    } catch (failure) {
      showError(describeError(failure));
    }
  }

  return (
    <Section
      title={title}
      text={text}
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
          {data?.map((item) => row(item, () => setOpen(item), () => setDoomed(item)))}
          {none && !data?.length && <li className="text-sm text-muted">{none}</li>}
        </ul>
      )}
      {children}
      {open && form(open === "new" ? undefined : open, () => setOpen(undefined))}
      {doomed && <Confirm {...question(doomed)} action={t("action.delete")} danger onConfirm={() => void remove(doomed)} onClose={() => setDoomed(undefined)} />}
    </Section>
  );
}
