import type { Plan, PlanState } from "../api";
import { useSpeech } from "../i18n";
import { planStates } from "./PlanEntries";

/** How many entries are missed, late, on course, done; a tile chooses. */
export function PlanTiles({ plan, chosen, choose }: { plan: Plan; chosen: PlanState | ""; choose: (state: PlanState | "") => void }) {
  const { t } = useSpeech();
  return (
    <div className="tiles" role="group" aria-label={t("state")}>
      {planStates.map((state) => (
        <button key={state} type="button" className={`tile plan-${state}${chosen === state ? " chosen" : ""}`} aria-pressed={chosen === state} disabled={plan.counts[state] === 0} onClick={() => choose(chosen === state ? "" : state)}>
          <strong>{plan.counts[state]}</strong>
          <span>{t(`plan_${state}`)}</span>
        </button>
      ))}
    </div>
  );
}
