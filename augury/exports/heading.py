"""What an exported file says about itself before its first line of code."""

from __future__ import annotations

import textwrap

from api_schemas.exports.export import Caveat, Fidelity, worst

_WIDTH = 110
_MEANINGS = {
    Fidelity.EXACT: "Exact: the same parameters give the same pixels, within 0.01 of 255.",
    Fidelity.SAME_DISTRIBUTION: "Same distribution: no parameter can be handed over, but images are distributed alike.",
    Fidelity.APPROXIMATE: "Approximate: what is different is listed here.",
    Fidelity.NOT_EXPRESSIBLE: "Not all of it can be said here: what is missing or different is listed.",
}


def meaning(differences: list[Caveat]) -> str:
    """The class of the whole, in a sentence."""
    return _MEANINGS[worst([each.fidelity for each in differences])]


def docstring(title: str, differences: list[Caveat], use: str) -> str:
    """The docstring of an exported Python file: what it is, how near it comes, and how it is used.

    Args:
        title: one line, ending with a full stop.
        differences: from the spec.
        use: lines of code, indented as they are to be shown.
    """
    listed = [
        textwrap.fill(f"- {', '.join(each.parameters)}: {each.message}", _WIDTH, subsequent_indent="  ")
        for each in differences
    ]
    parts = [title, "\n".join([meaning(differences), *listed]), use]
    return '"""' + "\n\n".join(part for part in parts if part) + '\n"""\n'
