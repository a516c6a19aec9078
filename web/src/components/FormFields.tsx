import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Input, Radio, Select } from "antd";
import type { Issue } from "../api";
import { type Answers, comesTo, type FormDefinition, type FormItem, problemOf, type Total, totalsOf, type Value } from "../form";
import { compare, isDecimal } from "../decimal";
import { useSpeech } from "../i18n";
import { grouped } from "../number";
import { EntryPicker } from "./EntryPicker";

interface Shared {
  issues: Map<string, Issue[]>;
  disabled: boolean;
  org: string;
}

/** A field's label, its input by the item's type, and beneath it what is wrong. */
function Field({ item, place, value, onChange, shared, total, answers }: { item: FormItem; place: string; value: Value | undefined; onChange: (value: Value) => void; shared: Shared; total?: Total; answers: Answers }) {
  const { t, say, language } = useSpeech();
  const id = `field-${place}`;
  const text = typeof value === "string" ? value : "";
  const own = typeof value === "string" ? problemOf(item, value.trim()) : null;
  const said = shared.issues.get(place) ?? [];
  const wrong = own !== null || said.some((issue) => issue.severity === "error");
  const due = total ? comesTo(total, answers) : null;
  const status = wrong ? ("error" as const) : said.length ? ("warning" as const) : undefined;
  const common = { id, disabled: shared.disabled, status, "aria-invalid": wrong, "aria-describedby": `${id}-said`, "aria-required": item.required };
  const pick = (next: Value | undefined) => onChange(next ?? "");
  const options = item.options?.map((option) => ({ value: option.code, label: say(option.title) })) ?? [];

  const input = () => {
    if (item.type === "choice" && item.repeats)
      return <Select {...common} mode="multiple" value={Array.isArray(value) ? (value as string[]) : []} options={options} onChange={pick} showSearch={{ optionFilterProp: "label" }} />;
    if (item.type === "choice" && options.length <= 4)
      return (
        <Radio.Group id={id} disabled={shared.disabled} value={text} onChange={(e) => pick(e.target.value as string)} aria-labelledby={`${id}-label`}>
          {options.map((option) => (
            <Radio key={option.value} value={option.value}>
              {option.label}
            </Radio>
          ))}
        </Radio.Group>
      );
    if (item.type === "choice")
      return <Select {...common} allowClear value={text || undefined} options={options} onChange={pick} showSearch={{ optionFilterProp: "label" }} />;
    if (item.type === "boolean")
      return (
        <Radio.Group id={id} disabled={shared.disabled} value={text} onChange={(e) => pick(e.target.value as string)} aria-labelledby={`${id}-label`}>
          <Radio value="true">{t("yes")}</Radio>
          <Radio value="false">{t("no")}</Radio>
        </Radio.Group>
      );
    if (item.type === "reference") return <EntryPicker id={id} register={item.to ?? ""} org={shared.org} value={text} onChange={pick} disabled={shared.disabled} status={status} />;
    if (item.repeats) return <Select {...common} mode="tags" open={false} value={Array.isArray(value) ? (value as string[]) : []} onChange={pick} placeholder={t("severalHint")} />;
    if (item.type === "text") return <Input.TextArea {...common} value={text} autoSize={{ minRows: 2, maxRows: 8 }} onChange={(e) => pick(e.target.value)} />;
    if (item.type === "date") return <Input {...common} type="date" className="short" value={text} onChange={(e) => pick(e.target.value)} min={item.low} max={item.high} />;
    if (item.type === "datetime")
      return <Input {...common} type="datetime-local" className="short" value={text.slice(0, 16)} onChange={(e) => pick(e.target.value ? `${e.target.value}:00+08:00` : "")} />;
    const number = item.type === "integer" || item.type === "decimal" || item.type === "money";
    return (
      <Input
        {...common}
        className={number || item.type === "citizen_id" ? "short" : undefined}
        inputMode={item.type === "integer" ? "numeric" : number ? "decimal" : undefined}
        value={text}
        suffix={item.type === "money" ? t("yuan") : unitWord(item.unit, language)}
        onChange={(e) => pick(item.type === "citizen_id" ? e.target.value.toUpperCase() : e.target.value)}
        onBlur={() => text !== text.trim() && pick(text.trim())}
      />
    );
  };

  const large = item.type === "money" && isDecimal(text) && text.replace(/^-|\..*$/g, "").length > 4;
  return (
    <div className={`field${wrong ? " wrong" : ""}`} data-item={place}>
      <label id={`${id}-label`} htmlFor={id}>
        {say(item.title)}
        {item.required && (
          <span className="must" title={t("required")}>
            *
          </span>
        )}
      </label>
      <div>
        {input()}
        {large && <span className="hint">{grouped(text)}</span>}
        {total && due !== null && !shared.disabled && (text === "" || !isDecimal(text) || compare(due, text) !== 0) && (
          <span className="hint total">
            {t("comesTo", grouped(due))}{" "}
            <Button size="small" onClick={() => pick(due)}>
              {t("fillIn")}
            </Button>
          </span>
        )}
        <div id={`${id}-said`} className="said" aria-live="polite">
          {own && <div className="error">{say(own)}</div>}
          {!own &&
            said.map((issue, i) => (
              <div key={i} className={issue.severity === "error" ? "error" : "warning"}>
                {say(issue.text)}
              </div>
            ))}
        </div>
      </div>
    </div>
  );
}

/** UCUM codes in words where a clerk would stumble over the code. */
const unitsInChinese: Record<string, string> = { d: "天", wk: "周", mo: "月", a: "岁", h: "小时", min: "分钟", "/min": "次/分", "{bed}": "张", "{person}": "人" };
function unitWord(unit: string | undefined, language: string): string | undefined {
  if (!unit) return undefined;
  if (language === "zh" && unitsInChinese[unit]) return unitsInChinese[unit];
  return unit.replace(/^\{(.*)\}$/, "$1").replace("mm[Hg]", "mmHg");
}

function Items({ items, answers, prefix, onChange, shared, totals }: { items: FormItem[]; answers: Answers; prefix: string; onChange: (answers: Answers) => void; shared: Shared; totals: Total[] }) {
  const { t, say } = useSpeech();
  const set = (id: string, value: Value) => onChange({ ...answers, [id]: value });
  return (
    <>
      {items.map((item) => {
        if (!item.items)
          return (
            <Field key={item.id} item={item} place={prefix + item.id} value={answers[item.id]} onChange={(value) => set(item.id, value)} shared={shared} answers={answers} total={totals.find((total) => total.item === item.id)} />
          );
        const parts = (answers[item.id] as Answers[] | undefined) ?? [];
        return (
          <fieldset key={item.id} className="parts" data-item={prefix + item.id}>
            <legend>{say(item.title)}</legend>
            {(shared.issues.get(prefix + item.id) ?? []).map((issue, i) => (
              <div key={i} className="said error">
                {say(issue.text)}
              </div>
            ))}
            {parts.map((part, i) => (
              <div className="part" key={i}>
                <div className="part-head">
                  <span className="quiet">{i + 1}</span>
                  {!shared.disabled && <Button size="small" type="text" icon={<DeleteOutlined />} aria-label={t("takeOut", i + 1)} onClick={() => set(item.id, parts.filter((_, at) => at !== i))} />}
                </div>
                <Items items={item.items!} answers={part} prefix={`${prefix}${item.id}[${i}].`} shared={shared} totals={[]} onChange={(next) => set(item.id, parts.map((old, at) => (at === i ? next : old)))} />
              </div>
            ))}
            {!shared.disabled && (
              <Button icon={<PlusOutlined />} onClick={() => set(item.id, [...parts, {}])}>
                {t("addPart", say(item.title))}
              </Button>
            )}
          </fieldset>
        );
      })}
    </>
  );
}

/** Every item of a form, in the form's order. */
export function FormFields({ form, answers, onChange, ...shared }: { form: FormDefinition; answers: Answers; onChange: (answers: Answers) => void } & Shared) {
  return (
    <div className="form-fields">
      <Items items={form.items} answers={answers} prefix="" onChange={onChange} shared={shared} totals={totalsOf(form)} />
    </div>
  );
}
