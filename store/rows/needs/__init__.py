"""What jobs need: datasets beside their own, and, as far as it was measured, time and memory."""
