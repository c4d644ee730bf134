"""`augury lint`: one spec in full, or files and folders line by line."""
