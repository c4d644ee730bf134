"""Sending messages to webhooks, beside what else a control worker does."""
