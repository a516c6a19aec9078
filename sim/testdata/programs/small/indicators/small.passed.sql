select e.org, coalesce(s.sitter, e.subject) as subject, e.record, e.held_on as happened, s.score >= 60 as hit
from exam e join exam__sitters s on s.record = e.record
