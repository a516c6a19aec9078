import { Input } from "antd";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { Loaded } from "../components/States";
import type { FormHead } from "../form";
import { useSpeech } from "../i18n";
import { useData } from "../useData";

/** Which form: every form of every program, but for returns, which have a page of their own. */
export default function EntryPage() {
  const { t, say } = useSpeech();
  const forms = useData<FormHead[]>("/api/forms");
  const [wanted, setWanted] = useState("");
  const groups = useMemo(() => {
    const needle = wanted.trim().toLowerCase();
    const out = new Map<string, FormHead[]>();
    for (const form of forms.data ?? []) {
      if (form.cycle || (needle && ![form.title.zh, form.title.en, form.id, form.source].some((text) => text.toLowerCase().includes(needle)))) continue;
      const group = say(form.program_title) || form.program;
      out.set(group, [...(out.get(group) ?? []), form]);
    }
    return [...out];
  }, [forms.data, wanted, say]);
  return (
    <>
      <h1>{t("entry")}</h1>
      <p className="lead">{t("entryIntro")}</p>
      <div className="toolbar">
        <Input.Search className="grow" allowClear placeholder={t("searchForms")} aria-label={t("searchForms")} onChange={(e) => setWanted(e.target.value)} />
        <Link to="/import">{t("importExcel")}</Link>
      </div>
      <Loaded from={forms} isEmpty={(list) => !list.some((form) => !form.cycle)} empty={t("emptyForms")}>
        {() =>
          groups.length === 0 ? (
            <p className="quiet">{t("nothingFound")}</p>
          ) : (
            groups.map(([group, list]) => (
              <section className="group" key={group}>
                <h2>{group}</h2>
                <div className="choices-grid">
                  {list.map((form) => (
                    <Link className="list-link" key={form.id} to={`/entry/${form.id}`}>
                      <strong>{say(form.title)}</strong>
                      <div className="quiet small">
                        {say(form.about_title)}
                        {form.source && ` · ${form.source}`}
                      </div>
                    </Link>
                  ))}
                </div>
              </section>
            ))
          )
        }
      </Loaded>
    </>
  );
}
