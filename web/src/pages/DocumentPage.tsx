import { DownloadOutlined, PrinterOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useRef, useState } from "react";
import { Link, useParams } from "react-router";
import type { Report, ReturnList } from "../api";
import { DocumentSections } from "../components/DocumentSections";
import { Loaded } from "../components/States";
import { useSpeech } from "../i18n";
import { placesOf } from "../owed";
import { useSettings } from "../settings";
import { tracePath } from "../tracePath";
import { useData, useEach } from "../useData";

/** The document as it would be printed; each number opens its trace. */
export default function DocumentPage() {
  const { id = "" } = useParams();
  const { t, say } = useSpeech();
  const { org, period } = useSettings();
  const returns = useData<ReturnList>(org ? "/api/returns" : null, { org, period });
  const [chosen, setChosen] = useState<number>();
  const list = useRef<HTMLElement>(null);
  const path = `/api/documents/${encodeURIComponent(id)}`;
  const report = useData<Report>(path, { org, period });
  const elsewhere = useEach<ReturnList>("/api/returns", report.data ? placesOf(report.data.sections) : null);
  const file = (kind: string) => `${path}/file.${kind}?${new URLSearchParams({ org, period })}`;
  // Of another document or period the chosen section may not be there, or not be found fault with.
  const shown = (data: Report) => (chosen !== undefined && data.sections[chosen]?.findings.length ? chosen : undefined);
  return (
    <Loaded from={report}>
      {(data) => (
        <>
        <section className="card no-print" aria-label={t("sections")}>
          <h2>{t("sections")}</h2>
          <DocumentSections
            sections={data.sections}
            returns={returns}
            elsewhere={elsewhere}
            onFindings={(section) => {
              setChosen(section);
              list.current?.scrollIntoView({ block: "start" });
            }}
          />
        </section>
        <div className="columns">
          <article className="sheet" aria-label={t("preview")}>
            {data.paragraphs.map((paragraph, i) => {
              const Tag = paragraph.kind === "title" ? "h1" : paragraph.kind === "body" ? "p" : "h2";
              return (
                <Tag key={i} className={paragraph.kind}>
                  {paragraph.runs.map((run, j) => {
                    const figure = run.figure === undefined ? undefined : data.figures[run.figure];
                    return figure ? (
                      <Link key={j} className="figure" to={tracePath(figure.address)} title={say(figure.title)}>
                        {run.text}
                      </Link>
                    ) : (
                      <span key={j}>{run.text}</span>
                    );
                  })}
                </Tag>
              );
            })}
          </article>
          <aside className="no-print">
            <section className="card">
              <h2>{t("download")}</h2>
              <div style={{ display: "grid", gap: 8 }}>
                <Button type="primary" icon={<DownloadOutlined />} href={file("docx")} download>
                  {t("wordFile")}
                </Button>
                <Button icon={<DownloadOutlined />} href={file("xlsx")} download>
                  {t("annexFile")}
                </Button>
                <Button icon={<DownloadOutlined />} href={file("html")} download>
                  {t("pageFile")}
                </Button>
                <Button icon={<PrinterOutlined />} onClick={() => window.print()}>
                  {t("print")}
                </Button>
              </div>
              <p className="quiet small" style={{ margin: "14px 0 0" }}>
                {t("figuresCount", data.figures.length)} · {t("asOf")} {data.as_of}
                <br />
                {t("clickNumber")}
              </p>
            </section>
            <section className="card findings" ref={list}>
              <h2>{t("findings")}</h2>
              {data.findings.length === 0 ? (
                <p className="quiet">{t("noFindings")}</p>
              ) : (
                <>
                  <p className="quiet small">{t("findingsIntro")}</p>
                  {shown(data) !== undefined && (
                    <p className="small">
                      {t("findingsOf", data.sections[shown(data)!]!.title || t("opening"))}{" "}
                      <button type="button" className="link" onClick={() => setChosen(undefined)}>
                        {t("showAll")}
                      </button>
                    </p>
                  )}
                  {data.findings.map((finding, i) => (shown(data) === undefined || data.sections[shown(data)!]!.findings.includes(i)) && (
                    <div className="finding" key={i}>
                      {say(finding.text)}
                      <div className="small">
                        {finding.addresses.map((address) => (
                          <div key={address}>
                            <Link to={tracePath(address)}>{address.split("@")[0]}</Link>
                          </div>
                        ))}
                      </div>
                    </div>
                  ))}
                </>
              )}
            </section>
          </aside>
        </div>
        </>
      )}
    </Loaded>
  );
}
