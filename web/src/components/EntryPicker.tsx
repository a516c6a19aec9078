import { Select } from "antd";
import { useEffect, useState } from "react";
import { get, type RegisterEntry, type Resident } from "../api";
import { useSpeech } from "../i18n";

interface Choice {
  value: string;
  label: string;
}

/** Chooses an entry of a register: residents by name or citizen ID, others by name, those of one's own organisation first. */
export function EntryPicker({ id, register, org, value, onChange, disabled, status, autoFocus, shown }: { id: string; register: string; org: string; value: string; onChange: (record: string) => void; disabled?: boolean; status?: "error" | "warning"; autoFocus?: boolean; shown?: string }) {
  const { t } = useSpeech();
  const [wanted, setWanted] = useState("");
  const [choices, setChoices] = useState<Choice[]>([]);
  const [busy, setBusy] = useState(false);
  const people = register === "resident";
  useEffect(() => {
    const q = wanted.trim();
    if (people && !q) return;
    let current = true;
    const wait = setTimeout(async () => {
      setBusy(true);
      try {
        const found = people
          ? (await get<Resident[]>("/api/residents", { q })).map((r) => ({ value: `Patient/${r.id}`, label: [r.name, r.birth_date, r.citizen_id, r.org_name].filter(Boolean).join(" · ") }))
          : (await get<RegisterEntry[]>(`/api/registers/${register}/entries`, { q, org })).map((e) => ({ value: e.record, label: [e.name, e.org_name].filter(Boolean).join(" · ") }));
        if (current) setChoices(found);
      } catch {
        if (current) setChoices([]);
      }
      if (current) setBusy(false);
    }, 250);
    return () => {
      current = false;
      clearTimeout(wait);
    };
  }, [wanted, people, register, org]);
  // What is chosen already is looked up once, to be shown by its name.
  useEffect(() => {
    if (!value || people || choices.some((choice) => choice.value === value)) return;
    get<RegisterEntry[]>(`/api/registers/${register}/entries`, { q: value }).then(
      (found) => setChoices((old) => [...old, ...found.map((e) => ({ value: e.record, label: e.name }))]),
      () => undefined,
    );
    // eslint-disable-next-line
  }, [value, register]);
  const known = choices.some((choice) => choice.value === value) || !value ? choices : [{ value, label: shown || value }, ...choices];
  return (
    <Select
      id={id}
      className="picker"
      showSearch={{ filterOption: false, onSearch: setWanted }}
      allowClear
      autoFocus={autoFocus}
      disabled={disabled}
      status={status}
      loading={busy}
      value={value || undefined}
      options={known}
      placeholder={people ? t("searchResident") : t("searchEntry")}
      notFoundContent={people && !wanted.trim() ? t("askResident") : busy ? t("loading") : t("nothingFound")}
      onChange={(next?: string) => onChange(next ?? "")}
    />
  );
}
