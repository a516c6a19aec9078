import { Button, Table } from "antd";
import { lazy, Suspense } from "react";
import { Link, useParams } from "react-router";
import type { IndicatorDetail } from "../api";
import { Change } from "../components/Change";
import { Loaded } from "../components/States";
import { TableExport } from "../components/TableExport";
import { Value } from "../components/Value";
import { useSpeech } from "../i18n";
import { useSettings } from "../settings";
import { tracePath } from "../tracePath";
import { useData } from "../useData";

const MonthsChart = lazy(() => import("../components/MonthsChart"));

/** The first rank first; those without a value at the end. */
function ranked<Row extends { rank: number | null }>(rows: Row[]): Row[] {
  return [...rows].sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity));
}

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
            {data.by_organization.length > 0 && (
              <section className="card">
                <div className="toolbar">
                  <h2 className="grow flush">{t("byOrganization")}</h2>
                  <TableExport
                    title={`${say(figure.title)} ${period}`}
                    columns={[t("rank"), t("organization"), t("value"), t("unit"), t("lastYear"), t("change"), t("address")]}
                    rows={() => ranked(data.by_organization).map((row) => [row.rank, row.org_name || row.org, row.value, say(row.unit), row.last_year?.value ?? null, row.change, row.address])}
                  />
                </div>
                <Table
                  size="small"
                  rowKey="org"
                  pagination={data.by_organization.length > 50 ? { pageSize: 50 } : false}
                  dataSource={ranked(data.by_organization)}
                  scroll={{ x: "max-content" }}
                  columns={[
                    { title: t("rank"), key: "rank", width: 60, render: (_, row) => row.rank ?? "—" },
                    {
                      title: t("organization"),
                      key: "org",
                      render: (_, row) =>
                        organizations.some((o) => o.part_of === row.org) ? (
                          <Button type="link" className="inline-link" onClick={() => setOrg(row.org)} aria-label={`${row.org_name || row.org}: ${t("lookInto")}`}>
                            {row.org_name || row.org} ›
                          </Button>
                        ) : (
                          row.org_name || row.org
                        ),
                    },
                    {
                      title: t("value"),
                      key: "value",
                      align: "right",
                      render: (_, row) => (
                        <>
                          <Value figure={row} />
                          <div className="phone-only small">
                            <Change of={row} better={data.better} />
                          </div>
                        </>
                      ),
                    },
                    { title: t("lastYear"), key: "last", align: "right", className: "wide-only", render: (_, row) => (row.last_year ? <Value figure={row.last_year} /> : "—") },
                    { title: t("change"), key: "change", align: "right", className: "wide-only", render: (_, row) => <Change of={row} better={data.better} /> },
                    { title: "", key: "rows", render: (_, row) => <Link to={tracePath(row.address)}>{t("rowsOf")}</Link> },
                  ]}
                />
              </section>
            )}
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
