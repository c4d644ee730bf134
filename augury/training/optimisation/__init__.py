"""What training options amount to: optimizer, loss, learning rates, and which weights are taken in the end."""
