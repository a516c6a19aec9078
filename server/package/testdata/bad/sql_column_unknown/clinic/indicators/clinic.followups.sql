select org, subject, record,
  visited_no as happened
from followup
