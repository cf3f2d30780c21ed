"""Who asks too often waits, and costs nothing meanwhile; nobody else notices."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from laddnav.ocpi.gate import AT_ONCE, REMEMBERED, Gate, Limit, TooOften
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, befriended, installed, stranger


def taken(limit: Limit, who: str, now: float) -> int:
    """How many requests come in at that moment before one is turned away."""
    many = 0
    while many < 1_000:
        try:
            limit.take(who, now)
        except TooOften:
            break
        many += 1
    return many


def test_after_a_pause_many_come_in_at_once_and_then_so_many_a_second() -> None:
    limit = Limit(5)
    assert taken(limit, "a", 100.0) == 5 * AT_ONCE
    assert taken(limit, "a", 100.1) == 0
    assert taken(limit, "a", 101.0) == 5
    assert taken(limit, "a", 10_000.0) == 5 * AT_ONCE


def test_who_is_turned_away_is_told_when_to_come_back() -> None:
    limit = Limit(0.1)
    limit.take("a", 0.0)
    with pytest.raises(TooOften) as refused:
        limit.take("a", 0.0)
    assert refused.value.seconds == 11
    limit.take("a", 11.0)


def test_nobody_waits_for_somebody_else_and_without_a_rate_nobody_waits() -> None:
    limit = Limit(1)
    assert [taken(limit, who, 0.0) for who in ("a", "b")] == [AT_ONCE, AT_ONCE]
    assert taken(Limit(0), "a", 0.0) == 1_000


def test_no_number_of_callers_fills_the_memory() -> None:
    gate = Gate(1, 1)
    for number in range(REMEMBERED + 10):
        gate.enter([f"{number}"], f"2001:db8:0:{number:x}::1", 0.0)
        gate.recognised(f"{number}", f"line {number}", "::1")
    assert all(len(kept) <= REMEMBERED for kept in (gate._lines, gate._partners._buckets, gate._strangers._buckets))


def test_a_partner_is_counted_by_its_line_and_no_stranger_uses_that_up() -> None:
    gate = Gate(1, 1)
    gate.enter(["known"], "192.0.2.1", 0.0)
    gate.recognised("known", "L1", "192.0.2.1")
    for _ in range(AT_ONCE):
        gate.enter(["guess"], "192.0.2.1", 0.0)
    with pytest.raises(TooOften):
        gate.enter(["guess"], "192.0.2.1", 0.0)
    gate.enter(["known"], "192.0.2.1", 0.0)


def test_a_token_that_opens_nothing_any_more_is_a_strangers() -> None:
    gate = Gate(0.1, 1)
    gate.recognised("left", "L1", "192.0.2.1")
    gate.enter(["left"], "192.0.2.1", 0.0)
    gate.unknown(["left"])
    gate.enter(["left"], "192.0.2.1", 0.0)  # of the address, which has asked for nothing yet


async def test_who_asks_too_often_is_told_so_in_an_envelope_and_costs_no_statement(
    database_url: str, clock: SetClock
) -> None:
    """TRN-015, TRN-028: an HTTP error, for it never got as far as OCPI."""
    statements: list[str] = []
    # Three and two at once, and a pause that no test waits for.
    slow: dict[str, Any] = {"partner_rate": 0.3, "stranger_rate": 0.2}
    async with installed(database_url, clock, CPO, Role.CPO, statements=statements, **slow) as cpo:
        async with stranger(await befriended(cpo, EMSP, Role.EMSP)) as ask:
            said = [(await ask("GET", cpo.settings.versions_url)).both for _ in range(4)]
            assert said == [(200, 1000)] * 4  # the first one was a stranger's yet
            statements.clear()
            answer = await ask("GET", cpo.settings.versions_url)
            assert answer.both == (429, 2000) and int(answer.headers["retry-after"]) in (3, 4)
            assert answer.data is None and answer.headers["content-type"] == "application/json"
            assert statements == []
        async with stranger("a-guess") as guess:
            assert [(await guess("GET", cpo.settings.versions_url)).http for _ in range(3)] == [401, 401, 429]


async def test_how_often_a_partner_was_turned_away_is_kept_once_it_comes_in_again(
    database_url: str, clock: SetClock
) -> None:
    async with installed(database_url, clock, CPO, Role.CPO, partner_rate=2) as cpo:
        async with stranger(await befriended(cpo, EMSP, Role.EMSP)) as ask, asyncio.timeout(10):
            while (await ask("GET", cpo.settings.versions_url)).http != 429:
                pass
            while (await cpo.connection()).turned_away == 0:
                await ask("GET", cpo.settings.versions_url)
        assert (await cpo.connection()).turned_away_at == clock.now()
