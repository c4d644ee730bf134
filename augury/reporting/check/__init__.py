"""What a comparison means for a change that waits to be merged: passed or not, for machines and for people."""
