"""How far events can be told, and whether there is anything to look at."""
