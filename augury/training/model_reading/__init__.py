"""A model file is read in a process of its own: checked, rebuilt, and written down anew."""
