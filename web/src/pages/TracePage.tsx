import { Table } from "antd";
import { Link, useParams } from "react-router";
import { get, type Trace, type TraceRow } from "../api";
import { Loaded } from "../components/States";
import { TableExport } from "../components/TableExport";
import { Value } from "../components/Value";
import { useSettings } from "../settings";
import { useSpeech } from "../i18n";
import { recordPath, tracePath } from "../tracePath";
import { useData } from "../useData";

const rowsMax = 200;
/** rows in one spreadsheet: what the server gives at once */
const exportRowsMax = 100_000;

/** The end of an id tells records apart better than its beginning. */
const short = (reference: string) => {
  const id = reference.slice(reference.indexOf("/") + 1);
  return id.length > 12 ? `…${id.slice(-8)}` : id;
};

/** A figure taken apart: its definition, the figures or rows it is made of, their digest. */
export default function TracePage() {
  const address = useParams()["*"] ?? "";
  const { t, say } = useSpeech();
  const { organizations } = useSettings();
  const trace = useData<Trace>(address ? "/api/trace" : null, { address, rows_max: rowsMax });
  return (
    <Loaded from={trace}>
      {(data) => {
        const rows = data.rows;
        const has = (test: (row: TraceRow) => unknown) => rows.some(test);
        return (
          <>
            <h1>{t("trace")}</h1>
            <p className="lead">{t("traceIntro")}</p>
            <section className="card">
              <div className="summary">
                <div>
                  <Link to={`/indicators/${data.figure.indicator}`}>{say(data.figure.title)}</Link>
                  <div>
                    <Value figure={data.figure} large />
                  </div>
                </div>
                {data.figure.denominator !== null && (
                  <>
                    <dl>
                      <dt>{t("numerator")}</dt>
                      <dd className="value">{data.figure.numerator}</dd>
                    </dl>
                    <dl>
                      <dt>{t("denominator")}</dt>
                      <dd className="value">{data.figure.denominator}</dd>
                    </dl>
                  </>
                )}
                <dl>
                  <dt>{t("asOf")}</dt>
                  <dd>{data.as_of}</dd>
                </dl>
              </div>
            </section>
            {data.parts.length > 0 && (
              <section className="card">
                <h2>{t("parts")}</h2>
                <Table
                  size="small"
                  rowKey="address"
                  pagination={false}
                  dataSource={data.parts}
                  columns={[
                    { title: t("name"), key: "name", render: (_, part) => <Link to={tracePath(part.address)}>{say(part.title)}</Link> },
                    { title: t("value"), key: "value", align: "right", render: (_, part) => <Value figure={part} /> },
                  ]}
                />
              </section>
            )}
            {(rows.length > 0 || data.parts.length === 0) && (
              <section className="card">
                <div className="toolbar">
                <h2 className="grow flush">{data.rows_total > rows.length ? t("rowsShown", data.rows_total, rows.length) : t("rowsAll", data.rows_total)}</h2>
                <TableExport
                  title={say(data.figure.title)}
                  columns={[t("record"), t("organization"), t("person"), t("date"), t("since"), t("until"), t("counted"), t("value"), t("weight")]}
                  rows={async () => {
                    const all = data.rows_total > rows.length ? await get<Trace>("/api/trace", { address: data.figure.address, rows_max: Math.min(data.rows_total, exportRowsMax) }) : data;
                    return all.rows.map((row) => [row.record, organizations.find((o) => o.id === row.org)?.name || row.org, row.subject, row.happened, row.since, row.until, row.hit === null ? "" : row.hit ? t("yes") : t("no"), row.value, row.weight]);
                  }}
                />
                </div>
                <Table<TraceRow>
                  size="small"
                  rowKey={(row) => row.record + row.happened + row.since + (row.value ?? "")}
                  dataSource={rows}
                  pagination={{ pageSize: 20, showSizeChanger: false, hideOnSinglePage: true }}
                  locale={{ emptyText: t("emptyRows") }}
                  scroll={{ x: "max-content" }}
                  columns={[
                    { title: t("record"), key: "record", render: (_, row) => (
                        <span className="row">
                          <Link to={recordPath(row.record)}>{t("openRecord")}</Link>
                          <Link to={`${recordPath(row.record)}?why=${encodeURIComponent(row.part || data.figure.indicator)}`}>{t("explain")}</Link>
                        </span>
                      ) },
                    ...(has((r) => r.org && organizations.length > 1) ? [{ title: t("organization"), key: "org", className: "wide-only", render: (_: unknown, row: TraceRow) => organizations.find((o) => o.id === row.org)?.name || row.org }] : []),
                    ...(has((r) => r.happened) ? [{ title: t("date"), dataIndex: "happened", key: "happened" }] : []),
                    ...(has((r) => r.since)
                      ? [
                          { title: t("since"), dataIndex: "since", key: "since" },
                          { title: t("until"), dataIndex: "until", key: "until", render: (until: string) => until || "—" },
                        ]
                      : []),
                    {
                      title: t("person"),
                      key: "subject",
                      render: (_: unknown, row: TraceRow) =>
                        row.subject.startsWith("Patient/") ? (
                          <Link to={`/residents/${row.subject.slice(8)}`}>{short(row.subject)}</Link>
                        ) : (
                          <Link to={recordPath(row.subject)}>{short(row.subject)}</Link>
                        ),
                    },
                    ...(has((r) => r.hit !== null) ? [{ title: t("counted"), key: "hit", render: (_: unknown, r: TraceRow) => (r.hit ? t("yes") : t("no")) }] : []),
                    ...(has((r) => r.value !== null) ? [{ title: t("value"), dataIndex: "value", key: "value", align: "right" as const }] : []),
                    ...(has((r) => r.counted) ? [{ title: t("countedOnce"), dataIndex: "counted", key: "counted" }] : []),
                    ...(has((r) => r.source) ? [{ title: t("source"), key: "source", render: (_: unknown, r: TraceRow) => [r.source, r.issued, r.note].filter(Boolean).join(" · ") }] : []),
                    ...(has((r) => r.weight !== "1") ? [{ title: t("weight"), dataIndex: "weight", key: "weight", align: "right" as const }] : []),
                  ]}
                />
              </section>
            )}
            <section className="card">
              <h2>{t("query")}</h2>
              <pre>{data.definition}</pre>
              <dl className="facts" style={{ marginTop: 16 }}>
                <dt>{t("address")}</dt>
                <dd className="address">{data.figure.address}</dd>
                <dt>{t("digest")}</dt>
                <dd className="address">{data.digest}</dd>
              </dl>
            </section>
          </>
        );
      }}
    </Loaded>
  );
}
