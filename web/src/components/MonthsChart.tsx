import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import type { IndicatorDetail } from "../api";
import { useSpeech } from "../i18n";
import { approximate } from "../number";

use([BarChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

/** The months of the period beside the same months of the year before. */
export default function MonthsChart({ months, percent }: { months: IndicatorDetail["months"]; percent: boolean }) {
  const holder = useRef<HTMLDivElement>(null);
  const { t, language } = useSpeech();
  useEffect(() => {
    if (!holder.current) return;
    const chart = init(holder.current, undefined, { renderer: "svg" });
    const scale = (text: string | null) => {
      const value = approximate(text);
      return value === null ? null : percent ? value * 100 : value;
    };
    chart.setOption({
      animation: false,
      color: ["#2f6f5e", "#e6c9a8"],
      aria: { enabled: true },
      legend: { top: 0, right: 0 },
      tooltip: { trigger: "axis" },
      grid: { left: 8, right: 8, top: 36, bottom: 4, containLabel: true },
      xAxis: { type: "category", data: months.map((m) => m.period.slice(5) + (language === "zh" ? "月" : "")), axisTick: { show: false } },
      yAxis: { type: "value", axisLabel: { formatter: percent ? "{value}%" : undefined } },
      series: [
        { name: t("thisYear"), type: "bar", data: months.map((m) => scale(m.value)), barMaxWidth: 22 },
        { name: t("lastYear"), type: "bar", data: months.map((m) => scale(m.last_year)), barMaxWidth: 22 },
      ],
    });
    const observer = new ResizeObserver(() => chart.resize());
    observer.observe(holder.current);
    return () => {
      observer.disconnect();
      chart.dispose();
    };
  }, [months, percent, language, t]);
  return <div ref={holder} className="chart" />;
}
