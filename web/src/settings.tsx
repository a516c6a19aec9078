import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import type { Organization } from "./api";

/** Which organisation and period the pages speak of; remembered on this device. */
interface Settings {
  org: string;
  period: string;
  organizations: Organization[];
  setOrg: (org: string) => void;
  setPeriod: (period: string) => void;
}

const SettingsContext = createContext<Settings | null>(null);

const day = "\\d{4}-\\d{2}-\\d{2}";
const grammar = new RegExp(`^(\\d{4}|\\d{4}H[12]|\\d{4}Q[1-4]|\\d{4}-(0[1-9]|1[0-2])|${day}\\.\\.${day})$`);

/** 2023, 2023H1, 2023Q1, 2023-05 or DATE..DATE */
export function isPeriod(text: string): boolean {
  return grammar.test(text);
}

export function SettingsProvider({ organizations, children, defaultPeriod }: { organizations: Organization[]; children: ReactNode; defaultPeriod: string }) {
  const known = (id: string | null) => !!id && organizations.some((o) => o.id === id);
  const [org, setOrg] = useState(() => {
    const kept = localStorage.getItem("xinglin.org");
    // To begin with, the whole: the organisation that is beneath none and has the others beneath it.
    const top = organizations.find((o) => !known(o.part_of) && organizations.some((child) => child.part_of === o.id));
    return known(kept) ? kept! : ((top ?? organizations[0])?.id ?? "");
  });
  const [period, setPeriod] = useState(() => {
    const kept = localStorage.getItem("xinglin.period");
    return kept && isPeriod(kept) ? kept : defaultPeriod;
  });
  const settings = useMemo<Settings>(
    () => ({
      org,
      period,
      organizations,
      setOrg: (next) => {
        localStorage.setItem("xinglin.org", next);
        setOrg(next);
      },
      setPeriod: (next) => {
        localStorage.setItem("xinglin.period", next);
        setPeriod(next);
      },
    }),
    [org, period, organizations],
  );
  return <SettingsContext value={settings}>{children}</SettingsContext>;
}

export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (!settings) throw new Error("useSettings outside SettingsProvider");
  return settings;
}
