"""What to do first, what to do next where something went wrong, and what could be typed here."""
