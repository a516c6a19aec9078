import { useMemo } from "react";
import { Link } from "react-router";
import type { Overview, OverviewRow, Plan, ReturnList } from "../api";
import { Change } from "../components/Change";
import { PlanBoard } from "../components/PlanBoard";
import { Sparkline } from "../components/Sparkline";
import { Loaded } from "../components/States";
import { TableExport } from "../components/TableExport";
import { Value } from "../components/Value";
import { useSpeech } from "../i18n";
import { direction } from "../number";
import { useSettings } from "../settings";
import { useData } from "../useData";

/** How wrong the direction of a change is: what worsened comes first, the largest first. */
function worsening(row: OverviewRow): number {
  if (row.change === null || row.better === "") return 0;
  const way = direction(row.change);
  if (way === "none" || (row.better === "higher") === (way === "up")) return 0;
  return Math.abs(Number(row.change));
}

/** The landing page: what needs a hand this morning, then the main figures by domain. */
export default function OverviewPage() {
  const { t, say } = useSpeech();
  const { org, period, organizations } = useSettings();
  const overview = useData<Overview>(org ? "/api/overview" : null, { org, period });
  const returns = useData<ReturnList>(org ? "/api/returns" : null, { org, period });
  const plans = useData<Plan[]>(org ? "/api/plans" : null, { org, period });
  const groups = useMemo(() => {
    const out = new Map<string, OverviewRow[]>();
    for (const row of overview.data?.indicators ?? []) {
      if (row.display === null && (row.last_year?.display ?? null) === null) continue;
      const group = say(row.program_title) || row.program;
      out.set(group, [...(out.get(group) ?? []), row]);
    }
    return [...out];
  }, [overview.data, say]);
  const worse = [...(overview.data?.indicators ?? [])].filter((row) => worsening(row) > 0).sort((a, b) => worsening(b) - worsening(a)).slice(0, 6);
  const overdue = returns.data?.returns.filter((row) => row.overdue).length ?? 0;
  const sentBack = returns.data?.returns.filter((row) => row.state === "returned").length ?? 0;
  const waiting = returns.data?.returns.filter((row) => row.state === "submitted").length ?? 0;
  const titles = new Map((overview.data?.indicators ?? []).map((row) => [row.indicator, say(row.title)]));
  return (
    <>
      <h1>{t("overview")}</h1>
      <p className="lead">
        {organizations.find((o) => o.id === org)?.name} · {period}
      </p>
      <div className="tiles">
        {(
          [
            ["overdue", overdue, t("returnsOverdue"), "overdue"],
            ["returned", sentBack, t("returnsSentBack"), "returned"],
            ["submitted", waiting, t("returnsWaiting"), "submitted"],
          ] as const
        ).map(([state, count, label, kind]) => (
          <Link key={state} className={`tile ${kind}${count === 0 ? " none" : ""}`} to={`/returns?state=${state}`}>
            <strong>{returns.data ? count : "…"}</strong>
            <span>{label}</span>
          </Link>
        ))}
        <Link className="tile" to="/quality">
          <strong>→</strong>
          <span>{t("quality")}</span>
        </Link>
      </div>
      {/* No plan is no trouble: the main figures stand below either way, and a line says where one is begun. */}
      <Loaded from={plans}>
        {(list) =>
          list.length ? (
            list.map((plan) => <PlanBoard key={plan.id} plan={plan} />)
          ) : (
            <p className="quiet">
              {t("planNone")} <Link to="/plan">{t("planBegin")}</Link>
            </p>
          )
        }
      </Loaded>
      <Loaded from={overview} isEmpty={() => groups.length === 0} empty={t("emptyOverview")}>
        {(data) => (
          <>
            {worse.length > 0 && (
              <section className="card">
                <h2>{t("worsened")}</h2>
                <ul className="plain">
                  {worse.map((row) => (
                    <li key={row.indicator}>
                      <Link to={`/indicators/${row.indicator}`}>{say(row.title)}</Link> <Value figure={row} /> <Change of={row} better={row.better} />
                    </li>
                  ))}
                </ul>
              </section>
            )}
            {data.moved.length > 0 && (
              <section className="card">
                <h2>{t("moved", data.days)}</h2>
                <ul className="plain">
                  {data.moved.map((move) => (
                    <li key={move.indicator}>
                      <Link to={`/indicators/${move.indicator}`}>{titles.get(move.indicator)}</Link> <span className="value">{move.from ?? "—"} → {move.to ?? "—"}</span>
                    </li>
                  ))}
                </ul>
              </section>
            )}
            <div className="toolbar">
              <h2 className="grow flush">{t("mainFigures")}</h2>
              <TableExport
                title={`${t("overview")} ${period}`}
                columns={[t("domain"), t("name"), t("value"), t("unit"), t("lastYear"), t("change"), t("changeUnit"), t("address")]}
                rows={() => data.indicators.map((row) => [say(row.program_title), say(row.title), row.value, say(row.unit), row.last_year?.value ?? null, row.change, row.change_kind === "points" ? t("points").trim() : row.change === null ? "" : "%", row.address])}
              />
            </div>
            {groups.map(([group, rows]) => (
              <section className="group" key={group}>
                <h2>{group}</h2>
                <div className="figures-grid">
                  {rows.map((row) => (
                    <Link key={row.indicator} className="figure-card" to={`/indicators/${row.indicator}`}>
                      <span className="figure-title">{say(row.title)}</span>
                      <span className="figure-line">
                        <Value figure={row} />
                        <Sparkline values={row.months} />
                      </span>
                      <span className="small">
                        <Change of={row} better={row.better} /> <span className="quiet">{t("change")}</span>
                      </span>
                    </Link>
                  ))}
                </div>
              </section>
            ))}
          </>
        )}
      </Loaded>
    </>
  );
}
