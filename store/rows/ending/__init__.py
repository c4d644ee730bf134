"""What goes for good: old jobs, datasets and models that nobody asks for, whole projects."""
