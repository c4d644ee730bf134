"""A comparison as a check of a change: what fails it, where that is written, and by which code the command ends."""
