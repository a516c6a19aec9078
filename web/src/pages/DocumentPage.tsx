import { DownloadOutlined, PrinterOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { Link, useParams } from "react-router";
import type { Report } from "../api";
import { Loaded } from "../components/States";
import { useSpeech } from "../i18n";
import { useSettings } from "../settings";
import { tracePath } from "../tracePath";
import { useData } from "../useData";

/** The document as it would be printed; each number opens its trace. */
export default function DocumentPage() {
  const { id = "" } = useParams();
  const { t, say } = useSpeech();
  const { org, period } = useSettings();
  const path = `/api/documents/${encodeURIComponent(id)}`;
  const report = useData<Report>(path, { org, period });
  const file = (kind: string) => `${path}/file.${kind}?${new URLSearchParams({ org, period })}`;
  return (
    <Loaded from={report}>
      {(data) => (
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
            <section className="card">
              <h2>{t("findings")}</h2>
              {data.findings.length === 0 ? (
                <p className="quiet">{t("noFindings")}</p>
              ) : (
                <>
                  <p className="quiet small">{t("findingsIntro")}</p>
                  {data.findings.map((finding, i) => (
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
      )}
    </Loaded>
  );
}
