import { Alert, App, AutoComplete, Button, Checkbox, Input, Select } from "antd";
import { useEffect, useMemo, useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { type ApiError, type PlanRelation, type PlanReview, type PlanWhole, post, type Proposal, type Proposals } from "../api";
import { useClerk } from "../clerk";
import { PlanChanges } from "../components/PlanChanges";
import { PlanIssues } from "../components/PlanIssues";
import { errorText, Loaded } from "../components/States";
import { useSpeech } from "../i18n";
import { addEntries, addRevision, newPlan, type NewEntry, sectionsOf } from "../plan";
import { useSettings } from "../settings";
import { useData } from "../useData";

const relations: PlanRelation[] = ["at_least", "at_most", "increase", "rank"];
const localDay = () => new Date().toLocaleDateString("sv-SE");

interface Draft extends NewEntry {
  clause: string;
  taken: boolean;
  each: boolean;
  candidates: Proposal["candidates"];
}

/** A plan begun or revised: targets found in prose are bound or dropped, the text is looked at, then kept. */
export default function PlanRevisePage() {
  const [parameters] = useSearchParams();
  const { t } = useSpeech();
  const { org, period } = useSettings();
  const id = parameters.get("plan") ?? "";
  const whole = useData<PlanWhole>(id ? `/api/plans/${encodeURIComponent(id)}` : null);
  return (
    <>
      <p className="crumbs no-print">
        <Link to="/plan">{t("plan")}</Link>
      </p>
      {id ? <Loaded from={whole}>{(plan) => <Revision key={plan.version} start={plan.text} version={plan.version} org={plan.org} period={plan.period} title={plan.title} />}</Loaded> : <Revision key={org + period} start={newPlan(org, period, t("planBeginFor", period))} version={0} org={org} period={period} title="" />}
    </>
  );
}

function Revision({ start, version, org, period, title }: { start: string; version: number; org: string; period: string; title: string }) {
  const { t, say } = useSpeech();
  const { organizations } = useSettings();
  const { message, modal } = App.useApp();
  const navigate = useNavigate();
  const [by, setBy] = useClerk();
  const [text, setText] = useState(start);
  const [note, setNote] = useState("");
  const [checked, setChecked] = useState<{ text: string; review: PlanReview } | null>(null);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const final = note.trim() ? addRevision(text, localDay(), note) : text;
  const isChecked = checked !== null && checked.text === final;
  const wrong = checked?.review.issues.some((issue) => issue.severity === "error") ?? false;
  const changed = text !== start;

  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => changed && event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [changed]);

  const review = async () => {
    setBusy(true);
    setFailure(null);
    try {
      setChecked({ text: final, review: await post<PlanReview>("/api/plans", { text: final, version }, { check: "true" }) });
    } catch (error) {
      setFailure(error as ApiError);
    }
    setBusy(false);
  };
  const save = async () => {
    setBusy(true);
    setFailure(null);
    try {
      await post("/api/plans", { text: final, version, by: by.trim() });
      message.success(t("planKept"));
      navigate("/plan");
    } catch (error) {
      setFailure(error as ApiError);
    }
    setBusy(false);
  };
  const leave = () => {
    if (!changed) navigate("/plan");
    else modal.confirm({ title: t("planLeave"), okText: t("back"), onOk: () => navigate("/plan") });
  };
  return (
    <>
      <h1>{title ? t("planRevise") : t("planBegin")}</h1>
      <p className="lead">
        {title || organizations.find((o) => o.id === org)?.name || org} · {period}
      </p>
      <ProposedTargets org={org} period={period} text={text} take={setText} />
      <section className="card">
        <h2>
          <label htmlFor="plan-text">{t("planStepText")}</label>
        </h2>
        <p className="quiet small">{t("planTextHint")}</p>
        <Input.TextArea id="plan-text" className="plan-text" spellCheck={false} autoSize={{ minRows: 10, maxRows: 30 }} value={text} onChange={(e) => setText(e.target.value)} />
      </section>
      <section className="card">
        <h2>{t("planStepReview")}</h2>
        <div className="plan-save">
          <div>
            <label htmlFor="plan-note" className="quiet small">
              {t("planNote")}
            </label>
            <Input id="plan-note" value={note} maxLength={200} onChange={(e) => setNote(e.target.value)} />
          </div>
          <div>
            <label htmlFor="clerk" className="quiet small">
              {t("clerk")}
            </label>
            <Input id="clerk" value={by} onChange={(e) => setBy(e.target.value)} placeholder={t("clerkHint")} maxLength={50} />
          </div>
        </div>
        {failure && <Alert type="error" showIcon role="alert" className="problems" title={failure.status === 412 ? t("changedMeanwhile") : errorText(failure, t, say)} />}
        {checked && (
          <div aria-live="polite">
            <PlanIssues issues={checked.review.issues} />
            {checked.review.changes.length === 0 ? <p className="quiet">{t("planNoChanges")}</p> : <p>{t("planChangesCount", checked.review.changes.length)}</p>}
            {checked.review.changes.length > 0 && <PlanChanges changes={checked.review.changes} />}
          </div>
        )}
        <div className="actions no-print">
          <Button type={isChecked && !wrong ? "default" : "primary"} size="large" loading={busy && !isChecked} onClick={review}>
            {t("planReview")}
          </Button>
          <Button type={isChecked && !wrong ? "primary" : "default"} size="large" disabled={!isChecked || wrong} loading={busy && isChecked} onClick={save}>
            {t("planSave")}
          </Button>
          <Button size="large" type="text" onClick={leave}>
            {t("back")}
          </Button>
          <span className="quiet small" role="status">
            {checked && !isChecked ? t("planReviewAgain") : isChecked ? "" : t("planReviewHint")}
          </span>
        </div>
      </section>
    </>
  );
}

/** Prose in, proposals out: each ticked is bound to an indicator (or stays a task), the others are dropped. */
function ProposedTargets({ org, period, text, take }: { org: string; period: string; text: string; take: (text: string) => void }) {
  const { t, say } = useSpeech();
  const { organizations } = useSettings();
  const { message } = App.useApp();
  const [prose, setProse] = useState("");
  const [drafts, setDrafts] = useState<Draft[] | null>(null);
  const [known, setKnown] = useState<Proposals["indicators"]>([]);
  const [section, setSection] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const sections = useMemo(() => sectionsOf(text), [text]);
  const beneath = useMemo(() => organizations.filter((o) => o.part_of === org), [organizations, org]);
  const into = section || sections[0] || t("planMainTasks");

  const find = async () => {
    setBusy(true);
    setFailure(null);
    try {
      const found = await post<Proposals>("/api/plans/propose", { text: prose });
      setKnown(found.indicators);
      setDrafts(
        found.proposals.map((one) => ({
          title: one.clause,
          indicator: one.candidates[0]?.indicator ?? "",
          relation: one.relation,
          number: one.number,
          owner: "",
          due: one.due ? `${period.slice(0, 4)}-${one.due}` : "",
          split: [],
          clause: one.clause,
          taken: false,
          each: one.each,
          candidates: one.candidates,
        })),
      );
    } catch (error) {
      setFailure(error as ApiError);
    }
    setBusy(false);
  };
  const taken = (drafts ?? []).filter((draft) => draft.taken);
  const write = () => {
    take(
      addEntries(
        text,
        into,
        taken.map((draft) => {
          if (!draft.each || !draft.indicator || !beneath.length) return draft;
          // Each organisation beneath the same; what adds up is asked of the whole.
          const whole = draft.number.endsWith("%") || !/^\d+$/.test(draft.number) ? draft.number : String(Number(draft.number) * beneath.length);
          return { ...draft, number: whole, split: beneath.map((o) => ({ org: o.id, number: draft.number })) };
        }),
      ),
    );
    setDrafts((drafts ?? []).filter((draft) => !draft.taken));
    message.success(t("planAddedNote"));
  };
  const change = (at: number, part: Partial<Draft>) => setDrafts((drafts ?? []).map((draft, i) => (i === at ? { ...draft, ...part } : draft)));
  const optionsOf = (draft: Draft) => {
    const near = new Set(draft.candidates.map((one) => one.indicator));
    const option = (one: { indicator: string; title: { zh: string; en: string } }) => ({ value: one.indicator, label: `${say(one.title)} ${one.indicator}` });
    return [
      { value: "", label: t("planNoIndicator") },
      { label: t("planNearest"), options: draft.candidates.map(option) },
      { label: t("planOthers"), options: known.filter((one) => !near.has(one.indicator)).map(option) },
    ];
  };
  return (
    <section className="card">
      <h2>
        <label htmlFor="plan-prose">{t("planStepProse")}</label>
      </h2>
      <Input.TextArea id="plan-prose" autoSize={{ minRows: 3, maxRows: 12 }} value={prose} placeholder={t("planProseHint")} onChange={(e) => setProse(e.target.value)} />
      <div className="actions flush-top">
        <Button type={drafts === null ? "primary" : "default"} loading={busy} disabled={!prose.trim()} onClick={find}>
          {t("planFind")}
        </Button>
        <span role="status">{drafts && <span className="quiet">{drafts.length ? t("planFound", drafts.length) : t("planFoundNone")}</span>}</span>
      </div>
      {failure && <Alert type="error" showIcon role="alert" className="problems" title={errorText(failure, t, say)} />}
      {drafts && drafts.length > 0 && (
        <>
          <ul className="plain proposals">
            {drafts.map((draft, i) => (
              <li key={`${draft.clause}${i}`} className={`proposal${draft.taken ? " taken" : ""}`}>
                <Checkbox checked={draft.taken} onChange={(e) => change(i, { taken: e.target.checked })}>
                  <strong>{draft.clause}</strong>
                </Checkbox>
                {draft.taken && (
                  <div className="proposal-fields">
                    <div className="proposal-field wide">
                      <span>{t("planIndicator")}</span>
                      <Select aria-label={`${t("planIndicator")} ${draft.clause}`} showSearch={{ optionFilterProp: "label" }} value={draft.indicator} options={optionsOf(draft)} onChange={(value: string) => change(i, { indicator: value })} popupMatchSelectWidth={false} />
                    </div>
                    {draft.indicator && (
                      <>
                        <div className="proposal-field">
                          <span>{t("planRelation")}</span>
                          <Select aria-label={`${t("planRelation")} ${draft.clause}`} value={draft.relation} options={relations.map((value) => ({ value, label: t(`planRelation_${value}`) }))} onChange={(value: PlanRelation) => change(i, { relation: value })} />
                        </div>
                        <div className="proposal-field">
                          <span>{t("planNumber")}</span>
                          <Input aria-label={`${t("planNumber")} ${draft.clause}`} value={draft.number} onChange={(e) => change(i, { number: e.target.value })} />
                        </div>
                      </>
                    )}
                    <div className="proposal-field wide">
                      <span>{t("planEntryTitle")}</span>
                      <Input aria-label={`${t("planEntryTitle")} ${draft.clause}`} value={draft.title} onChange={(e) => change(i, { title: e.target.value })} />
                    </div>
                    <div className="proposal-field">
                      <span>{t("planOwner")}</span>
                      <Input aria-label={`${t("planOwner")} ${draft.clause}`} value={draft.owner} onChange={(e) => change(i, { owner: e.target.value })} />
                    </div>
                    <div className="proposal-field">
                      <span>{t("planDay")}</span>
                      <Input aria-label={`${t("planDay")} ${draft.clause}`} value={draft.due} placeholder={t("planDayHint")} onChange={(e) => change(i, { due: e.target.value })} />
                    </div>
                    {draft.indicator && beneath.length > 0 && draft.relation !== "rank" && (
                      <Checkbox className="wide" checked={draft.each} onChange={(e) => change(i, { each: e.target.checked })}>
                        {t("planEach", draft.number)} ({beneath.length})
                      </Checkbox>
                    )}
                  </div>
                )}
              </li>
            ))}
          </ul>
          <div className="actions">
            <label className="row">
              <span className="quiet small">{t("planInto")}</span>
              <AutoComplete className="plan-into" aria-label={t("planInto")} value={section} placeholder={into} options={sections.map((value) => ({ value }))} onChange={setSection} />
            </label>
            <Button type="primary" disabled={!taken.length} onClick={write}>
              {t("planAdd", taken.length)}
            </Button>
          </div>
        </>
      )}
    </section>
  );
}
