import { Button, Popconfirm, Tag } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { PlanEntry, PlanMilestone, PlanState } from "../api";
import { useSpeech } from "../i18n";
import { approximate, grouped, percentage, rounded } from "../number";
import { useSettings } from "../settings";
import { tracePath } from "../tracePath";

/** What needs a hand comes first. */
export const planStates: PlanState[] = ["missed", "late", "on_course", "done", "no_figure"];
export const planColors: Record<PlanState, string> = { missed: "red", late: "orange", on_course: "green", done: "blue", no_figure: "default" };

/** An exact value as the target of its entry is written: a share with %, all else with at most two digits. */
export const planValue = (value: string, entry: PlanEntry) => (entry.number?.endsWith("%") ? percentage(value) : grouped(rounded(value)));

export function usePlanWords() {
  const { t } = useSpeech();
  const { organizations } = useSettings();
  return {
    named: (id: string) => organizations.find((o) => o.id === id)?.name || id,
    asked: (entry: PlanEntry) => (entry.relation && entry.number ? `${t(`planRelation_${entry.relation}`)} ${entry.number}` : ""),
  };
}

/** How far a figure is of what is wanted, with a mark where it should be by now. The words beside it say the same. */
function Course({ of, wanted, expected }: { of: string; wanted: string; expected: string | null }) {
  const end = approximate(wanted) ?? 0;
  if (end <= 0) return null;
  const part = (text: string) => `${Math.max(0, Math.min(100, ((approximate(text) ?? 0) / end) * 100)).toFixed(1)}%`;
  return (
    <span className="course" aria-hidden="true">
      <span style={{ width: part(of) }} />
      {expected !== null && <i style={{ left: part(expected) }} />}
    </span>
  );
}

/** One line of a plan: state, figure against target, who answers, until when, why; its organisations and milestones. */
export function PlanEntryItem({ entry, onlyOrg = "", today, actions }: { entry: PlanEntry; onlyOrg?: string; today: string; actions?: { confirm: (milestone: PlanMilestone) => void; done: () => void; busy: boolean } }) {
  const { t, say } = useSpeech();
  const { named, asked } = usePlanWords();
  const parts = onlyOrg ? entry.parts.filter((part) => part.org === onlyOrg) : entry.parts;
  const figure = (of: { value: string | null; address: string | null }): ReactNode => of.value !== null && of.address && <Link to={tracePath(of.address)}>{planValue(of.value, entry)}</Link>;
  const upward = entry.relation === "at_least" || entry.relation === "increase";
  return (
    <li className="plan-entry">
      <div className="plan-head">
        <Tag color={planColors[entry.state]}>{t(`plan_${entry.state}`)}</Tag>
        <strong className="plan-title">{entry.indicator ? <Link to={`/indicators/${entry.indicator}`}>{entry.title}</Link> : entry.title}</strong>
        {entry.indicator && (
          <span className="plan-figure">
            {figure(entry)} <span className="quiet small">{asked(entry)}</span>
          </span>
        )}
      </div>
      {entry.value !== null && entry.wanted !== null && upward && <Course of={entry.value} wanted={entry.wanted} expected={entry.expected} />}
      <div className="small">{say(entry.reason)}</div>
      <div className="small quiet plan-facts">
        {entry.owner && <span>{entry.owner}</span>}
        <span>{t("planDue", entry.due)}</span>
        {!entry.indicator && !entry.done && actions && (
          <Popconfirm title={t("planMarkDoneAsk")} onConfirm={actions.done} okText={t("planMarkDone")}>
            <Button size="small" className="no-print" disabled={actions.busy}>
              {t("planMarkDone")}
            </Button>
          </Popconfirm>
        )}
      </div>
      {parts.length > 0 && (
        <ul className="plan-parts small" aria-label={t("planParts", parts.length)}>
          {[...parts].sort((a, b) => planStates.indexOf(a.state) - planStates.indexOf(b.state)).map((part) => (
            <li key={part.org} title={say(part.reason)}>
              <Tag color={planColors[part.state]}>{t(`plan_${part.state}`)}</Tag>
              {named(part.org)} {figure(part)}
              {part.wanted !== null && <span className="quiet"> / {planValue(part.wanted, entry)}</span>}
              {part.state === "late" && part.expected !== null && <span className="quiet"> ({t("planExpected", planValue(part.expected, entry))})</span>}
            </li>
          ))}
        </ul>
      )}
      {entry.milestones.length > 0 && (
        <ol className="plan-milestones small" aria-label={t("planMilestones")}>
          {entry.milestones.map((milestone) => {
            const past = !milestone.confirmed && milestone.day < today;
            return (
              <li key={milestone.line} className={milestone.confirmed ? "confirmed" : past ? "past" : ""}>
                <span className="day">{milestone.day}</span> {milestone.text}{" "}
                {milestone.confirmed ? <span>√ {t("planConfirmed")}</span> : past && <span>{t("planPast")}</span>}
                {!milestone.confirmed && actions && (
                  <Button size="small" type="link" className="no-print" disabled={actions.busy} aria-label={`${t("planConfirm")} ${milestone.text}`} onClick={() => actions.confirm(milestone)}>
                    {t("planConfirm")}
                  </Button>
                )}
              </li>
            );
          })}
        </ol>
      )}
    </li>
  );
}
