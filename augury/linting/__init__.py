"""What can be said about a spec at once, without training: rules as data, with numbers computed for the case."""

from augury.linting.rules import RULES, lint, lint_each, measurements_of

__all__ = ["RULES", "lint", "lint_each", "measurements_of"]
