import type { Visibility } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import { visibilities, visibilityIcons, visibilityNote, visibilityText } from "@/memo/visibility";
import { ChevronDownIcon, LockIcon } from "@/ui/icons";
import { Menu, MenuItem } from "@/ui/Menu";

export function VisibilityPicker({ value, onChange }: { value: Visibility; onChange(value: Visibility): void }) {
  const Glyph = visibilityIcons[value] ?? LockIcon;
  return (
    <Menu
      label={t("visibility.label")}
      trigger={(props) => (
        <button type="button" {...props} title={visibilityNote(value)} className="inline-flex min-h-11 items-center gap-1.5 rounded-full px-3 text-sm text-muted hover:bg-sunken hover:text-ink md:min-h-10">
          <Glyph className="size-4" aria-hidden />
          {visibilityText(value)}
          <ChevronDownIcon className="size-3.5" aria-hidden />
        </button>
      )}
    >
      {(close) =>
        visibilities.map((one) => (
          <MenuItem
            key={one}
            icon={visibilityIcons[one]!}
            note={visibilityNote(one)}
            current={one === value}
            onSelect={() => {
              onChange(one);
              close();
            }}
          >
            {visibilityText(one)}
          </MenuItem>
        ))
      }
    </Menu>
  );
}
