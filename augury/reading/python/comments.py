"""Comments that silence rules: ``# augury: ignore``, or ``# augury: ignore[zoom-distorts, never-unchanged]``."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Mapping

from augury.reading.found import EVERY_RULE

_COMMENT = re.compile(r"#\s*augury:\s*ignore(?:\[([\w\s,-]*)\])?", re.IGNORECASE)


def silencing(text: str) -> Mapping[int, frozenset[str]]:
    """The rules that comments silence, by the line that the comment is in."""
    if "augury:" not in text.lower():
        return {}
    found: dict[int, frozenset[str]] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            match = _COMMENT.match(token.string) if token.type == tokenize.COMMENT else None
            if match is not None:
                found[token.start[0]] = _rules(match.group(1))
    except (tokenize.TokenError, SyntaxError):  # the parser has said so, or will
        return found
    return found


def _rules(listed: str | None) -> frozenset[str]:
    if listed is None:
        return frozenset({EVERY_RULE})
    return frozenset(rule.strip() for rule in listed.split(",") if rule.strip())
