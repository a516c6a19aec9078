select org, subject, record, audited_on as happened from missed_report_audit
