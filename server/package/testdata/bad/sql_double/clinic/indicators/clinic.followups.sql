select org, subject, record, happened from followup where cast(cost as double) > 2
