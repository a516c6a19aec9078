import { Tag } from "antd";
import { Link } from "react-router";
import type { DocumentTemplate, ReturnList, ReturnRow } from "../api";
import { titleOf } from "../documentTitle";
import { Loaded } from "../components/States";
import { useSpeech } from "../i18n";
import { useSettings } from "../settings";
import { useData } from "../useData";

/** The documents there are, and for each which returns its figures still wait for, by form and who owes it. */
export default function DocumentsPage() {
  const { t } = useSpeech();
  const { org, period, organizations } = useSettings();
  const templates = useData<DocumentTemplate[]>("/api/documents");
  const returns = useData<ReturnList>(org ? "/api/returns" : null, { org, period });
  return (
    <>
      <h1>{t("documents")}</h1>
      <p className="lead">{t("clickNumber")}</p>
      <Loaded from={templates} isEmpty={(list) => list.length === 0} empty={t("emptyDocuments")}>
        {(list) =>
          list.map((template) => (
            <section className="card" key={template.id}>
              <h2 className="flush">
                <Link to={`/documents/${template.id}`}>{titleOf(template, organizations.find((o) => o.id === org)?.name ?? org, period)}</Link>
              </h2>
              {returns.data && template.returns.length > 0 && <Owed rows={returns.data.returns.filter((row) => template.returns.includes(row.form))} />}
            </section>
          ))
        }
      </Loaded>
    </>
  );
}

const namesMax = 6;

/** Returns that are not accepted yet, form by form, with who they wait for. */
function Owed({ rows }: { rows: ReturnRow[] }) {
  const { t, say } = useSpeech();
  const missing = rows.filter((row) => row.state === "due" || row.state === "draft" || row.state === "returned");
  const waiting = rows.filter((row) => row.state === "submitted");
  if (!missing.length && !waiting.length) return rows.length ? <p className="small quiet flush">{t("returnsAllIn", rows.length)}</p> : null;
  const forms = [...new Map([...missing, ...waiting].map((row) => [row.form, say(row.title)]))];
  return (
    <ul className="plain owed small">
      {forms.map(([form, title]) => {
        const own = missing.filter((row) => row.form === form);
        const names = [...new Set(own.map((row) => row.org_name || row.org))];
        const late = own.filter((row) => row.overdue).length;
        const submitted = waiting.filter((row) => row.form === form).length;
        return (
          <li key={form}>
            <Link to={`/returns?form=${form}`}>{title}</Link> {own.length > 0 && <span>{t("returnsMissing", own.length)}</span>} {late > 0 && <Tag color="red">{t("overdueCount", late)}</Tag>}
            {submitted > 0 && <Tag color="blue">{t("waitingCount", submitted)}</Tag>}
            {names.length > 0 && <span className="quiet">{names.slice(0, namesMax).join("、") + (names.length > namesMax ? t("andMore", names.length) : "")}</span>}
          </li>
        );
      })}
    </ul>
  );
}
