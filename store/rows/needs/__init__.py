"""What jobs need beside their own dataset."""
