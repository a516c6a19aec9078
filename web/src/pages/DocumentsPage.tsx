import { Link } from "react-router";
import type { DocumentTemplate, ReturnList } from "../api";
import { DocumentSections } from "../components/DocumentSections";
import { titleOf } from "../documentTitle";
import { Loaded } from "../components/States";
import { useSpeech } from "../i18n";
import { useSettings } from "../settings";
import { useData } from "../useData";

/** The documents there are, section by section: who answers for it, and whose returns its figures still wait for. */
export default function DocumentsPage() {
  const { t } = useSpeech();
  const { org, period, organizations } = useSettings();
  const templates = useData<DocumentTemplate[]>("/api/documents");
  const returns = useData<ReturnList>(org ? "/api/returns" : null, { org, period });
  return (
    <>
      <h1>{t("documents")}</h1>
      <p className="lead">{t("sectionsIntro")}</p>
      <Loaded from={templates} isEmpty={(list) => list.length === 0} empty={t("emptyDocuments")}>
        {(list) =>
          list.map((template) => (
            <section className="card" key={template.id}>
              <h2>
                <Link to={`/documents/${template.id}`}>{titleOf(template, organizations.find((o) => o.id === org)?.name ?? org, period)}</Link>
              </h2>
              <DocumentSections sections={template.sections} returns={returns} />
            </section>
          ))
        }
      </Loaded>
    </>
  );
}
