"""Mail that we send: written with what it tells of, carried by a job, sent once as far as SMTP allows."""
