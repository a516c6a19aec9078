-- 真正做到的一次孕产妇服务:建册、产前随访、产后访视
select org, subject, record, issued_on as happened from pregnancy_handbook where reissued is distinct from true
union all
select org, subject, record, visited_on as happened from antenatal_visit where attended is distinct from false
union all
select org, subject, record, visited_on as happened from postnatal_visit where attended is distinct from false
