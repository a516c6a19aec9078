import { Alert, Button, Empty, Skeleton } from "antd";
import type { ReactNode } from "react";
import type { Data } from "../useData";
import type { ApiError } from "../api";
import { type Speech, useSpeech } from "../i18n";

/** What an error says, in the present language. */
export function errorText(error: ApiError, t: Speech["t"], say: Speech["say"]): string {
  if (error.message === "offline") return t("offline");
  return error.issues.map((issue) => say(issue.text)).join("\n") || error.message;
}

/** What a page shows while it waits, when it fails, and when there is nothing: always with what to do next. */
export function Loaded<T>({ from, empty, isEmpty, children }: { from: Data<T>; empty?: string; isEmpty?: (data: T) => boolean; children: (data: T) => ReactNode }) {
  const { t, say } = useSpeech();
  if (from.error) {
    return (
      <Alert
        type="error"
        showIcon
        role="alert"
        title={errorText(from.error, t, say)}
        action={<Button onClick={from.reload}>{t("retry")}</Button>}
      />
    );
  }
  if (!from.data) {
    return from.loading ? (
      <div role="status" aria-label={t("loading")}>
        <Skeleton active paragraph={{ rows: 6 }} />
      </div>
    ) : null;
  }
  if (isEmpty?.(from.data)) return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={empty} />;
  return <div aria-busy={from.loading}>{children(from.data)}</div>;
}
