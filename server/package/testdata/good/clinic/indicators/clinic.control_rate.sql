select org, subject, record, happened, sbp < 140 and dbp < 90 as hit from last_followup
