select org, subject, record, handed_out_on as happened, copies as value from leaflet_distribution where internal_use is distinct from true
