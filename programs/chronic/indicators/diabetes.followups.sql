select org, subject, record, followed_on as happened from diabetes_followup where reached is distinct from false
