"""How far a trial is, and how long all of it will take."""
