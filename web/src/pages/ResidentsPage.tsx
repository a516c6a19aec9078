import { Empty, Input, Table } from "antd";
import { Link, useSearchParams } from "react-router";
import type { Resident } from "../api";
import { Loaded } from "../components/States";
import { useSpeech, type Word } from "../i18n";
import { useData } from "../useData";

export const sexWord = (sex: string): Word => (sex === "male" || sex === "female" ? sex : "unknown");

export default function ResidentsPage() {
  const { t } = useSpeech();
  const [parameters, setParameters] = useSearchParams();
  const q = parameters.get("q") ?? "";
  const found = useData<Resident[]>(q ? "/api/residents" : null, { q });
  return (
    <>
      <h1>{t("residents")}</h1>
      <div className="toolbar">
        <Input.Search
          className="grow"
          size="large"
          defaultValue={q}
          enterButton={t("search")}
          placeholder={t("searchResident")}
          aria-label={t("searchResident")}
          onSearch={(text) => setParameters(text.trim() ? { q: text.trim() } : {})}
        />
      </div>
      {!q ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("askResident")} />
      ) : (
        <Loaded from={found} isEmpty={(list) => list.length === 0} empty={t("emptyResidents")}>
          {(list) => (
            <Table<Resident>
              rowKey="id"
              size="middle"
              dataSource={list}
              pagination={{ pageSize: 20, showSizeChanger: false, hideOnSinglePage: true }}
              scroll={{ x: "max-content" }}
              columns={[
                { title: t("name"), key: "name", render: (_, r) => <Link to={`/residents/${r.id}`}>{r.name || r.id}</Link> },
                { title: t("sex"), key: "sex", render: (_, r) => t(sexWord(r.sex)) },
                { title: t("birthDate"), dataIndex: "birth_date" },
                { title: t("citizenId"), dataIndex: "citizen_id", className: "wide-only" },
                { title: t("managedBy"), dataIndex: "org_name", className: "wide-only" },
              ]}
            />
          )}
        </Loaded>
      )}
    </>
  );
}
