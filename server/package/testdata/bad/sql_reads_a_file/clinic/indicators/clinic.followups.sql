select org, subject, record, happened from read_csv('x.csv')
