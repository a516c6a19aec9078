select org, subject, record, signed_on as since, ends_on as until from family_doctor_contract
