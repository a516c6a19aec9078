import { App, Button, Input, Modal } from "antd";
import { useEffect, useState } from "react";
import { Link, useParams } from "react-router";
import { type ApiError, post, type ReturnList, type ReturnRow, type Submission } from "../api";
import { FormFields } from "../components/FormFields";
import { FormProblems } from "../components/FormProblems";
import { Loaded } from "../components/States";
import { StateTag } from "../components/StateTag";
import { SubmissionTimeline } from "../components/SubmissionTimeline";
import { answersFrom, type FormDefinition } from "../form";
import { useSpeech } from "../i18n";
import { useClerk } from "../clerk";
import { useData } from "../useData";
import { showFirstWrong, useFilling } from "../useFilling";
import { recordPath } from "../tracePath";

const autosaveAfterMs = 1200;

/** One return: filled, handed in, sent back, accepted, locked. */
export default function ReturnPage() {
  const { form: formId = "", org = "", period = "" } = useParams();
  const { t } = useSpeech();
  const form = useData<FormDefinition>(`/api/forms/${formId}`);
  const list = useData<ReturnList>("/api/returns", { org, period, form: formId, begin: "true" });
  const row = list.data?.returns.find((one) => one.form === formId && one.org === org && one.period === period);
  const exists = row !== undefined && row.state !== "due";
  const kept = useData<Submission>(exists ? `/api/submissions/${row.id}` : null);
  const reload = () => {
    list.reload();
    kept.reload();
  };
  return (
    <Loaded from={form}>
      {(definition) => (
        <Loaded from={list}>
          {() =>
            !row ? (
              <p>
                {t("noSuchReturn")} <Link to="/returns">{t("returns")}</Link>
              </p>
            ) : exists ? (
              <Loaded from={kept}>{(submission) => <Return key={submission.state} form={definition} row={row} submission={submission} reload={reload} />}</Loaded>
            ) : (
              <Return form={definition} row={row} reload={reload} />
            )
          }
        </Loaded>
      )}
    </Loaded>
  );
}

function Return({ form, row, submission, reload }: { form: FormDefinition; row: ReturnRow; submission?: Submission; reload: () => void }) {
  const { t, say } = useSpeech();
  const { message } = App.useApp();
  const [by, setBy] = useClerk();
  const [busy, setBusy] = useState(false);
  const [reason, setReason] = useState<string | null>(null);
  const state = submission?.state || row.state;
  const editable = state === "due" || state === "draft" || state === "returned";
  const filling = useFilling(
    { form: form.id, org: row.org, subject: `Organization/${row.org}`, period: row.period, id: row.id },
    submission ? answersFrom(form.items, submission.answers) : {},
    submission?.version ?? 0,
  );
  const saveState = state === "returned" ? "returned" : "draft";

  useEffect(() => {
    if (!editable || !filling.unsaved) return;
    const wait = setTimeout(() => void filling.save(saveState), autosaveAfterMs);
    return () => clearTimeout(wait);
    // eslint-disable-next-line
  }, [filling.answers]);

  const operate = async (operation: string, why?: string) => {
    setBusy(true);
    try {
      if (operation === "submit" && (filling.unsaved || !filling.current.current.version) && !(await filling.save(saveState))) {
        showFirstWrong();
        return;
      }
      const parameter = [...(why ? [{ name: "reason", valueString: why }] : []), ...(by.trim() ? [{ name: "by", valueString: by.trim() }] : [])];
      await post(`/fhir/QuestionnaireResponse/${row.id}/$${operation}`, { resourceType: "Parameters", ...(parameter.length ? { parameter } : {}) });
      setReason(null);
      message.success(t(`done_${operation as "submit" | "return" | "accept" | "lock"}`));
      reload();
    } catch (error) {
      const refused = error as ApiError;
      filling.setIssues(refused.issues);
      filling.setFailure(refused);
      showFirstWrong();
    } finally {
      setBusy(false);
    }
  };

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && editable && !busy) void operate("submit");
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });

  const sentBack = state === "returned" ? [...(submission?.timeline ?? [])].reverse().find((event) => event.what === "returned") : undefined;
  return (
    <>
      <p className="crumbs no-print">
        <Link to="/returns">{t("returns")}</Link>
      </p>
      <h1>{say(form.title)}</h1>
      <p className="lead">
        {row.org_name} · {row.period} <StateTag state={state} overdue={row.overdue} /> {row.due_on && <span>{t("dueBy", row.due_on)}</span>}
      </p>
      {sentBack && (
        <div className="finding" role="note">
          <strong>{t("event_returned")}</strong>
          {sentBack.by && ` · ${sentBack.by}`}: {sentBack.reason}
        </div>
      )}
      <div className="columns">
        <section className="card">
          <FormProblems issues={filling.places} failure={filling.failure} />
          <FormFields form={form} answers={filling.answers} onChange={filling.change} issues={filling.places} disabled={!editable || busy} org={row.org} />
          {editable && (
            <div className="actions no-print">
              <Button type="primary" size="large" loading={busy} onClick={() => operate("submit")}>
                {t("submit")}
              </Button>
              <span className="quiet small" role="status">
                {filling.unsaved ? (filling.failure ? t("notSavedYet") : t("saving")) : filling.savedAt ? t("savedAt", filling.savedAt.toTimeString().slice(0, 5)) : t("submitHint")}
              </span>
            </div>
          )}
          {(state === "submitted" || state === "accepted") && (
            <div className="actions no-print">
              {state === "submitted" ? (
                <Button type="primary" size="large" loading={busy} onClick={() => operate("accept")}>
                  {t("accept")}
                </Button>
              ) : (
                <Button size="large" loading={busy} onClick={() => operate("lock")}>
                  {t("lock")}
                </Button>
              )}
              <Button size="large" danger onClick={() => setReason("")}>
                {t("sendBack")}
              </Button>
            </div>
          )}
        </section>
        <aside>
          <section className="card no-print">
            <label htmlFor="clerk" className="quiet small">
              {t("clerk")}
            </label>
            <Input id="clerk" value={by} onChange={(e) => setBy(e.target.value)} placeholder={t("clerkHint")} maxLength={50} />
          </section>
          <section className="card">
            <h2>{t("course")}</h2>
            {submission ? <SubmissionTimeline events={submission.timeline} /> : <p className="quiet">{t("notBegun")}</p>}
            {submission && <Link to={recordPath(`QuestionnaireResponse/${row.id}`)}>{t("openRecord")}</Link>}
          </section>
        </aside>
      </div>
      <Modal
        open={reason !== null}
        title={t("sendBack")}
        okText={t("sendBack")}
        okButtonProps={{ disabled: !reason?.trim(), loading: busy, danger: true }}
        onOk={() => operate("return", reason?.trim())}
        onCancel={() => setReason(null)}
        destroyOnHidden
      >
        <label htmlFor="reason">{t("reasonAsked")}</label>
        <Input.TextArea id="reason" autoFocus rows={3} maxLength={500} value={reason ?? ""} onChange={(e) => setReason(e.target.value)} />
      </Modal>
    </>
  );
}
