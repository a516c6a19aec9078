import { Table, Tag } from "antd";
import type { PlanChange } from "../api";
import { useSpeech } from "../i18n";

const colors = { added: "green", removed: "red", changed: "blue" } as const;

/** What one text of a plan changes of another, entry by entry. */
export function PlanChanges({ changes }: { changes: PlanChange[] }) {
  const { t } = useSpeech();
  const words = { added: t("planAdded"), removed: t("planRemoved"), changed: t("planChanged") };
  return (
    <Table<PlanChange & { key: number }>
      size="small"
      dataSource={changes.map((change, key) => ({ ...change, key }))}
      pagination={changes.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
      scroll={{ x: "max-content" }}
      columns={[
        { title: "", key: "what", width: 70, render: (_, row) => <Tag color={colors[row.what]}>{words[row.what]}</Tag> },
        {
          title: t("planEntry"),
          key: "entry",
          className: "wrap",
          render: (_, row) => (
            <>
              {row.title || t("plan")}
              {row.section && <div className="quiet small">{row.section}</div>}
            </>
          ),
        },
        { title: t("planItem"), key: "field", render: (_, row) => (row.field ? t(`planField_${row.field}`) : "") },
        { title: t("planBefore"), key: "before", className: "wrap", render: (_, row) => row.before || "—" },
        { title: t("planAfter"), key: "after", className: "wrap", render: (_, row) => row.after || "—" },
      ]}
    />
  );
}
