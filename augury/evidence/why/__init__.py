"""What lies behind a candidate's result: affinity, attribution, classes, causes, in sentences."""
