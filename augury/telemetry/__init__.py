"""What an operator hears of a process."""
