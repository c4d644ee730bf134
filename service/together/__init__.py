"""What comes together is done together."""
