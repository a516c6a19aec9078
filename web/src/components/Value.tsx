import type { Figure } from "../api";
import { useSpeech } from "../i18n";
import { grouped, tenThousands } from "../number";

/** A figure with its unit; "no data" rather than a zero that is none. */
export function Value({ figure, large = false }: { figure: Figure; large?: boolean }) {
  const { t, say, language } = useSpeech();
  if (figure.display === null) return <span className="quiet">{t("noValue")}</span>;
  const percent = figure.display.endsWith("%");
  // Money is spoken of in ten thousands (万元); the exact yuan stand in the trace and in every spreadsheet.
  const money = language === "zh" && figure.unit.zh === "元" ? tenThousands(figure.display) : null;
  if (money !== null)
    return (
      <span className={large ? "value large" : "value"} title={`${grouped(figure.display)}元`}>
        {grouped(money)}
        <span className="unit">万元</span>
      </span>
    );
  return (
    <span className={large ? "value large" : "value"}>
      {percent ? figure.display : grouped(figure.display)}
      {!percent && <span className="unit">{(language === "en" ? " " : "") + say(figure.unit)}</span>}
    </span>
  );
}
