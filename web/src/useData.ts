import { useCallback, useEffect, useState } from "react";
import { ApiError, get } from "./api";

export interface Data<T> {
  data?: T;
  error?: ApiError;
  loading: boolean;
  reload: () => void;
}

/** Keeps the last answer on screen while the next one is under way. A null key asks for nothing; the key stands for what `load` does. */
function useLoaded<T>(key: string | null, load: () => Promise<T>): Data<T> {
  const [state, setState] = useState<{ key?: string | null; data?: T; error?: ApiError; loading: boolean }>({ loading: key !== null });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (key === null) {
      setState({ loading: false });
      return;
    }
    let current = true;
    setState((old) => ({ ...old, loading: true, error: undefined }));
    load().then(
      (data) => current && setState({ key, data, loading: false }),
      (error: ApiError) => current && setState({ key, error, loading: false }),
    );
    return () => {
      current = false;
    };
    // eslint-disable-next-line
  }, [key, round]);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  return { ...state, reload };
}

type Parameters = Record<string, string | number | undefined>;

/** Fetches a path. A null path asks for nothing. */
export function useData<T>(path: string | null, parameters: Parameters = {}): Data<T> {
  return useLoaded(path === null ? null : path + JSON.stringify(parameters), () => get<T>(path!, parameters));
}

/** Fetches a path once for each of the parameters: all of them, or an error. Null asks for nothing. */
export function useEach<T>(path: string, each: Parameters[] | null): Data<T[]> {
  return useLoaded(each === null ? null : path + JSON.stringify(each), () => Promise.all((each ?? []).map((parameters) => get<T>(path, parameters))));
}
