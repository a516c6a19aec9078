import { Input, Table } from "antd";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import type { IndicatorList, IndicatorRow } from "../api";
import { Change } from "../components/Change";
import { Loaded } from "../components/States";
import { TableExport } from "../components/TableExport";
import { Value } from "../components/Value";
import { useSpeech } from "../i18n";
import { useSettings } from "../settings";
import { useData } from "../useData";

/** Every indicator of the organisation and period, by domain, beside last year. */
export default function IndicatorsPage() {
  const { t, say } = useSpeech();
  const { org, period, organizations } = useSettings();
  const list = useData<IndicatorList>(org ? "/api/indicators" : null, { org, period });
  const [wanted, setWanted] = useState("");
  const groups = useMemo(() => {
    const needle = wanted.trim().toLowerCase();
    const out = new Map<string, IndicatorRow[]>();
    for (const row of list.data?.indicators ?? []) {
      if (needle && ![row.title.zh, row.title.en, row.indicator].some((text) => text.toLowerCase().includes(needle))) continue;
      const group = say(row.program_title) || row.program;
      out.set(group, [...(out.get(group) ?? []), row]);
    }
    return [...out];
  }, [list.data, wanted, say]);
  return (
    <>
      <h1>{t("indicators")}</h1>
      <p className="lead">
        {organizations.find((o) => o.id === org)?.name} · {period}
      </p>
      <div className="toolbar">
        <Input.Search className="grow" allowClear placeholder={t("searchIndicators")} aria-label={t("searchIndicators")} onChange={(e) => setWanted(e.target.value)} />
        {list.data && (
          <TableExport
            title={`${t("indicators")} ${period}`}
            columns={[t("domain"), t("name"), t("value"), t("unit"), t("lastYear"), t("change"), t("changeUnit"), t("address")]}
            rows={() => groups.flatMap(([group, rows]) => rows.map((row) => [group, say(row.title), row.value, say(row.unit), row.last_year?.value ?? null, row.change, row.change_kind === "points" ? t("points").trim() : row.change === null ? "" : "%", row.address]))}
          />
        )}
      </div>
      <Loaded from={list} isEmpty={(data) => data.indicators.length === 0} empty={t("emptyIndicators")}>
        {() =>
          groups.map(([group, rows]) => (
            <section className="group" key={group}>
              <h2>{group}</h2>
              <Table<IndicatorRow>
                size="middle"
                rowKey="indicator"
                pagination={false}
                dataSource={rows}
                scroll={{ x: "max-content" }}
                columns={[
                  { title: t("name"), key: "name", render: (_, row) => <Link to={`/indicators/${row.indicator}`}>{say(row.title)}</Link> },
                  { title: t("value"), key: "value", align: "right", render: (_, row) => (
                      <>
                        <Value figure={row} />
                        <div className="phone-only small">
                          <Change of={row} better={row.better} />
                        </div>
                      </>
                    ) },
                  { title: t("lastYear"), key: "last", align: "right", width: 170, className: "wide-only", render: (_, row) => (row.last_year ? <Value figure={row.last_year} /> : "—") },
                  { title: t("change"), key: "change", align: "right", width: 150, className: "wide-only", render: (_, row) => <Change of={row} better={row.better} /> },
                ]}
              />
            </section>
          ))
        }
      </Loaded>
    </>
  );
}
