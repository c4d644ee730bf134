"""What jobs have answered, in a few words and numbers each, so that many can be listed without reading any report."""
