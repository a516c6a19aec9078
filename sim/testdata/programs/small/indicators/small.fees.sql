select org, subject, record, visited_on as happened, fee as value from visit where urgent = false and fee is not null
