import type { Figure } from "../api";
import { useSpeech } from "../i18n";
import { grouped } from "../number";

/** A figure with its unit; "no data" rather than a zero that is none. */
export function Value({ figure, large = false }: { figure: Figure; large?: boolean }) {
  const { t, say, language } = useSpeech();
  if (figure.display === null) return <span className="quiet">{t("noValue")}</span>;
  const percent = figure.display.endsWith("%");
  return (
    <span className={large ? "value large" : "value"}>
      {percent ? figure.display : grouped(figure.display)}
      {!percent && <span className="unit">{(language === "en" ? " " : "") + say(figure.unit)}</span>}
    </span>
  );
}
