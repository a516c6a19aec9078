select org, subject, record, since, until, institutions_rank as value from city_bulletin where institutions_rank is not null
