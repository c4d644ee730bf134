"""The wire contract of Augury: pydantic models only, shared by every other package."""
