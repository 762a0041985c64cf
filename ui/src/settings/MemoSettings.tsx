import { useState } from "react";
import type { InstanceSetting_MemoRelatedSetting as MemoRelated } from "@/gen/memos/api/v1/instance_service_pb";
import { t } from "@/i18n";
import { Button } from "@/ui/Button";
import { Switch, TextField } from "@/ui/Field";
import { CloseIcon, PlusIcon } from "@/ui/icons";
import { InstanceGroup, Section, SettingForm, useForm } from "./form";

const smallestLimit = 8192;

export default function MemoSettings() {
  return (
    <InstanceGroup name="MEMO_RELATED" kind="memoRelatedSetting">
      {(value, save) => <Form stored={value} save={save} />}
    </InstanceGroup>
  );
}

function Form({ stored, save }: { stored: MemoRelated; save(value: MemoRelated): Promise<MemoRelated> }) {
  const form = useForm(stored);
  const { value, set } = form;
  const [fresh, setFresh] = useState("");

  function add() {
    const emoji = fresh.trim();
    if (emoji && !value.reactions.includes(emoji)) set({ reactions: [...value.reactions, emoji] });
    setFresh("");
  }

  return (
    <Section title={t("settings.memo")}>
      <SettingForm
        dirty={form.dirty}
        onReset={form.reset}
        onSave={async () => {
          if (!value.reactions.length) throw new Error(t("memoSettings.oneReaction"));
          form.saved(await save(value));
        }}
      >
        <TextField label={t("memoSettings.limit")} hint={t("memoSettings.limitHint")} type="number" min={smallestLimit} value={value.contentLengthLimit} onChange={(event) => set({ contentLengthLimit: Number(event.target.value) })} />
        <Switch label={t("memoSettings.doubleClick")} checked={value.enableDoubleClickEdit} onChange={(checked) => set({ enableDoubleClickEdit: checked })} />
        <fieldset>
          <legend className="mb-2 text-sm font-medium">{t("memoSettings.reactions")}</legend>
          <ul className="flex flex-wrap gap-2">
            {value.reactions.map((emoji) => (
              <li key={emoji} className="inline-flex items-center rounded-full border border-line ps-3 text-lg">
                {emoji}
                <button type="button" aria-label={t("search.remove", { term: emoji })} onClick={() => set({ reactions: value.reactions.filter((one) => one !== emoji) })} className="grid size-10 place-items-center text-muted hover:text-ink">
                  <CloseIcon className="size-3.5" aria-hidden />
                </button>
              </li>
            ))}
          </ul>
          <div className="mt-3 flex gap-2">
            <input
              aria-label={t("memoSettings.newReaction")}
              placeholder={t("memoSettings.newReaction")}
              value={fresh}
              onChange={(event) => setFresh(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                event.preventDefault();
                add();
              }}
              className="field max-w-48"
            />
            <Button icon={PlusIcon} onClick={add}>
              {t("memoSettings.add")}
            </Button>
          </div>
        </fieldset>
      </SettingForm>
    </Section>
  );
}
