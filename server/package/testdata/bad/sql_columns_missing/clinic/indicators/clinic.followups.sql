select org, subject, recrod as recrod, happened from (select *, record as recrod from followup) t
