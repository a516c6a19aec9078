select org, subject, record, issued_on as happened from pregnancy_handbook where reissued is distinct from true
