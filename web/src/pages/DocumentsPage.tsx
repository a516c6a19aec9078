import { Link } from "react-router";
import type { DocumentTemplate } from "../api";
import { titleOf } from "../documentTitle";
import { Loaded } from "../components/States";
import { useSpeech } from "../i18n";
import { useSettings } from "../settings";
import { useData } from "../useData";

export default function DocumentsPage() {
  const { t } = useSpeech();
  const { org, period, organizations } = useSettings();
  const templates = useData<DocumentTemplate[]>("/api/documents");
  return (
    <>
      <h1>{t("documents")}</h1>
      <p className="lead">{t("clickNumber")}</p>
      <Loaded from={templates} isEmpty={(list) => list.length === 0} empty={t("emptyDocuments")}>
        {(list) =>
          list.map((template) => (
            <Link className="list-link" key={template.id} to={`/documents/${template.id}`}>
              <strong>{titleOf(template, organizations.find((o) => o.id === org)?.name ?? org, period)}</strong>
              <div className="quiet small">{template.id}</div>
            </Link>
          ))
        }
      </Loaded>
    </>
  );
}
