select org, subject, record, visited_on as happened from visit where urgent = false
