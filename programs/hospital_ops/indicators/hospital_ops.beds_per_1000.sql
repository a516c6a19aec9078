select org, subject, record, since, until from registered_bed
