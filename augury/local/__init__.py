"""The stack that ``augury up`` starts on this machine."""
