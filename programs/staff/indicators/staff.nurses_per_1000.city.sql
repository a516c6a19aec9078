select org, subject, record, since, until, nurses_city as value from city_bulletin where nurses_city is not null
