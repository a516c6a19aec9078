import { AppstoreOutlined, AuditOutlined, BarChartOutlined, EditOutlined, FileTextOutlined, FlagOutlined, SafetyCertificateOutlined, TeamOutlined } from "@ant-design/icons";
import { App as AntApp, Button, ConfigProvider, Layout, Select, Spin } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { lazy, Suspense } from "react";
import { NavLink, Route, Routes } from "react-router";
import type { Organization, Status } from "./api";
import { Loaded } from "./components/States";
import { useSpeech } from "./i18n";
import { PeriodInput } from "./components/PeriodInput";
import { SettingsProvider, useSettings } from "./settings";
import { theme } from "./theme";
import { useData } from "./useData";

const IndicatorsPage = lazy(() => import("./pages/IndicatorsPage"));
const IndicatorPage = lazy(() => import("./pages/IndicatorPage"));
const TracePage = lazy(() => import("./pages/TracePage"));
const DocumentsPage = lazy(() => import("./pages/DocumentsPage"));
const DocumentPage = lazy(() => import("./pages/DocumentPage"));
const ResidentsPage = lazy(() => import("./pages/ResidentsPage"));
const ResidentPage = lazy(() => import("./pages/ResidentPage"));
const OverviewPage = lazy(() => import("./pages/OverviewPage"));
const PlanPage = lazy(() => import("./pages/PlanPage"));
const PlanRevisePage = lazy(() => import("./pages/PlanRevisePage"));
const QualityPage = lazy(() => import("./pages/QualityPage"));
const ImportPage = lazy(() => import("./pages/ImportPage"));
const ReturnsPage = lazy(() => import("./pages/ReturnsPage"));
const ReturnPage = lazy(() => import("./pages/ReturnPage"));
const EntryPage = lazy(() => import("./pages/EntryPage"));
const EntryFormPage = lazy(() => import("./pages/EntryFormPage"));
const RecordPage = lazy(() => import("./pages/RecordPage"));

function Header() {
  const { t, language, setLanguage } = useSpeech();
  const { org, setOrg, organizations } = useSettings();
  const places = [
    { to: "/", word: "overview", icon: <AppstoreOutlined /> },
    { to: "/plan", word: "planShort", icon: <FlagOutlined /> },
    { to: "/indicators", word: "indicators", icon: <BarChartOutlined /> },
    { to: "/returns", word: "returns", icon: <AuditOutlined /> },
    { to: "/entry", word: "entry", icon: <EditOutlined /> },
    { to: "/documents", word: "documents", icon: <FileTextOutlined /> },
    { to: "/residents", word: "residents", icon: <TeamOutlined /> },
    { to: "/quality", word: "qualityShort", icon: <SafetyCertificateOutlined /> },
  ] as const;
  return (
    <header className="top no-print">
      <div className="top-row">
        <NavLink to="/" className="brand" aria-label={t("product")}>
          <img src="/favicon.svg" alt="" width={30} height={30} />
          <strong>{t("product")}</strong>
        </NavLink>
        <nav aria-label={t("product")}>
          {places.map((place) => (
            <NavLink key={place.to} to={place.to} end={place.to === "/"} className="place">
              <span aria-hidden="true">{place.icon}</span>
              <span>{t(place.word)}</span>
            </NavLink>
          ))}
        </nav>
        <div className="choices">
          <Select
            aria-label={t("organization")}
            value={org || undefined}
            onChange={setOrg}
            showSearch={{ optionFilterProp: "label" }}
            options={organizations.map((o) => ({ value: o.id, label: o.name || o.id }))}
            className="org"
          />
          <PeriodInput />
          <Button onClick={() => setLanguage(language === "zh" ? "en" : "zh")} className="language">
            {t("language")}
          </Button>
        </div>
      </div>
    </header>
  );
}

function Footer({ status }: { status?: Status }) {
  const { t } = useSpeech();
  if (!status) return null;
  const behind = status.commit - status.warehouse_cursor;
  return (
    <footer className="bottom no-print">
      {t("product")} Xinglin {status.version} · {behind > 0 ? t("behind", behind) : t("fresh", `${status.epoch}:${status.commit}`)}
    </footer>
  );
}

export function App() {
  const { t, say, language } = useSpeech();
  const organizations = useData<Organization[]>("/api/organizations");
  const status = useData<Status>("/api/status");
  return (
    <ConfigProvider locale={language === "zh" ? zhCN : enUS} theme={theme} button={{ autoInsertSpace: false }}>
      <AntApp component={false}>
      <Layout className="page">
        <div className="notice no-print" role="note">
          {status.data?.notice ? say(status.data.notice) : t("noticeLocal")}
        </div>
        <Loaded from={organizations} isEmpty={(list) => list.length === 0} empty={t("emptyOrganizations")}>
          {(list) =>
            // The period to begin with comes with the status; a page that began without it would be thrown away under the hand.
            status.loading && !status.data ? (
              <Spin className="wait" />
            ) : (
            <SettingsProvider organizations={list} defaultPeriod={status.data?.latest_year ?? String(new Date().getFullYear())}>
              <Header />
              <main>
                <Suspense fallback={<Spin className="wait" />}>
                  <Routes>
                    <Route path="/" element={<OverviewPage />} />
                    <Route path="/plan" element={<PlanPage />} />
                    <Route path="/plan/revise" element={<PlanRevisePage />} />
                    <Route path="/quality" element={<QualityPage />} />
                    <Route path="/import" element={<ImportPage />} />
                    <Route path="/indicators" element={<IndicatorsPage />} />
                    <Route path="/indicators/:id" element={<IndicatorPage />} />
                    <Route path="/trace/*" element={<TracePage />} />
                    <Route path="/returns" element={<ReturnsPage />} />
                    <Route path="/returns/:form/:org/:period" element={<ReturnPage />} />
                    <Route path="/entry" element={<EntryPage />} />
                    <Route path="/entry/:form" element={<EntryFormPage />} />
                    <Route path="/documents" element={<DocumentsPage />} />
                    <Route path="/documents/:id" element={<DocumentPage />} />
                    <Route path="/residents" element={<ResidentsPage />} />
                    <Route path="/residents/:id" element={<ResidentPage />} />
                    <Route path="/records/:type/:id" element={<RecordPage />} />
                    <Route path="*" element={<p>{t("notFound")}</p>} />
                  </Routes>
                </Suspense>
              </main>
            </SettingsProvider>
            )
          }
        </Loaded>
        <Footer status={status.data} />
      </Layout>
      </AntApp>
    </ConfigProvider>
  );
}
