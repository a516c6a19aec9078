select org, subject, record, happened from pulse where kind = 'a'
