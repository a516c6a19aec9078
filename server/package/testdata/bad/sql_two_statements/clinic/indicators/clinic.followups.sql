select 1; drop table followup
