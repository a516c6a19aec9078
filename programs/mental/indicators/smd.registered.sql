select org, subject, record, since, until from smd_patient
