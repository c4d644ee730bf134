"""What a worker does when it is rung: the unit of work that is due next, whatever it is."""

from __future__ import annotations

from sqlalchemy.orm import Session

from store.queue import identity
from store.rows import handout, leases
from store.rows.handout import Turn
from workers.context import Context
from workers.leasing.run_leased import carry_out_claimed, claimed
from workers.units import chunk, conclusion, ingestion, model, trial
from workers.units.together.trials import carry_out_together

UNITS = {unit.kind: unit for unit in (ingestion.UNIT, model.UNIT, chunk.UNIT, conclusion.UNIT, trial.UNIT)}
"""By the kind of lease."""


def work(context: Context, queue: str) -> bool:
    """Carry out the unit that is next for this kind of worker; False if nothing was due, which is nothing bad."""

    def claim(session: Session, now: float) -> Turn | None:
        seconds = context.settings.lease_seconds
        return handout.claim_next(session, queue, owner=identity(), now=now, seconds=seconds)

    turn = claimed(context, claim)
    if turn is None:
        return False
    if turn.lease.kind is leases.TRIALS and context.settings.backend == "jax":
        carry_out_together(context, turn)
    else:
        carry_out_claimed(context, turn, UNITS)
    return True
