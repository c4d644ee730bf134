"""What people do with a whole Augury: from their images to verdicts."""
