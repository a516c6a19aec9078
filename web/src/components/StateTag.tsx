import { Tag } from "antd";
import type { ReturnState } from "../api";
import { useSpeech } from "../i18n";

const colors: Record<ReturnState, string> = { due: "default", draft: "gold", submitted: "blue", returned: "volcano", accepted: "green", locked: "default" };

export function StateTag({ state, overdue = false }: { state: ReturnState; overdue?: boolean }) {
  const { t } = useSpeech();
  return (
    <>
      <Tag color={colors[state]}>{t(`state_${state}`)}</Tag>
      {overdue && <Tag color="red">{t("overdue")}</Tag>}
    </>
  );
}
