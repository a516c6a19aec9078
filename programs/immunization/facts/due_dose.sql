-- 应种的一剂;作废的不算
select org, subject, record, vaccine, due_on, given_on
from vaccine_dose
where registered_in_error is distinct from true
