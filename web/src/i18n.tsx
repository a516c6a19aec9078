import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import type { Text } from "./api";
import { words } from "./words";

export type Language = "zh" | "en";
export type Word = keyof typeof words;

export interface Speech {
  language: Language;
  setLanguage: (language: Language) => void;
  /** the phrase of the interface in the present language; {0}, {1} are filled in */
  t: (word: Word, ...values: (string | number)[]) => string;
  /** a text of the content, in the present language or the other where it is missing */
  say: (text: Text | undefined | null) => string;
}

const SpeechContext = createContext<Speech | null>(null);
const remembered = "xinglin.language";

export function SpeechProvider({ children, initial }: { children: ReactNode; initial?: Language }) {
  const [language, setLanguage] = useState<Language>(
    () => initial ?? ((localStorage.getItem(remembered) as Language | null) || "zh"),
  );
  useEffect(() => {
    localStorage.setItem(remembered, language);
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  }, [language]);
  const speech = useMemo<Speech>(
    () => ({
      language,
      setLanguage,
      t: (word, ...values) => values.reduce<string>((out, value, i) => out.replaceAll(`{${i}}`, String(value)), words[word][language]),
      say: (text) => (text ? (language === "zh" ? text.zh || text.en : text.en || text.zh) : ""),
    }),
    [language],
  );
  return <SpeechContext value={speech}>{children}</SpeechContext>;
}

export function useSpeech(): Speech {
  const speech = useContext(SpeechContext);
  if (!speech) throw new Error("useSpeech outside SpeechProvider");
  return speech;
}
