"""What keeps the service going: who does what for all, who is there, and which files are to be deleted."""
