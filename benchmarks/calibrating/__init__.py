"""What the calibration of verdicts is made from."""
