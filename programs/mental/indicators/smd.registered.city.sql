select org, subject, record, since, until, smd_city as value from city_bulletin where smd_city is not null
