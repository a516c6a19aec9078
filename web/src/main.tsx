import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { HashRouter } from "react-router";
import { App } from "./App";
import { SpeechProvider } from "./i18n";
import "./style.css";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <SpeechProvider>
      <HashRouter>
        <App />
      </HashRouter>
    </SpeechProvider>
  </StrictMode>,
);
