"""What is trained and how, on the wire: models, their configurations, trials."""
