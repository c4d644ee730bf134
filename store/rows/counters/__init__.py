"""What is counted for those who run the service: how many, and how long, since there is a database."""
