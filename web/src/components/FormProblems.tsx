import { Alert } from "antd";
import type { ApiError, Issue } from "../api";
import { useSpeech } from "../i18n";
import { errorText } from "./States";

/** What stands in the way: how many fields are wrong, what is about no field, or that the server was not reached. */
export function FormProblems({ issues, failure }: { issues: Map<string, Issue[]>; failure: ApiError | null }) {
  const { t, say } = useSpeech();
  const loose = (issues.get("") ?? []).filter((issue) => issue.severity === "error");
  const wrong = [...issues].filter(([place, list]) => place && list.some((issue) => issue.severity === "error")).length;
  if (!failure) return null;
  const text = failure.status === 412 ? t("changedMeanwhile") : failure.issues.length === 0 ? errorText(failure, t, say) : "";
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      className="problems"
      title={text || (wrong ? t("fieldsWrong", wrong) : t("notSaved"))}
      description={loose.length && failure.status !== 412 ? loose.map((issue, i) => <div key={i}>{say(issue.text)}</div>) : undefined}
    />
  );
}
