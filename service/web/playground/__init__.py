"""``/playground``: what a spec does to images, tried before anything is trained."""
