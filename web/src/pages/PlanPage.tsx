import { PrinterOutlined } from "@ant-design/icons";
import { App, Button, Collapse, Empty, Input, Select } from "antd";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { type ApiError, get, type Plan, type PlanEntry, type PlanState, type PlanWhole, post } from "../api";
import { useClerk } from "../clerk";
import { PlanChanges } from "../components/PlanChanges";
import { PlanEntryItem, planValue, usePlanWords } from "../components/PlanEntries";
import { PlanIssues } from "../components/PlanIssues";
import { PlanParts } from "../components/PlanParts";
import { PlanTiles } from "../components/PlanTiles";
import { errorText, Loaded } from "../components/States";
import { TableExport } from "../components/TableExport";
import { useSpeech } from "../i18n";
import { confirmMilestone, markDone } from "../plan";
import { useSettings } from "../settings";
import { useData } from "../useData";

const localDay = () => new Date().toLocaleDateString("sv-SE");

/** The whole year's plan: sections, tasks and targets with how each stands, by organisation, and what was revised. */
export default function PlanPage() {
  const { t } = useSpeech();
  const { org, period, organizations } = useSettings();
  const [parameters] = useSearchParams();
  const today = parameters.get("today") ?? "";
  const plans = useData<Plan[]>(org ? "/api/plans" : null, { org, period, today });
  const name = organizations.find((o) => o.id === org)?.name ?? org;
  return (
    <>
      <h1>{t("plan")}</h1>
      <p className="lead">
        {name} · {period}
      </p>
      <Loaded from={plans}>
        {(list) =>
          list.length === 0 ? (
            <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("planEmpty", name, period)}>
              <Link to="/plan/revise">
                <Button type="primary">{t("planBegin")}</Button>
              </Link>
            </Empty>
          ) : (
            list.map((plan) => <WholePlan key={plan.id} plan={plan} isNow={!today} reload={plans.reload} />)
          )
        }
      </Loaded>
    </>
  );
}

function WholePlan({ plan, isNow, reload }: { plan: Plan; isNow: boolean; reload: () => void }) {
  const { t, say } = useSpeech();
  const { message } = App.useApp();
  const { named, asked } = usePlanWords();
  const [by] = useClerk();
  const [parameters, setParameters] = useSearchParams();
  const [busy, setBusy] = useState(false);
  const [opened, setOpened] = useState(false);
  const state = (parameters.get("state") ?? "") as PlanState | "";
  const owner = parameters.get("owner") ?? "";
  const org = parameters.get("org") ?? "";
  const choose = (key: string, value: string) => {
    const next = new URLSearchParams(parameters);
    if (value) next.set(key, value);
    else next.delete(key);
    setParameters(next, { replace: true });
  };
  const matches = (entry: PlanEntry) =>
    (!owner || entry.owner === owner) && (org ? entry.parts.some((part) => part.org === org && (!state || part.state === state)) : !state || entry.state === state);
  const shown = plan.entries.filter(matches);
  const sections = [...new Set(plan.entries.map((entry) => entry.section))];
  const owners = [...new Set(plan.entries.map((entry) => entry.owner).filter(Boolean))];
  const orgs = [...new Set(plan.entries.flatMap((entry) => entry.parts.map((part) => part.org)))];

  // A mark is one line more in the plan's text, kept as its next version: nobody's other change is lost.
  const mark = async (change: (text: string) => string | null) => {
    setBusy(true);
    try {
      const whole = await get<PlanWhole>(`/api/plans/${plan.id}`);
      const text = change(whole.text);
      if (text === null) {
        message.error(t("changedMeanwhile"));
      } else {
        await post("/api/plans", { text, version: whole.version, by: by.trim() });
        message.success(t("planKept"));
      }
      reload();
    } catch (error) {
      const refused = error as ApiError;
      message.error(refused.status === 412 ? t("changedMeanwhile") : errorText(refused, t, say));
    }
    setBusy(false);
  };
  const actionsOf = (entry: PlanEntry) =>
    isNow ? { busy, confirm: (milestone: PlanEntry["milestones"][number]) => void mark((text) => confirmMilestone(text, milestone.line, milestone.text)), done: () => void mark((text) => markDone(text, entry.line, entry.title, localDay())) } : undefined;

  const rows = () =>
    plan.entries.flatMap((entry) =>
      [entry, ...entry.parts].map((one) => [
        t(`plan_${one.state}`),
        entry.section,
        entry.title,
        named(one.org),
        entry.owner,
        entry.due,
        one.value === null ? "" : planValue(one.value, entry).replace(/,/g, ""),
        one === entry ? asked(entry) : one.wanted === null ? "" : planValue(one.wanted, entry).replace(/,/g, ""),
        one.expected === null ? "" : planValue(one.expected, entry).replace(/,/g, ""),
        say(one.reason),
        one.address ?? "",
      ]),
    );
  return (
    <article className="plan">
      <section className="card">
        <div className="toolbar">
          <h2 className="grow flush">{plan.title}</h2>
          <span className="row no-print">
            <Link to={`/plan/revise?plan=${plan.id}`}>
              <Button type="primary">{t("planRevise")}</Button>
            </Link>
            <TableExport
              title={plan.title}
              columns={[t("state"), t("planSection"), t("planEntry"), t("organization"), t("planOwner"), t("planDay"), t("value"), t("planWanted"), t("planExpected", "").trim(), t("reason"), t("address")]}
              rows={rows}
            />
            <Button icon={<PrinterOutlined />} onClick={() => window.print()}>
              {t("print")}
            </Button>
          </span>
        </div>
        <p className="quiet small flush">
          {plan.source && <>{t("planFrom", plan.source)} · </>}
          {plan.program ? t("planOfProgram", plan.program) : t("planVersion", plan.version)} · {t("planCounts", plan.counts.done, plan.entries.length)}
        </p>
        {plan.revisions.map((revision, i) => (
          <p key={i} className="quiet small flush">
            {revision.day} {revision.text}
          </p>
        ))}
        <PlanIssues issues={plan.issues} title={plan.issues.some((issue) => issue.severity === "error") ? t("planBroken") : undefined} />
        <PlanTiles plan={plan} chosen={state} choose={(next) => choose("state", next)} />
        <div className="toolbar no-print plan-filters">
          {owners.length > 1 && <Select aria-label={t("planOwner")} allowClear placeholder={t("planAllOwners")} value={owner || undefined} onChange={(value?: string) => choose("owner", value ?? "")} options={owners.map((value) => ({ value, label: value }))} />}
          {orgs.length > 0 && <Select aria-label={t("organization")} allowClear showSearch={{ optionFilterProp: "label" }} placeholder={t("planAllOrganizations")} value={org || undefined} onChange={(value?: string) => choose("org", value ?? "")} options={orgs.map((value) => ({ value, label: named(value) }))} />}
          <label className="row">
            <span className="quiet small">{t("planJudgedOn")}</span>
            <Input type="date" className="short" value={plan.today} onChange={(e) => choose("today", e.target.value === localDay() ? "" : e.target.value)} />
          </label>
        </div>
      </section>
      {orgs.length > 0 && !org && !state && !owner && (
        <section className="card">
          <PlanParts plan={plan} linkTo={(one) => `/plan?${new URLSearchParams({ ...Object.fromEntries(parameters), org: one })}`} />
        </section>
      )}
      {shown.length === 0 && plan.entries.length > 0 && <p className="quiet">{t("emptyFilter")}</p>}
      {sections.map((section) => {
        const own = shown.filter((entry) => entry.section === section);
        if (!own.length) return null;
        return (
          <section className="card plan-section" key={section}>
            {section && <h2>{section}</h2>}
            <ul className="plain">
              {own.map((entry) => (
                <PlanEntryItem key={entry.line} entry={entry} onlyOrg={org} today={plan.today} actions={actionsOf(entry)} />
              ))}
            </ul>
          </section>
        );
      })}
      <Collapse
        className="no-print"
        onChange={(keys) => setOpened(opened || keys.length > 0)}
        items={[{ key: "versions", label: t("planVersions"), children: opened ? <Versions key={plan.version} plan={plan} /> : null }]}
      />
    </article>
  );
}

/** What each version of the plan changed, newest first. */
function Versions({ plan }: { plan: Plan }) {
  const { t } = useSpeech();
  const whole = useData<PlanWhole>(`/api/plans/${plan.id}`);
  return (
    <Loaded from={whole} isEmpty={(data) => data.versions.length === 0} empty={t("planNoVersions")}>
      {(data) =>
        data.versions.map((version, i) => (
          <section key={version.version} className="plan-version">
            <h3>
              {t("planVersion", version.version)} <span className="quiet small">{version.recorded_at.slice(0, 16).replace("T", " ")} {version.by}</span>
            </h3>
            {version.changes.length > 0 ? <PlanChanges changes={version.changes} /> : <p className="quiet">{i === data.versions.length - 1 ? t("planFirstVersion") : t("planStatusOnly")}</p>}
          </section>
        ))
      }
    </Loaded>
  );
}
