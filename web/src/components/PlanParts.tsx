import { Table } from "antd";
import { Link } from "react-router";
import type { Plan, PlanState } from "../api";
import { useSpeech } from "../i18n";
import { planStates, usePlanWords } from "./PlanEntries";

type Row = { org: string; counts: Record<PlanState, number> };

/** How the organisations stand that the plan is broken down to, those most behind first. */
export function planByOrganization(plan: Plan): Row[] {
  const rows = new Map<string, Row>();
  for (const entry of plan.entries)
    for (const part of entry.parts) {
      const row = rows.get(part.org) ?? { org: part.org, counts: { done: 0, on_course: 0, late: 0, missed: 0, no_figure: 0 } };
      row.counts[part.state] += 1;
      rows.set(part.org, row);
    }
  return [...rows.values()].sort((a, b) => b.counts.missed - a.counts.missed || b.counts.late - a.counts.late);
}

/** The plan by township: a row leads to what that one has of it. */
export function PlanParts({ plan, linkTo }: { plan: Plan; linkTo: (org: string) => string }) {
  const { t } = useSpeech();
  const { named } = usePlanWords();
  const rows = planByOrganization(plan);
  if (!rows.length) return null;
  return (
    <Table<Row>
      size="small"
      rowKey="org"
      className="plan-orgs"
      dataSource={rows}
      scroll={{ x: "max-content" }}
      pagination={rows.length > 20 ? { pageSize: 20, showSizeChanger: false } : false}
      columns={[
        { title: t("planByOrganization"), key: "org", render: (_, row) => <Link to={linkTo(row.org)}>{named(row.org)}</Link> },
        ...planStates.map((state) => ({
          title: t(`plan_${state}`),
          key: state,
          align: "right" as const,
          className: `plan-${state}`,
          render: (_: unknown, row: Row) => (row.counts[state] ? <strong>{row.counts[state]}</strong> : <span className="quiet">0</span>),
        })),
      ]}
    />
  );
}
