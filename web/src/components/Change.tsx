import type { Comparison } from "../api";
import { useSpeech } from "../i18n";
import { direction } from "../number";

/** ▲ 16.4 % against last year; green when the direction is the wanted one, red when it is not, plain when neither is. */
export function Change({ of, better }: { of: Comparison; better: string }) {
  const { t } = useSpeech();
  if (of.change === null) return <span className="quiet">—</span>;
  const way = direction(of.change);
  if (way === "none") return <span className="quiet">{t("unchanged")}</span>;
  const wanted = better === "" ? "" : (better === "higher") === (way === "up") ? "good" : "bad";
  const size = of.change.replace(/^-/, "");
  return (
    <span className={`change ${wanted}`}>
      {way === "up" ? "▲" : "▼"} {size}
      {of.change_kind === "points" ? t("points") : "%"}
    </span>
  );
}
