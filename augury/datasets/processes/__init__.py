"""Processes of their own in which what strangers sent is read: the side that starts one, and the child's."""
