select org, subject, record, since, until, physicians_rank as value from city_bulletin where physicians_rank is not null
