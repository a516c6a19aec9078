import { useState } from "react";
import { Link } from "react-router";
import type { Plan, PlanState } from "../api";
import { useSpeech } from "../i18n";
import { PlanEntryItem, planStates } from "./PlanEntries";
import { PlanIssues } from "./PlanIssues";
import { PlanParts } from "./PlanParts";
import { PlanTiles } from "./PlanTiles";

/** at once on the overview; the plan's page has them all */
const shownMax = 8;

/** A plan on the overview: what is behind, and which organisations are. The whole stands on its own page. */
export function PlanBoard({ plan }: { plan: Plan }) {
  const { t } = useSpeech();
  const [wanted, setWanted] = useState<PlanState | "">("");
  const behind = plan.entries.filter((entry) => entry.state === "missed" || entry.state === "late");
  const shown = wanted ? plan.entries.filter((entry) => entry.state === wanted) : behind;
  const ordered = [...shown].sort((a, b) => planStates.indexOf(a.state) - planStates.indexOf(b.state));
  return (
    <section className="card plan">
      <div className="toolbar">
        <h2 className="grow flush">
          <Link to="/plan">{plan.title}</Link>
        </h2>
        <Link to="/plan">{t("planOpen")} ›</Link>
      </div>
      {plan.issues.some((issue) => issue.severity === "error") && <PlanIssues issues={plan.issues} title={t("planBroken")} />}
      <PlanTiles plan={plan} chosen={wanted} choose={setWanted} />
      {ordered.length === 0 && plan.entries.length > 0 && <p className="quiet">{t("planNothingBehind")}</p>}
      <ul className="plain">
        {ordered.slice(0, shownMax).map((entry) => (
          <PlanEntryItem key={entry.line} entry={entry} today={plan.today} />
        ))}
      </ul>
      {ordered.length > shownMax && (
        <p>
          <Link to="/plan">{t("planCounts", plan.counts.done, plan.entries.length)} ›</Link>
        </p>
      )}
      <PlanParts plan={plan} linkTo={(org) => `/plan?org=${encodeURIComponent(org)}`} />
    </section>
  );
}
