import { useState } from "react";
import { useGeneralSetting } from "@/data/instance";
import { cx } from "@/lib/cx";
import { safeUrl } from "@/markdown/url";
import { Logo } from "./Logo";

/** The instance's own icon where its administrator has chosen one. */
export function InstanceLogo({ className }: { className?: string }) {
  const chosen = useGeneralSetting()?.customProfile?.logoUrl;
  const [failed, setFailed] = useState<string>();
  if (!chosen || chosen === failed || !safeUrl(chosen)) return <Logo {...(className && { className })} />;
  return <img src={chosen} alt="" className={cx("rounded-xl object-cover", className)} onError={() => setFailed(chosen)} />;
}
