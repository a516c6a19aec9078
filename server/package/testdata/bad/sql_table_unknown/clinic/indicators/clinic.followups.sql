select org, subject, record, happened
from folowup
