"""The service held to its own description: whatever the OpenAPI document says, by tools that others made."""
