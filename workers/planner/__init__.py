"""What is due for a job?"""
