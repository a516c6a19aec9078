import { Tag } from "antd";
import { Link } from "react-router";
import type { DocumentSection, ReportSection, ReturnList, ReturnRow } from "../api";
import { fillTitle } from "../documentTitle";
import { useSpeech } from "../i18n";
import { countOf, isAccepted, namesOf, owedBy, owedElsewhere, type OwedForm } from "../owed";
import { returnPath } from "../pages/ReturnsPage";
import { useSettings } from "../settings";
import type { Data } from "../useData";
import { Loaded } from "./States";

const namesMax = 3;
const organizationsMax = 6;

/** One return that is owed: opens it. */
function Period({ row, name }: { row: ReturnRow; name: string }) {
  const { t, say } = useSpeech();
  const state = row.overdue && row.state === "due" ? t("overdue") : t(`state_${row.state}`);
  return (
    <Link className={`owed-return${row.overdue ? " late" : ""}`} to={returnPath(row)} aria-label={`${name} ${row.period} ${say(row.title)} ${state}`}>
      {row.period} <span>{state}</span>
    </Link>
  );
}

function Organizations({ list }: { list: OwedForm["organizations"] }) {
  return (
    <ul className="plain owed-organizations">
      {list.map((one) => (
        <li key={one.org}>
          <span>{one.name}</span>{" "}
          {one.rows.map((row) => (
            <Period key={row.id} row={row} name={one.name} />
          ))}
        </li>
      ))}
    </ul>
  );
}

function Owed({ owed }: { owed: OwedForm[] }) {
  const { t, say } = useSpeech();
  return owed.map((form) => (
    <div key={form.form} className="owed-form">
      <Link to={`/returns?form=${form.form}`}>{say(form.title)}</Link>
      <Organizations list={form.organizations.slice(0, organizationsMax)} />
      {form.organizations.length > organizationsMax && (
        <details>
          <summary>{t("moreOrganizations", form.organizations.length - organizationsMax)}</summary>
          <Organizations list={form.organizations.slice(organizationsMax)} />
        </details>
      )}
    </div>
  ));
}

function isPrinted(section: DocumentSection | ReportSection): section is ReportSection {
  return "figures" in section;
}

function Section({ section, rows, elsewhere, onFindings }: { section: DocumentSection | ReportSection; rows: ReturnRow[]; elsewhere: ReturnList[]; onFindings?: () => void }) {
  const { t, say } = useSpeech();
  const { org, period, organizations } = useSettings();
  const named = (title: string) => fillTitle(title, organizations.find((one) => one.id === org)?.name ?? org, period);
  const owed = owedBy(section, rows);
  const { count, late } = countOf(owed);
  const compared = isPrinted(section) ? owedElsewhere(section.elsewhere, elsewhere) : [];
  const comparedCount = countOf(compared).count;
  const names = namesOf(owed.length > 0 ? owed : compared);
  const accepted = rows.filter((row) => section.returns.includes(row.form) && isAccepted(row)).length;
  const findings = isPrinted(section) ? section.findings.length : 0;
  return (
    <details className={`document-section${isPrinted(section) ? " printed" : ""}`}>
      <summary>
        <span className="section-title">
          {section.within && <span className="quiet">{named(section.within)} / </span>}
          {named(section.title) || t("opening")}
        </span>
        <span className="section-owner">{section.owner.zh || section.owner.en ? say(section.owner) : <span className="quiet">{t("noOwner")}</span>}</span>
        {isPrinted(section) && <span className="quiet small">{t("figuresCount", section.figures)}</span>}
        <span className="section-state">
          {count > 0 && <Tag color={late > 0 ? "red" : "gold"}>{t("sectionOwed", count)}</Tag>}
          {count + comparedCount === 0 && <Tag color="green">{t("sectionReady")}</Tag>}
          {late > 0 && <Tag color="red">{t("overdueCount", late)}</Tag>}
          {comparedCount > 0 && <Tag color="gold">{t("comparedOwed", comparedCount)}</Tag>}
          {findings > 0 && <Tag color="orange">{t("sectionFindings", findings)}</Tag>}
          {names.length > 0 && <span className="quiet small">{names.slice(0, namesMax).join("、") + (names.length > namesMax ? t("andMore", names.length) : "")}</span>}
        </span>
      </summary>
      <div className="section-body small">
        {count > 0 ? (
          <Owed owed={owed} />
        ) : (
          <p className="quiet flush">{section.returns.length === 0 ? t("sectionFromRecords") : accepted === 0 ? t("sectionNobodyOwes") : comparedCount > 0 ? t("sectionOwnAccepted", accepted) : t("sectionOwesNothing", accepted)}</p>
        )}
        {comparedCount > 0 && (
          <div role="group" aria-label={t("comparedReturns")}>
            <p className="flush">{t("comparedReturns")}</p>
            <Owed owed={compared} />
          </div>
        )}
        {findings > 0 && onFindings && (
          <p className="flush no-print">
            <button type="button" className="link" onClick={onFindings}>
              {t("findings")}: {t("sectionFindings", findings)}
            </button>
          </p>
        )}
      </div>
    </details>
  );
}

/** Both answers, once both are there; either's error. */
function together(returns: Data<ReturnList>, elsewhere: Data<ReturnList[]> | undefined): Data<{ rows: ReturnRow[]; elsewhere: ReturnList[] }> {
  return {
    data: returns.data && (!elsewhere || elsewhere.data) ? { rows: returns.data.returns, elsewhere: elsewhere?.data ?? [] } : undefined,
    error: returns.error ?? elsewhere?.error,
    loading: returns.loading || !!elsewhere?.loading,
    reload: () => {
      returns.reload();
      elsewhere?.reload();
    },
  };
}

interface Props {
  sections: (DocumentSection | ReportSection)[];
  /** of the organisation and period at the top */
  returns: Data<ReturnList>;
  /** of the places that a made document's figures are compared with */
  elsewhere?: Data<ReturnList[]>;
  onFindings?: (section: number) => void;
}

/** A document's sections: who answers for each, how much it prints, whose returns it waits for, what was found. */
export function DocumentSections({ sections, returns, elsewhere, onFindings }: Props) {
  const { t } = useSpeech();
  if (sections.length === 0) return <p className="quiet flush">{t("noSections")}</p>;
  return (
    <Loaded from={together(returns, elsewhere)}>
      {(list) => sections.map((section, i) => <Section key={i} section={section} rows={list.rows} elsewhere={list.elsewhere} onFindings={onFindings && (() => onFindings(i))} />)}
    </Loaded>
  );
}
