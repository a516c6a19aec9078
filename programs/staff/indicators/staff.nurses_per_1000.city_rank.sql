select org, subject, record, since, until, nurses_rank as value from city_bulletin where nurses_rank is not null
