"""What datasets come in: folders, zips, tars, single files."""
