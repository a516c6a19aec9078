import { Timeline } from "antd";
import type { SubmissionEvent } from "../api";
import { useSpeech, type Word } from "../i18n";

const words: Record<string, Word> = {
  draft: "event_draft",
  submitted: "event_submitted",
  returned: "event_returned",
  accepted: "event_accepted",
  locked: "event_locked",
  edited: "event_edited",
  completed: "event_completed",
  amended: "event_edited",
  "in-progress": "event_draft",
  "entered-in-error": "event_cancelled",
  removed: "event_removed",
};

/** What happened to a submission, newest first: what, when, by whom, why. */
export function SubmissionTimeline({ events }: { events: SubmissionEvent[] }) {
  const { t } = useSpeech();
  return (
    <Timeline
      className="events"
      items={[...events].reverse().map((event) => ({
        key: event.version,
        color: event.what === "returned" ? "red" : event.what === "accepted" || event.what === "locked" ? "green" : "blue",
        content: (
          <>
            <strong>{words[event.what] ? t(words[event.what]!) : event.what}</strong>
            {event.by && <span> · {event.by}</span>}
            {event.reason && <div>{t("reasonSaid", event.reason)}</div>}
            <div className="quiet small">{event.at.slice(0, 16).replace("T", " ")}</div>
          </>
        ),
      }))}
    />
  );
}
