import { Button } from "antd";
import { lazy, Suspense } from "react";
import { Link, useParams } from "react-router";
import type { IndicatorDetail } from "../api";
import { Change } from "../components/Change";
import { OrganizationTree } from "../components/OrganizationTree";
import { Loaded } from "../components/States";
import { Value } from "../components/Value";
import { useSpeech } from "../i18n";
import { useSettings } from "../settings";
import { tracePath } from "../tracePath";
import { useData } from "../useData";

const MonthsChart = lazy(() => import("../components/MonthsChart"));

/** One indicator: value, comparison, months, organisations, and the door to its rows. */
export default function IndicatorPage() {
  const { id = "" } = useParams();
  const { t, say } = useSpeech();
  const { org, period, organizations, setOrg } = useSettings();
  const detail = useData<IndicatorDetail>(`/api/indicators/${encodeURIComponent(id)}`, { org, period });
  const above = organizations.find((o) => o.id === organizations.find((own) => own.id === org)?.part_of);
  return (
    <Loaded from={detail}>
      {(data) => {
        const { figure } = data;
        const percent = figure.display?.endsWith("%") ?? false;
        return (
          <>
            <h1>{say(figure.title)}</h1>
            <p className="lead">
              {above && (
                <>
                  <Button type="link" className="inline-link no-print" onClick={() => setOrg(above.id)}>
                    ‹ {above.name || above.id}
                  </Button>{" "}
                </>
              )}
              {organizations.find((o) => o.id === org)?.name} · {period}
            </p>
            <section className="card summary">
              <div>
                <Value figure={figure} large />
                <div>
                  <Change of={data} better={data.better} /> <span className="quiet small">{t("change")}</span>
                </div>
              </div>
              <dl>
                <dt>{t("lastYear")}</dt>
                <dd>{data.last_year ? <Value figure={data.last_year} /> : "—"}</dd>
              </dl>
              <dl>
                <dt>{t("previousPeriod")}</dt>
                <dd>
                  {data.previous ? <Value figure={data.previous} /> : "—"} {data.previous_change !== null && <Change of={{ last_year: data.previous, change: data.previous_change, change_kind: data.change_kind ?? (percent ? "points" : "relative") }} better={data.better} />}
                </dd>
              </dl>
              {figure.denominator !== null && (
                <>
                  <dl>
                    <dt>{t("numerator")}</dt>
                    <dd className="value">{figure.numerator}</dd>
                  </dl>
                  <dl>
                    <dt>{t("denominator")}</dt>
                    <dd className="value">{figure.denominator}</dd>
                  </dl>
                </>
              )}
              <Link to={tracePath(figure.address)}>
                <Button type="primary">{t("showRows")}</Button>
              </Link>
            </section>
            {data.months.length > 0 && (
              <section className="card">
                <h2>{t("months")}</h2>
                <Suspense fallback={<div className="chart" />}>
                  <MonthsChart months={data.months} percent={percent} />
                </Suspense>
              </section>
            )}
            {data.by_organization.length > 0 && <OrganizationTree key={figure.address} data={data} />}
            <section className="card">
              <dl className="facts">
                <dt>{t("definition")}</dt>
                <dd>{say(data.definition) || "—"}</dd>
                <dt>{t("source")}</dt>
                <dd>{data.source || "—"}</dd>
                <dt>{t("grain")}</dt>
                <dd>{data.grain === "return" ? t("grainReturn") : t("grainRecord")}</dd>
                <dt>{t("address")}</dt>
                <dd className="address">{figure.address}</dd>
              </dl>
            </section>
          </>
        );
      }}
    </Loaded>
  );
}
