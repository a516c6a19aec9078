select org, subject, record, happened from followup qualify row_number() over (partition by subject order by happened) = 1 limit 5
