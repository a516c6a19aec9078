select org, subject, record, followed_on as happened from hypertension_followup where reached is distinct from false
