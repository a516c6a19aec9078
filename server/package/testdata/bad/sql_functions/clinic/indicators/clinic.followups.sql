select org, subject, record, happened from followup
where happened < current_date and regexp_matches(note, 'x') and lenght(note) > 3
  and round(weight) > 2 and cost > avg(cost) over ()
