"""How the tests run: which process has which, and what they spend."""
