select org, subject, record, since, until from hypertension_patient
