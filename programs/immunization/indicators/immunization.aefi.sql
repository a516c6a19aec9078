select org, subject, record, found_on as happened from aefi_report where classification is distinct from 'excluded'
