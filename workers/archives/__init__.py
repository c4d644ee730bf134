"""Augmented images as files: made in parts by many workers, put together by one, never held in memory as a whole."""
