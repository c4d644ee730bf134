"""Candidates of several jobs beside each other, and the images behind what they confuse."""
