import { Collapse, Table } from "antd";
import { Link, useParams, useSearchParams } from "react-router";
import type { Explanation } from "../api";
import { Loaded } from "../components/States";
import type { FormDefinition, FormItem } from "../form";
import { useSpeech } from "../i18n";
import { recordPath } from "../tracePath";
import { useData } from "../useData";

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
interface Resource {
  resourceType: string;
  id: string;
  meta?: { versionId?: string; lastUpdated?: string };
  [name: string]: Json | undefined | { versionId?: string; lastUpdated?: string };
}
interface AnsweredItem {
  linkId: string;
  answer?: { [value: string]: Json }[];
  item?: AnsweredItem[];
}

const formPrefix = "urn:xinglin:form:";

/** Where a submission is changed: a return on its own page, any other form where it was entered. */
function changePath(resource: Resource, form: FormDefinition): string {
  if (!form.cycle) return `/entry/${form.id}?record=${resource.id}`;
  const extensions = (resource.extension ?? []) as { url: string; valueString?: string; valueReference?: { reference: string } }[];
  const org = extensions.find((e) => e.url === "urn:xinglin:organization")?.valueReference?.reference.replace("Organization/", "") ?? "";
  const period = extensions.find((e) => e.url === "urn:xinglin:period")?.valueString ?? "";
  return `/returns/${form.id}/${org}/${period}`;
}

/** One record as a person reads it (a form with its questions), with its FHIR source and version. */
export default function RecordPage() {
  const { type = "", id = "" } = useParams();
  const { t, say } = useSpeech();
  const record = useData<Resource>(`/fhir/${type}/${id}`);
  const questionnaire = typeof record.data?.questionnaire === "string" ? record.data.questionnaire : "";
  const formId = questionnaire.startsWith(formPrefix) ? questionnaire.slice(formPrefix.length).split("|")[0]! : "";
  const form = useData<FormDefinition>(formId ? `/api/forms/${formId}` : null);

  const shown = (answer: { [value: string]: Json }, definition?: FormItem): string => {
    const value = Object.entries(answer).find(([name]) => name.startsWith("value"))?.[1];
    if (value === undefined || value === null) return "";
    if (typeof value === "boolean") return value ? t("yes") : t("no");
    if (typeof value === "object" && !Array.isArray(value)) {
      const option = definition?.options?.find((o) => o.code === value.code);
      return option ? say(option.title) : String(value.display ?? value.reference ?? value.code ?? value.value ?? "");
    }
    return String(value) + (definition?.unit ? ` ${definition.unit}` : "");
  };
  const [parameters] = useSearchParams();
  const why = parameters.get("why");
  const explanation = useData<Explanation>(why ? "/api/explain" : null, { indicator: why ?? "", record: `${type}/${id}` });
  const looked = new Set(explanation.data?.items ?? []);
  const rows = (items: AnsweredItem[], definitions: FormItem[] = [], prefix = ""): { key: string; item: string; question: string; answer: string }[] =>
    items.flatMap((item, i) => {
      const definition = definitions.find((d) => d.id === item.linkId);
      const question = definition ? say(definition.title) : item.linkId;
      const own = item.answer?.length
        ? [{ key: `${prefix}${item.linkId}${i}`, item: item.linkId, question, answer: item.answer.map((a) => shown(a, definition)).join("、") }]
        : [];
      return [...own, ...rows(item.item ?? [], definition?.items, `${prefix}${item.linkId}${i}/`)];
    });

  return (
    <Loaded from={record}>
      {(resource) => {
        const subject = (resource.subject as { reference?: string } | undefined)?.reference;
        return (
          <>
            <h1>{form.data ? say(form.data.title) : `${type}/${id}`}</h1>
            <section className="card">
              <dl className="facts">
                <dt>{t("record")}</dt>
                <dd className="address">{`${type}/${id}`}</dd>
                {subject && (
                  <>
                    <dt>{t("person")}</dt>
                    <dd>
                      <Link to={subject.startsWith("Patient/") ? `/residents/${subject.slice(8)}` : recordPath(subject)}>{subject}</Link>
                    </dd>
                  </>
                )}
                {form.data && (
                  <>
                    <dt>{t("form")}</dt>
                    <dd>
                      <Link to={changePath(resource, form.data)}>{t("change_")}</Link>
                    </dd>
                  </>
                )}
                <dt>{t("version")}</dt>
                <dd>{resource.meta?.versionId}</dd>
                <dt>{t("recordedAt")}</dt>
                <dd>{resource.meta?.lastUpdated}</dd>
              </dl>
            </section>
            {explanation.data && (
              <section className="card">
                <h2>
                  {t("explain")}: <Link to={`/indicators/${explanation.data.indicator}`}>{say(explanation.data.title)}</Link>
                </h2>
                <p>{say(explanation.data.definition)}</p>
                <p className="quiet small">{t("explainIntro")}</p>
                <pre>{explanation.data.sql}</pre>
                {explanation.data.facts.map((fact) => (
                  <details key={fact.id}>
                    <summary>
                      {t("factsUsed")}: {fact.id}
                    </summary>
                    <pre>{fact.sql}</pre>
                  </details>
                ))}
              </section>
            )}
            {Array.isArray(resource.item) && (
              <section className="card">
                <Table
                  size="small"
                  pagination={false}
                  showHeader={false}
                  rowClassName={(row) => (looked.has(row.item) ? "looked-at" : "")}
                  dataSource={rows(resource.item as unknown as AnsweredItem[], form.data?.items)}
                  columns={[
                    { dataIndex: "question", width: "40%", className: "quiet" },
                    {
                      key: "answer",
                      render: (_, row) => (
                        <>
                          {row.answer} {looked.has(row.item) && <span className="hint">{t("lookedAt")}</span>}
                        </>
                      ),
                    },
                  ]}
                />
              </section>
            )}
            <Collapse
              defaultActiveKey={Array.isArray(resource.item) ? [] : ["raw"]}
              items={[{ key: "raw", label: t("raw"), children: <pre>{JSON.stringify(resource, null, 2)}</pre> }]}
            />
          </>
        );
      }}
    </Loaded>
  );
}
