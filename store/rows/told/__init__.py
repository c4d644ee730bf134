"""What is told: how far events can be, and whether there is anything new, for less than reading it costs."""
