import { Select, Table } from "antd";
import { useMemo } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import type { ReturnList, ReturnRow, ReturnState } from "../api";
import { Loaded } from "../components/States";
import { StateTag } from "../components/StateTag";
import { TableExport } from "../components/TableExport";
import type { FormHead } from "../form";
import { useSpeech } from "../i18n";
import { useSettings } from "../settings";
import { useData } from "../useData";

const states: (ReturnState | "overdue")[] = ["overdue", "returned", "due", "draft", "submitted", "accepted", "locked"];
export const returnPath = (row: { form: string; org: string; period: string }) => `/returns/${row.form}/${row.org}/${row.period}`;

/** The periods of a form's cycle within the year that the period at the top begins in, the latest first. */
export function periodsOf(cycle: FormHead["cycle"], period: string): string[] {
  const year = period.slice(0, 4);
  if (/^\d{4}-\d{2}$/.test(period) && cycle === "month") return [period];
  const count = { month: 12, quarter: 4, half: 2, year: 1, "": 0 }[cycle];
  const all = Array.from({ length: count }, (_, i) => (cycle === "month" ? `${year}-${String(i + 1).padStart(2, "0")}` : cycle === "quarter" ? `${year}Q${i + 1}` : cycle === "half" ? `${year}H${i + 1}` : year));
  return all.reverse();
}

/** A return that is not in the list, because nobody filed it yet: which, and for which period. */
function Begin() {
  const { t, say } = useSpeech();
  const { org, period } = useSettings();
  const navigate = useNavigate();
  const forms = useData<FormHead[]>("/api/forms");
  const options = (forms.data ?? [])
    .filter((form) => form.cycle)
    .map((form) => ({ label: say(form.title), options: periodsOf(form.cycle, period).map((one) => ({ value: `${form.id} ${one}`, label: `${one} ${say(form.title)}` })) }));
  return (
    <Select
      className="begin"
      aria-label={t("beginReturn")}
      placeholder={t("beginReturn")}
      value={undefined as string | undefined}
      showSearch={{ optionFilterProp: "label" }}
      popupMatchSelectWidth={false}
      options={options}
      onChange={(value?: string) => {
        const [form, one] = (value ?? "").split(" ");
        if (form && one) navigate(returnPath({ form, org, period: one }));
      }}
    />
  );
}

/** What the organisations owe for the period, by cycle and organisation, and how far each return is. */
export default function ReturnsPage() {
  const { t, say } = useSpeech();
  const { org, period, organizations } = useSettings();
  const [parameters, setParameters] = useSearchParams();
  const state = parameters.get("state") ?? "";
  const form = parameters.get("form") ?? "";
  const list = useData<ReturnList>(org ? "/api/returns" : null, { org, period });
  const choose = (name: string, value: string) => {
    const next = new URLSearchParams(parameters);
    if (value) next.set(name, value);
    else next.delete(name);
    setParameters(next);
  };
  const of = (row: ReturnRow, wanted: string) => (wanted === "overdue" ? row.overdue : row.state === wanted);
  const ofForm = useMemo(() => (list.data?.returns ?? []).filter((row) => !form || row.form === form), [list.data, form]);
  const rows = ofForm.filter((row) => !state || of(row, state));
  const forms = [...new Map((list.data?.returns ?? []).map((row) => [row.form, say(row.title)]))];
  return (
    <>
      <h1>{t("returns")}</h1>
      <p className="lead">
        {organizations.find((o) => o.id === org)?.name} · {period}
      </p>
      <div className="toolbar">
        <Begin />
        <Link to="/import">{t("importExcel")}</Link>
      </div>
      <Loaded from={list} isEmpty={(data) => data.returns.length === 0} empty={t("emptyReturns")}>
        {() => (
          <>
            <div className="tiles" role="group" aria-label={t("state")}>
              {states.map((one) => {
                const count = ofForm.filter((row) => of(row, one)).length;
                return (
                  <button key={one} type="button" className={`tile ${one}${state === one ? " chosen" : ""}`} aria-pressed={state === one} disabled={count === 0 && state !== one} onClick={() => choose("state", state === one ? "" : one)}>
                    <strong>{count}</strong>
                    <span>{one === "overdue" ? t("overdue") : t(`state_${one}`)}</span>
                  </button>
                );
              })}
            </div>
            <div className="toolbar">
              <Select className="grow" aria-label={t("form")} allowClear placeholder={t("allForms")} value={form || undefined} onChange={(value?: string) => choose("form", value ?? "")} options={forms.map(([value, label]) => ({ value, label }))} />
              <TableExport
                title={`${t("returns")} ${period}`}
                columns={[t("form"), t("organization"), t("period"), t("state"), t("dueOn"), t("overdue"), t("changedAt"), t("reason")]}
                rows={() => rows.map((row) => [say(row.title), row.org_name || row.org, row.period, t(`state_${row.state}`), row.due_on, row.overdue ? t("yes") : "", row.recorded_at.slice(0, 16).replace("T", " "), row.reason])}
              />
            </div>
            <Table<ReturnRow>
              size="middle"
              rowKey="id"
              dataSource={rows}
              locale={{ emptyText: t("emptyFilter") }}
              pagination={{ pageSize: 50, showSizeChanger: false, hideOnSinglePage: true }}
              scroll={{ x: "max-content" }}
              columns={[
                {
                  title: t("form"),
                  key: "form",
                  render: (_, row) => (
                    <>
                      <Link to={returnPath(row)}>{say(row.title)}</Link>
                      <div className="phone-only small quiet">
                        {row.org_name} · {row.period}
                      </div>
                    </>
                  ),
                },
                { title: t("organization"), key: "org", className: "wide-only", render: (_, row) => row.org_name || row.org },
                { title: t("period"), dataIndex: "period", className: "wide-only" },
                { title: t("state"), key: "state", render: (_, row) => <StateTag state={row.state} overdue={row.overdue} /> },
                { title: t("dueOn"), dataIndex: "due_on", className: "wide-only", render: (day: string) => day || "—" },
              ]}
            />
          </>
        )}
      </Loaded>
    </>
  );
}
