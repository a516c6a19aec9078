import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ApiError, type Issue, issuesOf, post } from "./api";
import { type Answers, byPlace } from "./form";

/** What a submission is of and about; `version` is the one it replaces, 0 when there is none yet. */
export interface Heading {
  form: string;
  org: string;
  subject: string;
  id?: string;
  period?: string;
  authored?: string;
}

const checkAfterMs = 500;

/** A form being filled: its answers, what the server says of them while typing, and saving, one save after another. */
export function useFilling(heading: Heading, initial: Answers, version: number) {
  const [answers, setAnswers] = useState(initial);
  const [issues, setIssues] = useState<Issue[]>([]);
  const [savedAt, setSavedAt] = useState<Date | null>(null);
  const [unsaved, setUnsaved] = useState(false);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const latest = useRef(answers);
  const current = useRef({ id: heading.id, version });
  const queue = useRef<Promise<unknown>>(Promise.resolve());

  const change = useCallback((next: Answers) => {
    latest.current = next;
    setAnswers(next);
    setUnsaved(true);
  }, []);

  // The server's own rules look at what there is so far; what is still missing is said when it is handed in.
  const key = JSON.stringify([answers, heading.subject, heading.org]);
  useEffect(() => {
    if (!unsaved || !heading.subject) return;
    let wanted = true;
    const wait = setTimeout(() => {
      post<unknown>("/api/submissions", { ...heading, state: "draft", version: current.current.version || undefined, answers: latest.current }, { check: "true" }).then(
        (outcome) => wanted && setIssues(issuesOf(outcome)),
        () => undefined, // saving will say so
      );
    }, checkAfterMs);
    return () => {
      wanted = false;
      clearTimeout(wait);
    };
    // eslint-disable-next-line
  }, [key]);

  /** Saves what is there now in that state ("draft", "" = complete, a return's own); false when it was refused. */
  const save = useCallback(
    (state: string): Promise<boolean> => {
      const run = async () => {
        const sent = latest.current;
        try {
          const done = await post<{ id: string; version: number }>("/api/submissions", {
            ...heading,
            id: current.current.id,
            state,
            version: current.current.version || undefined,
            answers: sent,
          });
          current.current = done;
          setFailure(null);
          setSavedAt(new Date());
          if (latest.current === sent) setUnsaved(false);
          return true;
        } catch (error) {
          const refused = error as ApiError;
          if (refused.issues.length) setIssues(refused.issues);
          setFailure(refused);
          return false;
        }
      };
      const next = queue.current.then(run, run);
      queue.current = next;
      return next;
    },
    // eslint-disable-next-line
    [JSON.stringify(heading)],
  );

  const places = useMemo(() => byPlace(issues), [issues]);
  return { answers, change, issues, setIssues, places, save, savedAt, unsaved, failure, setFailure, current };
}

/** Puts the first field that is wrong into view, and the hand on it. */
export function showFirstWrong() {
  requestAnimationFrame(() => {
    const field = document.querySelector<HTMLElement>(".field.wrong");
    field?.scrollIntoView({ block: "center" });
    field?.querySelector<HTMLElement>("input, textarea, [role=combobox]")?.focus({ preventScroll: true });
  });
}
