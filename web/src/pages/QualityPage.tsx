import { Button, Collapse, Table } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { DocumentTemplate, Quality, Report } from "../api";
import { titleOf } from "../documentTitle";
import { Loaded } from "../components/States";
import { TableExport } from "../components/TableExport";
import { useSpeech } from "../i18n";
import { useSettings } from "../settings";
import { recordPath, tracePath } from "../tracePath";
import { useData } from "../useData";

function Finding({ finding }: { finding: Quality["findings"][number] }) {
  const { say } = useSpeech();
  return (
    <div className="finding">
      {say(finding.text)}
      <div className="small">
        {finding.addresses.map((address) => (
          <span key={address}>
            <Link to={tracePath(address)}>{address.split("@")[0]}</Link>{" "}
          </span>
        ))}
      </div>
    </div>
  );
}

/** A document is written to find what its sentences contradict: asked for, because it takes a while. */
function DocumentFindings({ template }: { template: DocumentTemplate }) {
  const { t } = useSpeech();
  const { org, period, organizations } = useSettings();
  const [asked, setAsked] = useState(false);
  const report = useData<Report>(asked ? `/api/documents/${encodeURIComponent(template.id)}` : null, { org, period });
  return (
    <div className="document-findings">
      <div className="row">
        <Link to={`/documents/${template.id}`}>{titleOf(template, organizations.find((o) => o.id === org)?.name ?? org, period)}</Link>
        {!asked && (
          <Button size="small" onClick={() => setAsked(true)}>
            {t("checkDocument")}
          </Button>
        )}
      </div>
      {asked && (
        <Loaded from={report} isEmpty={(data) => data.findings.length === 0} empty={t("noFindings")}>
          {(data) => data.findings.map((finding, i) => <Finding key={i} finding={finding} />)}
        </Loaded>
      )}
    </div>
  );
}

/** What does not fit together, what came late, what counts for nobody; each opens onto its records. */
export default function QualityPage() {
  const { t, say } = useSpeech();
  const { org, period, organizations } = useSettings();
  const quality = useData<Quality>(org ? "/api/quality" : null, { org, period });
  const templates = useData<DocumentTemplate[]>("/api/documents");
  return (
    <>
      <h1>{t("quality")}</h1>
      <p className="lead">
        {organizations.find((o) => o.id === org)?.name} · {period}
      </p>
      <Loaded from={quality}>
        {(data) => (
          <>
            <section className="card">
              <div className="toolbar">
                <h2 className="grow flush">
                  {t("findings")} · {data.findings.length}
                </h2>
                {data.findings.length > 0 && <TableExport title={`${t("findings")} ${period}`} columns={[t("problem"), t("address")]} rows={() => data.findings.map((f) => [say(f.text), f.addresses.join("\n")])} />}
              </div>
              {data.findings.length === 0 ? <p className="quiet">{t("noFindings")}</p> : data.findings.map((finding, i) => <Finding key={i} finding={finding} />)}
            </section>
            <section className="card">
              <h2>{t("documentFindings")}</h2>
              <Loaded from={templates} isEmpty={(list) => list.length === 0} empty={t("emptyDocuments")}>
                {(list) => list.map((template) => <DocumentFindings key={`${template.id}${org}${period}`} template={template} />)}
              </Loaded>
            </section>
            <section className="card">
              <div className="toolbar">
                <h2 className="grow flush">{t("lateRows", data.late_days)}</h2>
                {data.late.length > 0 && <TableExport title={`${t("late")} ${period}`} columns={[t("form"), t("rowsCount"), t("late")]} rows={() => data.late.map((one) => [say(one.title), one.rows, one.late])} />}
              </div>
              {data.late.length === 0 ? (
                <p className="quiet">{t("noLate")}</p>
              ) : (
                <Collapse
                  items={data.late.map((one) => ({
                    key: one.form,
                    label: (
                      <>
                        {say(one.title)} <span className="quiet">{t("lateOf", one.late, one.rows)}</span>
                      </>
                    ),
                    children: (
                      <Table
                        size="small"
                        rowKey="record"
                        dataSource={one.examples}
                        pagination={{ pageSize: 10, showSizeChanger: false, hideOnSinglePage: true }}
                        scroll={{ x: "max-content" }}
                        columns={[
                          { title: t("record"), key: "record", render: (_, row) => <Link to={recordPath(row.record)}>{t("openRecord")}</Link> },
                          { title: t("organization"), key: "org", render: (_, row) => organizations.find((o) => o.id === row.org)?.name ?? row.org },
                          { title: t("date"), dataIndex: "happened" },
                          { title: t("enteredOn"), dataIndex: "entered" },
                        ]}
                      />
                    ),
                  }))}
                />
              )}
            </section>
            <section className="card">
              <h2>{t("homeless")}</h2>
              {data.homeless.length === 0 ? (
                <p className="quiet">{t("noHomeless")}</p>
              ) : (
                <ul className="plain">
                  {data.homeless.map((one) => (
                    <li key={one.form}>
                      {say(one.title)}: {one.rows} · <Link to={recordPath(one.record)}>{t("openRecord")}</Link>
                    </li>
                  ))}
                </ul>
              )}
            </section>
            {data.misfits.length > 0 && (
              <section className="card">
                <h2>{t("misfits")}</h2>
                <Table
                  size="small"
                  rowKey={(row) => row.record + row.column}
                  dataSource={data.misfits}
                  pagination={{ pageSize: 20, showSizeChanger: false, hideOnSinglePage: true }}
                  scroll={{ x: "max-content" }}
                  columns={[
                    { title: t("record"), key: "record", render: (_, row) => <Link to={recordPath(row.record)}>{t("openRecord")}</Link> },
                    { title: t("form"), dataIndex: "table" },
                    { title: t("column"), dataIndex: "column" },
                    { title: t("value"), dataIndex: "value" },
                  ]}
                />
              </section>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}
