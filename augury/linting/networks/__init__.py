"""What is said about a spec together with the network that it is for."""
