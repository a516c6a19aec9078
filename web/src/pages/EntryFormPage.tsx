import { Button, Result } from "antd";
import { useEffect, useState } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import type { Submission } from "../api";
import { EntryPicker } from "../components/EntryPicker";
import { FormFields } from "../components/FormFields";
import { FormProblems } from "../components/FormProblems";
import { Loaded } from "../components/States";
import { answersFrom, type FormDefinition } from "../form";
import { useSpeech } from "../i18n";
import { useSettings } from "../settings";
import { recordPath } from "../tracePath";
import { useData } from "../useData";
import { showFirstWrong, useFilling } from "../useFilling";

/** Fills a form about someone, anew or (?record=ID) in place of what was there. */
export default function EntryFormPage() {
  const { form: id = "" } = useParams();
  const [parameters] = useSearchParams();
  const record = parameters.get("record") ?? "";
  const form = useData<FormDefinition>(`/api/forms/${encodeURIComponent(id)}`);
  const kept = useData<Submission>(record ? `/api/submissions/${record}` : null);
  const [round, setRound] = useState(0);
  return (
    <Loaded from={form}>
      {(definition) =>
        record ? (
          <Loaded from={kept}>{(submission) => <Entry key={submission.id} form={definition} submission={submission} subject={submission.subject} again={kept.reload} />}</Loaded>
        ) : (
          <Entry key={round} form={definition} subject={round === 0 ? (parameters.get("subject") ?? "") : ""} again={() => setRound(round + 1)} />
        )
      }
    </Loaded>
  );
}

function Entry({ form, submission, subject: given, again }: { form: FormDefinition; submission?: Submission; subject: string; again: () => void }) {
  const { t, say } = useSpeech();
  const { org, organizations } = useSettings();
  const recorder = submission?.org || org;
  const own = form.about_type === "Organization" ? `Organization/${recorder}` : "";
  const [subject, setSubject] = useState(given || own);
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState("");
  const filling = useFilling(
    { form: form.id, org: recorder, subject, id: submission?.id, authored: submission?.authored },
    submission ? answersFrom(form.items, submission.answers) : {},
    submission?.version ?? 0,
  );
  const save = async (state: "" | "draft") => {
    setBusy(true);
    if (await filling.save(state)) setDone(state || "complete");
    else showFirstWrong();
    setBusy(false);
  };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && subject && !busy && !done) void save("");
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
  // Closing the page by mistake does not lose what was typed without a word.
  useEffect(() => {
    if (!filling.unsaved || done) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [filling.unsaved, done]);

  if (done)
    return (
      <Result
        status="success"
        title={done === "draft" ? t("draftKept") : t("entryKept")}
        subTitle={say(form.title)}
        extra={[
          <Button key="again" type="primary" onClick={again}>
            {submission ? t("changeEntry") : t("nextEntry")}
          </Button>,
          <Link key="record" to={recordPath(`QuestionnaireResponse/${filling.current.current.id}`)}>
            <Button>{t("openRecord")}</Button>
          </Link>,
          ...(subject.startsWith("Patient/")
            ? [
                <Link key="person" to={`/residents/${subject.slice(8)}`}>
                  <Button>{t("timeline")}</Button>
                </Link>,
              ]
            : []),
        ]}
      />
    );
  return (
    <>
      <p className="crumbs no-print">
        <Link to="/entry">{t("entry")}</Link>
      </p>
      <h1>{say(form.title)}</h1>
      <p className="lead">
        {form.source && `${form.source} · `}
        {t("recordedBy", organizations.find((o) => o.id === recorder)?.name || recorder)}
      </p>
      <section className="card narrow">
        <FormProblems issues={filling.places} failure={filling.failure} />
        <div className="field" data-item="subject">
          <label htmlFor="field-subject">
            {say(form.about_title) || t("person")}
            <span className="must">*</span>
          </label>
          <EntryPicker id="field-subject" register={form.about} org={recorder} value={subject} shown={submission?.subject_name} onChange={setSubject} disabled={busy || submission !== undefined} autoFocus={!subject} />
        </div>
        {subject ? (
          <>
            <FormFields form={form} answers={filling.answers} onChange={filling.change} issues={filling.places} disabled={busy} org={recorder} />
            <div className="actions">
              <Button type="primary" size="large" loading={busy} onClick={() => save("")}>
                {t("save")}
              </Button>
              {(!submission || submission.status === "in-progress") && (
                <Button size="large" disabled={busy} onClick={() => save("draft")}>
                  {t("keepDraft")}
                </Button>
              )}
              <span className="quiet small">{t("saveHint")}</span>
            </div>
          </>
        ) : (
          <p className="quiet">{t("chooseSubject", say(form.about_title))}</p>
        )}
      </section>
    </>
  );
}
