"""The HTTP front end: it validates, records and publishes; the work is done by the workers."""
