select org, subject, record, given_on as happened from first_care
union all
select org, subject, record, given_on as happened from later_care
