select org, subject, record, since, until from diabetes_patient
