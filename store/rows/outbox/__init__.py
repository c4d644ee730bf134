"""The outbox: what webhooks are to be told, written in the transaction of what it tells of."""
