select org, subject, record, visited_on as happened, satisfied as hit from visit where urgent = false and satisfied is not null
