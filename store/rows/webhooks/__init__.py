"""Rows of webhooks and of the messages to them: registered, delivered, tried again, given up."""
