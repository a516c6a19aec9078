import { DownloadOutlined } from "@ant-design/icons";
import { App, Button } from "antd";
import { useState } from "react";
import { useSpeech } from "../i18n";

type Cell = string | number | null;

/** The table as an .xlsx that the server writes: numbers stay the decimals they are. */
export function TableExport({ title, columns, rows, label }: { label?: string; title: string; columns: string[]; rows: () => Cell[][] | Promise<Cell[][]> }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      const response = await fetch("/api/table.xlsx", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ title, columns, rows: (await rows()).map((row) => row.map((cell) => (cell === null ? "" : String(cell)))) }),
      });
      if (!response.ok) throw new Error();
      const url = URL.createObjectURL(await response.blob());
      const link = document.createElement("a");
      link.href = url;
      link.download = `${title.replace(/[\\/:*?"<>|]+/g, " ")}.xlsx`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch {
      message.error(t("exportFailed"));
    }
    setBusy(false);
  };
  return (
    <Button className="no-print" icon={<DownloadOutlined />} loading={busy} onClick={save}>
      {label ?? t("toExcel")}
    </Button>
  );
}
