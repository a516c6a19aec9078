import { App, Button, Table } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { type ApiError, get, type IndicatorDetail } from "../api";
import { useSpeech } from "../i18n";
import { useSettings } from "../settings";
import { tracePath } from "../tracePath";
import { Change } from "./Change";
import { errorText } from "./States";
import { TableExport } from "./TableExport";
import { Value } from "./Value";

type Branch = IndicatorDetail["by_organization"];
type Row = Branch[number] & { children?: Row[] };

/** The first rank first; those without a value at the end. */
const ranked = (rows: Branch) => [...rows].sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity));

/** A figure by the tree of organisations: each branch ranked, opened where it is looked into, down to the rows. */
export function OrganizationTree({ data }: { data: IndicatorDetail }) {
  const { t, say } = useSpeech();
  const { message } = App.useApp();
  const { period, organizations, setOrg } = useSettings();
  const [branches, setBranches] = useState<Record<string, Branch>>({});
  const { figure } = data;
  const isParent = (org: string) => organizations.some((o) => o.part_of === org);
  const grown = (rows: Branch): Row[] => ranked(rows).map((row) => (isParent(row.org) ? { ...row, children: grown(branches[row.org] ?? []) } : row));
  const rows = grown(data.by_organization);

  const open = async (org: string) => {
    if (branches[org]) return;
    try {
      const branch = await get<Branch>(`/api/indicators/${encodeURIComponent(figure.indicator)}/organizations`, { org, period });
      setBranches((old) => ({ ...old, [org]: branch }));
    } catch (error) {
      message.error(errorText(error as ApiError, t, say));
    }
  };
  const exported = (list: Row[], above: string): (string | number | null)[][] =>
    list.flatMap((row) => [[above, row.rank, row.org_name || row.org, row.value, say(row.unit), row.last_year?.value ?? null, row.change, row.address], ...exported(row.children ?? [], row.org_name || row.org)]);
  return (
    <section className="card">
      <div className="toolbar">
        <h2 className="grow flush">{t("byOrganization")}</h2>
        <TableExport
          title={`${say(figure.title)} ${period}`}
          columns={[t("partOf"), t("rank"), t("organization"), t("value"), t("unit"), t("lastYear"), t("change"), t("address")]}
          rows={() => exported(rows, "")}
        />
      </div>
      <Table<Row>
        size="small"
        rowKey="org"
        className="tree"
        pagination={rows.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
        dataSource={rows}
        scroll={{ x: "max-content" }}
        expandable={{
          indentSize: 18,
          onExpand: (expanded, row) => expanded && void open(row.org),
          expandIcon: ({ expanded, onExpand, record, expandable }) =>
            expandable ? (
              <button type="button" className="twig no-print" aria-expanded={expanded} aria-label={`${t(expanded ? "collapseRow" : "expandRow")} ${record.org_name || record.org}`} onClick={(e) => onExpand(record, e)}>
                {expanded ? "▾" : "▸"}
              </button>
            ) : (
              <span className="twig" />
            ),
        }}
        columns={[
          {
            title: t("organization"),
            key: "org",
            render: (_, row) =>
              isParent(row.org) ? (
                <Button type="link" className="inline-link" onClick={() => setOrg(row.org)} aria-label={`${row.org_name || row.org}: ${t("lookInto")}`}>
                  {row.org_name || row.org} ›
                </Button>
              ) : (
                row.org_name || row.org
              ),
          },
          { title: t("rank"), key: "rank", width: 60, align: "right", render: (_, row) => row.rank ?? "—" },
          {
            title: t("value"),
            key: "value",
            align: "right",
            render: (_, row) => (
              <>
                <Value figure={row} />
                <div className="phone-only small">
                  <Change of={row} better={data.better} />
                </div>
              </>
            ),
          },
          { title: t("lastYear"), key: "last", align: "right", className: "wide-only", render: (_, row) => (row.last_year ? <Value figure={row.last_year} /> : "—") },
          { title: t("change"), key: "change", align: "right", className: "wide-only", render: (_, row) => <Change of={row} better={data.better} /> },
          { title: "", key: "rows", render: (_, row) => <Link to={tracePath(row.address)}>{t("rowsOf")}</Link> },
        ]}
      />
    </section>
  );
}
