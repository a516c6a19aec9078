import { Tag } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { Plan, PlanEntry, PlanState } from "../api";
import { useSpeech } from "../i18n";
import { grouped, percentage } from "../number";
import { useSettings } from "../settings";
import { tracePath } from "../tracePath";
import { TableExport } from "./TableExport";

const states: PlanState[] = ["missed", "late", "on_course", "done", "no_figure"];
const colors: Record<PlanState, string> = { missed: "red", late: "orange", on_course: "green", done: "blue", no_figure: "default" };

/** A year's plan: how many entries are on course, late, missed; each with its figure, its reason, and by organisation. */
export function PlanBoard({ plan }: { plan: Plan }) {
  const { t, say } = useSpeech();
  const { organizations } = useSettings();
  const [wanted, setWanted] = useState<PlanState | "">("");
  const named = (id: string) => organizations.find((o) => o.id === id)?.name || id;
  // What needs a hand comes first; on a quiet morning that is nothing, and all are shown.
  const behind = plan.entries.filter((entry) => entry.state === "missed" || entry.state === "late");
  const shown = wanted ? plan.entries.filter((entry) => entry.state === wanted) : behind.length ? behind : plan.entries;
  const ordered = [...shown].sort((a, b) => states.indexOf(a.state) - states.indexOf(b.state));
  const figure = (entry: { value: string | null; address: string | null }, target: PlanEntry) =>
    entry.value !== null && entry.address ? <Link to={tracePath(entry.address)}>{target.number?.endsWith("%") ? percentage(entry.value) : grouped(entry.value)}</Link> : null;
  return (
    <section className="card plan">
      <div className="toolbar">
        <h2 className="grow flush">{plan.title}</h2>
        <TableExport
          title={plan.title}
          columns={[t("state"), t("planSection"), t("planEntry"), t("planOwner"), t("dueOn"), t("value"), t("planWanted"), t("reason")]}
          rows={() => plan.entries.map((entry) => [t(`plan_${entry.state}`), entry.section, entry.title, entry.owner, entry.due, entry.value, entry.number ?? "", say(entry.reason)])}
        />
      </div>
      <div className="tiles" role="group" aria-label={t("state")}>
        {states.map((state) => (
          <button key={state} type="button" className={`tile plan-${state}${wanted === state ? " chosen" : ""}`} aria-pressed={wanted === state} disabled={plan.counts[state] === 0} onClick={() => setWanted(wanted === state ? "" : state)}>
            <strong>{plan.counts[state]}</strong>
            <span>{t(`plan_${state}`)}</span>
          </button>
        ))}
      </div>
      {ordered.length === 0 && <p className="quiet">{t("emptyFilter")}</p>}
      <ul className="plain">
        {ordered.map((entry: PlanEntry, i) => (
          <li key={`${entry.title}${i}`} className="plan-entry">
            <div>
              <Tag color={colors[entry.state]}>{t(`plan_${entry.state}`)}</Tag>
              {entry.indicator ? <Link to={`/indicators/${entry.indicator}`}>{entry.title}</Link> : <strong>{entry.title}</strong>} {figure(entry, entry)}
              <span className="quiet small">
                {" "}
                {entry.owner} · {entry.due}
              </span>
            </div>
            <div className="small">{say(entry.reason)}</div>
            {entry.parts.length > 0 && (
              <ul className="plan-parts small">
                {entry.parts.map((part) => (
                  <li key={part.org}>
                    <Tag color={colors[part.state]}>{t(`plan_${part.state}`)}</Tag>
                    {named(part.org)} {figure(part, entry)}
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
