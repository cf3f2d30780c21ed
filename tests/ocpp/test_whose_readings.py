"""Whose charge a number names is looked up every few seconds, and a bound that is set here holds at once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from laddnav.db.unit import Database
from laddnav.ocpp import store
from laddnav.ocpp.model import Transaction
from laddnav.ocpp.wire.events import ChargeStarted
from tests.clock import SetClock
from tests.things import US, settled

ONE, TWO = Decimal(1), Decimal(2)


async def begun(database: Database, clock: SetClock) -> int:
    await settled(database)
    start = ChargeStarted(evse_no=1, uid="CARD1", at=clock.now(), register=Decimal(0))
    async with database.unit() as unit:
        number = await store.charges.name(unit, US, "ST1", start, "S1", None)
    assert number is not None
    return number


async def looked_up(database: Database, number: int) -> Transaction:
    async with database.unit() as unit:
        return (await store.charges.by_numbers(unit, [(US, "ST1", number)]))["ST1", number]


async def bound_elsewhere(database: Database, budget: Decimal) -> None:
    async with database.unit() as unit:
        await unit.execute("update ocpp_transaction set budget = $1", budget)


async def test_a_bound_that_another_process_set_holds_a_few_seconds_later(database: Database, clock: SetClock) -> None:
    number = await begun(database, clock)
    assert not (await looked_up(database, number)).bounded
    await bound_elsewhere(database, ONE)
    clock.advance(timedelta(seconds=9))
    assert not (await looked_up(database, number)).bounded
    clock.advance(timedelta(seconds=2))
    assert (await looked_up(database, number)).budget == ONE
    await bound_elsewhere(database, TWO)
    assert (await looked_up(database, number)).budget == TWO, "one with a bound is looked up each time"


async def test_a_bound_that_is_set_here_holds_at_once(database: Database, clock: SetClock) -> None:
    number = await begun(database, clock)
    charge = await looked_up(database, number)
    async with database.unit() as unit:
        store.charges.set_budget(unit, charge, ONE)
    assert (await looked_up(database, number)).budget == ONE
