select cast(1 as integer) as org, subject, record, authored as happened from (select *, cast(happened as timestamp) as authored from followup) t
