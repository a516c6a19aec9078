-- 一例法定传染病:初次报告、未删的卡,临床诊断或确诊;疑似、携带者、阳性检测不算病例,甲乙丙三类以外的监测病种不算
select org, subject, record, reported_on, disease, case_class,
       case when disease in ('plague', 'cholera') then 'a'
            when disease in ('influenza', 'mumps', 'rubella', 'ahc', 'leprosy', 'typhus', 'kala_azar', 'echinococcosis', 'filariasis', 'infectious_diarrhoea', 'hfmd') then 'c'
            else 'b' end as notifiable_class
from infectious_disease_report
where card_kind = 'first' and deleted is distinct from true
  and case_class in ('clinical', 'confirmed') and disease <> 'other'
