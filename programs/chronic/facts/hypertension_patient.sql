-- 在管的高血压患者:从建卡到终止管理;排除诊断的不算
select org, subject, record, registered_on as since, ended_on as until
from hypertension_card
where ended_why is distinct from 'excluded'
