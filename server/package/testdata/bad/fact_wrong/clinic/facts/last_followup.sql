select record, subject, org, happened, sbp, dpb
from followup
