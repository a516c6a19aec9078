select org, subject, record, given_on as happened from first_care
