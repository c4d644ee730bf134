"""`augury compare`: one line from a folder of images to a verdict."""
