import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { instanceApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { setLeaveGuard } from "@/app/router";
import { settingKey } from "@/data/instance";
import type { InstanceSetting } from "@/gen/memos/api/v1/instance_service_pb";
import { t } from "@/i18n";
import { Button } from "@/ui/Button";
import { ErrorState, Loading } from "@/ui/State";
import { showToast } from "@/ui/toast";

export function Section({ title, text, action, children }: { title: string; text?: ReactNode; action?: ReactNode; children: ReactNode }) {
  return (
    <section className="card p-5 sm:p-6">
      <div className="mb-5 flex flex-wrap items-start justify-between gap-3">
        <div className="max-w-prose">
          <h2 className="font-serif text-xl">{title}</h2>
          {text && <p className="mt-1 text-sm leading-relaxed text-muted">{text}</p>}
        </div>
        {action}
      </div>
      {children}
    </section>
  );
}

/** Holds what is being changed, and warns before it would be lost. */
export function useForm<T extends object>(stored: T) {
  const [value, setValue] = useState(stored);
  const [base, setBase] = useState(stored);
  const dirty = text(value) !== text(base);

  useEffect(() => {
    if (!dirty) return;
    setLeaveGuard((leave) => {
      showToast({ text: t("settings.unsaved"), action: { label: t("settings.leave"), run: leave } });
      return false;
    });
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => {
      setLeaveGuard(undefined);
      window.removeEventListener("beforeunload", ask);
    };
  }, [dirty]);

  return {
    value,
    base,
    dirty,
    set: (change: Partial<T>) => setValue((now) => ({ ...now, ...change })),
    reset: () => setValue(base),
    saved: (next: T) => {
      setValue(next);
      setBase(next);
    },
  };
}

const text = (value: object) => JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? String(one) : one));

interface FormProps {
  dirty: boolean;
  onSave(): Promise<void>;
  onReset(): void;
  children: ReactNode;
}

/** One Save for each form, awake once something has changed; the server's refusal stands beside it. */
export function SettingForm({ dirty, onSave, onReset, children }: FormProps) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setFault(undefined);
    try {
      await onSave();
      showToast({ text: t("editor.saved") });
    } catch (error) {
      setFault(describeError(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-5">
      {children}
      {fault && (
        <p role="alert" className="rounded-xl bg-danger-soft px-3.5 py-2.5 text-sm">
          {fault}
        </p>
      )}
      <div className="flex justify-end gap-2">
        {dirty && (
          <Button
            onClick={() => {
              setFault(undefined);
              onReset();
            }}
          >
            {t("settings.reset")}
          </Button>
        )}
        <Button type="submit" look="primary" busy={busy} disabled={!dirty}>
          {t("action.save")}
        </Button>
      </div>
    </form>
  );
}

type Value = InstanceSetting["value"];
type ValueOf<Case extends Value["case"]> = Extract<Value, { case: Case }> extends { value: infer V } ? V : never;

interface InstanceProps<Case extends Exclude<Value["case"], undefined>> {
  name: string;
  kind: Case;
  children(value: ValueOf<Case>, save: (value: ValueOf<Case>) => Promise<ValueOf<Case>>): ReactNode;
}

/** Fetches one group of the instance's settings and stores it as a whole. */
export function InstanceGroup<Case extends Exclude<Value["case"], undefined>>({ name, kind, children }: InstanceProps<Case>) {
  const client = useQueryClient();
  const full = `instance/settings/${name}`;
  const fetchIt = () => instanceApi.getInstanceSetting({ name: full });
  const { data, error, refetch } = useQuery({ queryKey: settingKey(full), queryFn: fetchIt, staleTime: 0 });
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data?.value.case !== kind) return <Loading />;

  async function save(value: ValueOf<Case>): Promise<ValueOf<Case>> {
    await instanceApi.updateInstanceSetting({ setting: { name: full, value: { case: kind, value } as never }, updateMask: { paths: [] } });
    // The answer lacks the defaults applied on reading.
    const stored = await client.fetchQuery({ queryKey: settingKey(full), queryFn: fetchIt, staleTime: 0 });
    await client.invalidateQueries({ queryKey: ["instance", "start"] });
    return stored.value.value as ValueOf<Case>;
  }

  return children(data.value.value as ValueOf<Case>, save);
}
