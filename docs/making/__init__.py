"""Makes the documentation site out of the guides and of the code: ``make docs``."""
