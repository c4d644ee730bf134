"""What is due next for a job whose dataset is ready: one module per kind of job."""
