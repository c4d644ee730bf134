"""Who waits or listens in this process, and the one look at the database for all of them."""
