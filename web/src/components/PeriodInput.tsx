import { AutoComplete } from "antd";
import { useEffect, useState } from "react";
import { useSpeech } from "../i18n";
import { isPeriod, useSettings } from "../settings";

/** The period as text, with the usual ones offered; a wrong one is said and not taken. */
export function PeriodInput() {
  const { t } = useSpeech();
  const { period, setPeriod } = useSettings();
  const [draft, setDraft] = useState(period);
  useEffect(() => setDraft(period), [period]);
  const year = Number(period.slice(0, 4));
  const usual = [year, year - 1].flatMap((y) => [`${y}`, `${y}H1`, `${y}H2`, ...[1, 2, 3, 4].map((q) => `${y}Q${q}`)]);
  const wrong = !isPeriod(draft);
  return (
    <AutoComplete
      className="period"
      aria-label={t("period")}
      value={draft}
      status={wrong ? "error" : ""}
      title={wrong ? t("periodWrong") : t("periodHint")}
      options={usual.map((value) => ({ value }))}
      onChange={(text: string) => {
        setDraft(text);
        if (isPeriod(text)) setPeriod(text);
      }}
      onBlur={() => wrong && setDraft(period)}
    />
  );
}
