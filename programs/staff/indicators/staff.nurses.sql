select org, subject, record, since, until from employed_practitioner where occupation = 'nurse'
