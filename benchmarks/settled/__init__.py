"""Trials that are trained once and kept, and how many of them every verdict takes."""
