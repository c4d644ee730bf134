"""Images as they may come in use: turned, blurred, dark, noisy, compressed; the same changes for every model."""
