"""What comes together is carried out together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from service.http.problem import ProblemError
from service.together import groups
from service.together.groups import MAX_GROUP, InGroups


class Held:
    """Carries out groups, each when it is let go; every item comes to its double, or to an error where it is odd."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, items: Sequence[int]) -> list[int | Exception]:
        """What came of each."""
        self.sizes.append(len(items))
        self.begun.set()
        assert self.go.wait(60)
        return [2 * item if item % 2 == 0 else ValueError(item) for item in items]


async def _outcomes(held: Held, first: int, others: Sequence[int]) -> list[int | BaseException]:
    """Of one, and of others that come while that is being carried out."""
    working: InGroups[int, int] = InGroups("numbers")
    with working.running(held):
        tasks = [asyncio.create_task(working.outcome_of(first))]
        await asyncio.to_thread(held.begun.wait, 60)
        tasks += [asyncio.create_task(working.outcome_of(item)) for item in others]
        await asyncio.sleep(0)
        held.go.set()
        return await asyncio.gather(*tasks, return_exceptions=True)


def test_who_comes_while_a_group_is_carried_out_is_in_the_next_one() -> None:
    """The first does not wait for others, and these do not wait for each other."""
    held = Held()
    assert asyncio.run(_outcomes(held, 0, range(2, 20, 2))) == list(range(0, 40, 4))
    assert held.sizes == [1, 9]


def test_what_comes_in_one_turn_of_the_loop_is_one_group() -> None:
    """Though the thread has nothing else to do: each by itself would cost a transaction."""
    held = Held()
    held.go.set()

    async def ask() -> list[int]:
        working: InGroups[int, int] = InGroups("numbers")
        with working.running(held):
            return await asyncio.gather(*(working.outcome_of(item) for item in range(0, 10, 2)))

    assert asyncio.run(ask()) == list(range(0, 20, 4))
    assert held.sizes == [5]


def test_a_group_is_of_a_bounded_size() -> None:
    """So that who is in it is answered in time."""
    held = Held()
    asyncio.run(_outcomes(held, 0, [2] * (MAX_GROUP + 1)))
    assert held.sizes == [1, MAX_GROUP, 1]


def test_what_one_of_a_group_comes_to_is_told_to_that_one_alone() -> None:
    """The others have what came of theirs."""
    first, bad, good = asyncio.run(_outcomes(Held(), 0, [3, 4]))
    assert (first, good) == (0, 8)
    assert isinstance(bad, ValueError)


def test_nobody_is_left_without_an_answer_where_a_group_fails() -> None:
    """All of it get what it failed with."""

    async def ask() -> list[int | BaseException]:
        working: InGroups[int, int] = InGroups("numbers")

        def fail(_items: Sequence[int]) -> Sequence[int | Exception]:
            raise RuntimeError

        with working.running(fail):
            return await asyncio.gather(*(working.outcome_of(item) for item in range(3)), return_exceptions=True)

    assert [type(outcome) for outcome in asyncio.run(ask())] == [RuntimeError] * 3


def test_who_comes_when_too_many_wait_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, and with a hint when to come again."""
    monkeypatch.setattr(groups, "_MAX_WAITING", 2)
    outcomes = asyncio.run(_outcomes(Held(), 0, [2, 4, 6]))
    assert outcomes[:3] == [0, 4, 8]
    refusal = outcomes[3]
    assert isinstance(refusal, ProblemError)
    assert (refusal.type.status, refusal.headers) == (503, {"Retry-After": "5"})


def test_who_has_waited_for_too_long_is_turned_away_and_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its client has given up, or is about to."""
    monkeypatch.setattr(groups, "_PATIENCE_SECONDS", -1.0)
    held = Held()

    async def ask() -> int:
        working: InGroups[int, int] = InGroups("numbers")
        with working.running(held):
            return await working.outcome_of(2)

    with pytest.raises(ProblemError, match="busy with other numbers"):
        asyncio.run(ask())
    assert held.sizes == []
