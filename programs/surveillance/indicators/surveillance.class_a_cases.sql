select org, subject, record, reported_on as happened from notifiable_case where notifiable_class = 'a'
