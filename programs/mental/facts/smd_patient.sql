-- 在册患者:从登记到注销;排除诊断的不算
select org, subject, record, registered_on as since, ended_on as until
from smd_card
where ended_why is distinct from 'excluded'
