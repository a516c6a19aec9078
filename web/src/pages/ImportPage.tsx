import { Alert, Button, Select, Table } from "antd";
import { useEffect, useMemo, useRef, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { ApiError, type ImportLook, type ImportReport, post, type RegisterHead, type SheetLook } from "../api";
import { errorText } from "../components/States";
import { TableExport } from "../components/TableExport";
import type { FormDefinition, FormHead } from "../form";
import { useSpeech } from "../i18n";
import { useSettings } from "../settings";
import { useData } from "../useData";

interface Choice {
  value: string;
  label: string;
}

/** A spreadsheet into a form, a return or a register: columns mapped by hand, tried, then written whole or not at all. */
export default function ImportPage() {
  const { t, say } = useSpeech();
  const { org, period, organizations } = useSettings();
  const [parameters, setParameters] = useSearchParams();
  const target = parameters.get("target") ?? "";
  const forms = useData<FormHead[]>("/api/forms");
  const registers = useData<RegisterHead[]>("/api/registers");
  const form = forms.data?.find((one) => one.id === target);
  const kept = registers.data?.find((one) => one.id === target);
  const definition = useData<FormDefinition>(form ? `/api/forms/${target}` : kept ? `/api/registers/${target}` : null);

  const [file, setFile] = useState<File | null>(null);
  const [look, setLook] = useState<ImportLook | null>(null);
  const [sheetNumber, setSheetNumber] = useState(0);
  const [columns, setColumns] = useState<Record<number, string>>({});
  const [report, setReport] = useState<ImportReport | null>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [written, setWritten] = useState<ImportReport | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  const sheet: SheetLook | undefined = look?.sheets[sheetNumber];

  const clear = () => {
    setReport(null);
    setFailure(null);
    setWritten(null);
  };
  const guesses = (one: SheetLook | undefined) => Object.fromEntries((one?.columns ?? []).filter((c) => c.guess).map((c) => [c.index, c.guess]));

  useEffect(() => {
    if (!file || !target) return;
    clear();
    setLook(null);
    setBusy(true);
    post<ImportLook>("/api/imports/look", file, { target })
      .then(
        (seen) => {
          const first = Math.max(0, seen.sheets.findIndex((one) => one.columns.some((c) => c.guess)));
          setLook(seen);
          setSheetNumber(first);
          setColumns(guesses(seen.sheets[first]));
        },
        (error: ApiError) => setFailure(error),
      )
      .finally(() => setBusy(false));
  }, [file, target]);

  const options = useMemo<Choice[]>(() => {
    const special: Choice[] = [];
    if (form) special.push({ value: "@subject", label: t("columnSubject") });
    special.push({ value: "@org", label: t("columnOrg") });
    if (form?.cycle) special.push({ value: "@period", label: t("period") });
    if (form && !form.cycle) special.push({ value: "@authored", label: t("columnAuthored") });
    return [...(definition.data?.items ?? []).filter((item) => !item.items).map((item) => ({ value: item.id, label: say(item.title) + (item.required ? " *" : "") })), ...special];
  }, [definition.data, form, say, t]);

  const run = async (step: "check" | "write") => {
    if (!file || !sheet) return;
    setBusy(true);
    setFailure(null);
    try {
      const done = await post<ImportReport>(`/api/imports/${step}`, file, {
        target,
        sheet: sheetNumber,
        header_row: sheet.header_row,
        columns: Object.entries(columns)
          .filter(([, item]) => item)
          .map(([column, item]) => `${column}:${item}`)
          .join(","),
        org,
        period: form?.cycle ? period : undefined,
      });
      if (step === "write") setWritten(done);
      setReport(done);
    } catch (error) {
      setFailure(error as ApiError);
    }
    setBusy(false);
  };
  const mapped = Object.values(columns).filter(Boolean);

  return (
    <>
      <h1>{t("importExcel")}</h1>
      <p className="lead">{t("importIntro")}</p>
      <section className="card">
        <div className="field">
          <label htmlFor="import-target">{t("importTarget")}</label>
          <Select
            id="import-target"
            showSearch={{ optionFilterProp: "label" }}
            value={target || undefined}
            placeholder={t("importTargetHint")}
            onChange={(value: string) => setParameters({ target: value })}
            options={[
              { label: t("returns"), options: (forms.data ?? []).filter((one) => one.cycle).map((one) => ({ value: one.id, label: say(one.title) })) },
              { label: t("form"), options: (forms.data ?? []).filter((one) => !one.cycle).map((one) => ({ value: one.id, label: say(one.title) })) },
              { label: t("registers"), options: (registers.data ?? []).map((one) => ({ value: one.id, label: say(one.title) })) },
            ]}
          />
        </div>
        {target && (
          <div className="field">
            <label htmlFor="import-file">{t("importFile")}</label>
            <div className="row">
              <input
                id="import-file"
                ref={picker}
                type="file"
                accept=".xlsx"
                onChange={(e) => setFile(e.target.files?.[0] ?? null)}
                onClick={(e) => {
                  e.currentTarget.value = ""; // the same file, mended, may be chosen again
                }}
              />
              {definition.data && <TableExport label={t("emptySheet")} title={say(definition.data.title)} columns={[...(form && form.about_type !== "Organization" ? [t("citizenId")] : []), t("organization"), ...(form?.cycle ? [t("period")] : []), ...definition.data.items.filter((item) => !item.items && item.type !== "citizen_id").map((item) => say(item.title))]} rows={() => []} />}
            </div>
          </div>
        )}
        {target && (
          <div className="field">
            <span>{t("importRest")}</span>
            <div>
              {organizations.find((o) => o.id === org)?.name} {form?.cycle && `· ${period}`}
              <div className="quiet small">{t("importRestHint")}</div>
            </div>
          </div>
        )}
      </section>
      {failure && <Alert type="error" showIcon role="alert" className="problems" title={failure.status === 409 ? t("importedBefore") : errorText(failure, t, say)} description={failure.status === 409 ? errorText(failure, t, say) : undefined} />}
      {!target && <p className="quiet">{t("importFirst")}</p>}
      {busy && !look && (
        <p role="status" className="quiet">
          {t("importReading")}
        </p>
      )}
      {look && sheet && (
        <section className="card">
          <h2>{t("importColumns")}</h2>
          <div className="toolbar">
            {look.sheets.length > 1 && (
              <Select
                aria-label={t("sheet")}
                value={sheetNumber}
                options={look.sheets.map((one, i) => ({ value: i, label: `${one.name} (${one.rows})` }))}
                onChange={(number: number) => {
                  setSheetNumber(number);
                  setColumns(guesses(look.sheets[number]));
                  clear();
                }}
              />
            )}
            <span className="quiet">{t("importSeen", sheet.name, sheet.rows, sheet.header_row + 1)}</span>
          </div>
          {sheet.imported && <Alert type="warning" showIcon className="problems" title={t("importedBefore")} description={sheet.imported} />}
          <Table
            size="small"
            rowKey="index"
            pagination={false}
            dataSource={sheet.columns}
            scroll={{ x: "max-content" }}
            columns={[
              { title: t("column"), dataIndex: "letter", width: 60 },
              { title: t("titleInFile"), dataIndex: "title" },
              { title: t("samples"), key: "samples", className: "quiet wide-only", render: (_, column) => column.samples.join(" · ").slice(0, 60) },
              {
                title: t("means"),
                key: "means",
                render: (_, column) => (
                  <Select
                    aria-label={`${column.letter} ${column.title}`}
                    className="means"
                    allowClear
                    showSearch={{ optionFilterProp: "label" }}
                    placeholder={t("leaveOut")}
                    value={columns[column.index] || undefined}
                    options={options.map((option) => ({ ...option, disabled: mapped.includes(option.value) && columns[column.index] !== option.value }))}
                    onChange={(value?: string) => {
                      setColumns({ ...columns, [column.index]: value ?? "" });
                      clear();
                    }}
                  />
                ),
              },
            ]}
          />
          <div className="actions">
            <Button size="large" type={report ? "default" : "primary"} loading={busy} disabled={mapped.length === 0} onClick={() => run("check")}>
              {t("tryOut")}
            </Button>
            <span className="quiet small">{t("tryOutHint")}</span>
          </div>
        </section>
      )}
      {report && !written && (
        <section className="card" aria-live="polite">
          <h2>{t("tryOutResult")}</h2>
          <p>{report.bad_rows ? t("importBad", report.rows, report.bad_rows) : t("importGood", report.rows)}</p>
          {report.problems.length > 0 && (
            <>
              <div className="toolbar">
                <TableExport title={t("tryOutResult")} columns={[t("row"), t("column"), t("problem")]} rows={() => report.problems.map((p) => [p.row || "", p.column, say(p.text)])} />
              </div>
              <Table
                size="small"
                rowKey={(p) => `${p.row}${p.column}${p.text.en}`}
                dataSource={report.problems}
                pagination={{ pageSize: 20, showSizeChanger: false, hideOnSinglePage: true }}
                scroll={{ x: "max-content" }}
                columns={[
                  { title: t("row"), key: "row", width: 70, render: (_, p) => p.row || "—" },
                  { title: t("column"), dataIndex: "column", width: 60 },
                  { title: t("problem"), key: "text", className: "wrap", render: (_, p) => <span className={p.severity === "error" ? "said error" : "said warning"}>{say(p.text)}</span> },
                ]}
              />
              {report.problem_count > report.problems.length && <p className="quiet small">{t("moreProblems", report.problem_count)}</p>}
            </>
          )}
          {report.bad_rows === 0 && report.rows > 0 && (
            <div className="actions">
              <Button type="primary" size="large" loading={busy} onClick={() => run("write")}>
                {t("importNow", report.rows)}
              </Button>
              <span className="quiet small">{t("importNowHint")}</span>
            </div>
          )}
        </section>
      )}
      {written && (
        <Alert
          type="success"
          showIcon
          role="status"
          title={t("importDone", written.rows, written.commit)}
          action={
            form?.cycle ? (
              <Link to="/returns">
                <Button>{t("returns")}</Button>
              </Link>
            ) : undefined
          }
        />
      )}
    </>
  );
}
