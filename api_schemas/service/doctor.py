"""What `augury doctor` finds, as one part of it tells another and as ``--json`` prints it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

Level = Literal["fine", "warning", "problem"]


class Finding(BaseModel):
    """One thing that was looked at."""

    check: str = Field(description="What was looked at, in a word.", examples=["database"])
    level: Level = Field(description="warning: it works, and will not for long or for all. problem: it does not work.")
    says: str = Field(description="What was found, in a line.")
    remedy: str | None = Field(None, description="What to do about it; null where nothing is to be done.")


class Examination(BaseModel):
    """What one part of an installation has found of itself."""

    findings: list[Finding]
    variables: list[str] = Field(description="Names of the environment variables that this part reads.")


def fine(check: str, says: str) -> Finding:
    """Nothing is to be done."""
    return Finding(check=check, level="fine", says=says)


def warning(check: str, says: str, remedy: str) -> Finding:
    """Something is to be done soon."""
    return Finding(check=check, level="warning", says=says, remedy=remedy)


def problem(check: str, says: str, remedy: str) -> Finding:
    """Something is to be done."""
    return Finding(check=check, level="problem", says=says, remedy=remedy)
