import { Alert } from "antd";
import type { PlanIssue } from "../api";
import { useSpeech } from "../i18n";

/** What is wrong with a plan's text, by line. */
export function PlanIssues({ issues, title }: { issues: PlanIssue[]; title?: string }) {
  const { t, say } = useSpeech();
  if (!issues.length) return null;
  const wrong = issues.filter((issue) => issue.severity === "error").length;
  return (
    <Alert
      type={wrong ? "error" : "warning"}
      showIcon
      role="alert"
      className="problems"
      title={title ?? (wrong ? t("planProblems", wrong) : undefined)}
      description={issues.map((issue, i) => (
        <div key={i}>
          {issue.line > 0 && <span className="quiet">{t("planLine", issue.line)} </span>}
          {say(issue.text)}
        </div>
      ))}
    />
  );
}
