import { useCallback, useEffect, useState } from "react";
import { ApiError, get } from "./api";

export interface Data<T> {
  data?: T;
  error?: ApiError;
  loading: boolean;
  reload: () => void;
}

/** Fetches a path; keeps the last answer on screen while the next one is under way. A null path asks for nothing. */
export function useData<T>(path: string | null, parameters: Record<string, string | number | undefined> = {}): Data<T> {
  const key = path === null ? null : path + JSON.stringify(parameters);
  const [state, setState] = useState<{ key?: string | null; data?: T; error?: ApiError; loading: boolean }>({ loading: path !== null });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (path === null) {
      setState({ loading: false });
      return;
    }
    let current = true;
    setState((old) => ({ ...old, loading: true, error: undefined }));
    get<T>(path, parameters).then(
      (data) => current && setState({ key, data, loading: false }),
      (error: ApiError) => current && setState({ key, error, loading: false }),
    );
    return () => {
      current = false;
    };
    // the key stands for path and parameters
    // eslint-disable-next-line
  }, [key, round]);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  return { ...state, reload };
}
