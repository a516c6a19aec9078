import { Empty, Timeline } from "antd";
import { Link, useParams } from "react-router";
import type { Resident, TimelineEntry } from "../api";
import { Loaded } from "../components/States";
import { useSpeech } from "../i18n";
import { recordPath } from "../tracePath";
import { useData } from "../useData";
import { sexWord } from "./ResidentsPage";

/** A person's record: who they are, and what was recorded about them, newest first. */
export default function ResidentPage() {
  const { id = "" } = useParams();
  const { t, say } = useSpeech();
  const person = useData<{ resident: Resident; timeline: TimelineEntry[] }>(`/api/residents/${encodeURIComponent(id)}`);
  return (
    <Loaded from={person}>
      {({ resident, timeline }) => (
        <>
          <h1>{resident.name || resident.id}</h1>
          <section className="card summary">
            {(
              [
                ["sex", t(sexWord(resident.sex))],
                ["birthDate", resident.birth_date],
                ["citizenId", resident.citizen_id],
                ["managedBy", resident.org_name],
              ] as const
            ).map(([word, value]) => (
              <dl key={word}>
                <dt>{t(word)}</dt>
                <dd>{value || "—"}</dd>
              </dl>
            ))}
            <Link to={recordPath(`Patient/${resident.id}`)}>{t("openRecord")}</Link>
          </section>
          <section className="card">
            <h2>{t("timeline")}</h2>
            {timeline.length === 0 ? (
              <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("emptyTimeline")} />
            ) : (
              <Timeline
                items={timeline.map((entry) => ({
                  key: entry.record,
                  content: (
                    <>
                      <span className="quiet small">{entry.date}</span>
                      <div>
                        <Link to={recordPath(entry.record)}>{say(entry.title)}</Link>
                        {entry.summary && <span> · {entry.summary}</span>}
                      </div>
                      {entry.org_name && <div className="quiet small">{entry.org_name}</div>}
                    </>
                  ),
                }))}
              />
            )}
          </section>
        </>
      )}
    </Loaded>
  );
}
