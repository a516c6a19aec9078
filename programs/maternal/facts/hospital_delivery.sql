-- 在机构里的一次分娩;一位产妇生几个都算一次,院外分娩后入院的不算
select org, subject, record, delivered_on
from delivery_record
where outside is distinct from true
