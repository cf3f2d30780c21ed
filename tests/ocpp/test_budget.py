"""A charge for so much money ends when it has cost that, and goes on where its driver thinks otherwise meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.ocpp import credit
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions.preferring import prefer
from laddnav.sessions.events import PreferencesChanged
from laddnav.sessions.model import Budget, Preferences, ProfileType, Voice
from tests.clock import SetClock
from tests.ocpp.conftest import until
from tests.ocpp.numbered import Numbered, metered, numbered
from tests.things import US

CARD: dict[str, Any] = {"id_token": {"id_token": "CARD1", "type": "ISO14443"}}
AT_1: dict[str, Any] = {"evse": {"id": 1, "connector_id": 1}}
WHILE = timedelta(minutes=10)  # between two readings


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {PreferencesChanged: [credit.budgeted]}


@pytest.fixture
async def twin(url: str, database: Database) -> AsyncIterator[Numbered]:
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(protocols=("ocpp2.1",), on_connect="none"))
    async with numbered(url, "ocpp2.1") as one:
        yield one


async def spend(database: Database, *, at_most: str | None) -> None:
    async with database.unit() as unit:
        (session,) = await sessions.page(unit, US)
        budget = None if at_most is None else Budget(amount=Decimal(at_most), currency="SEK")
        wants = Preferences(profile=ProfileType.REGULAR, budget=budget)
        assert (await prefer(unit, US, session.id, wants, by=Voice.DRIVER)).kept
    await drain(database)


async def test_it_ends_with_the_first_reading_that_shows_its_budget_used_up(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """6.25 to start and 3.125 a kWh, taxes in both: 20 SEK are more than 4 kWh; what is above is of one reading.

    A budget that is raised on the way holds from then on, and one that is used up already ends the charge at once.
    """
    await twin.tell("Started", clock.now(), **CARD, **AT_1, meter_value=metered(clock.now(), 0))
    await spend(database, at_most="15")
    await spend(database, at_most="20")
    for register in (2000, 4000):
        await twin.tell("Updated", clock.advance(WHILE), meter_value=metered(clock.now(), register))
        await asyncio.sleep(0)
        assert "RequestStopTransaction" not in dict(twin.asked)
    await spend(database, at_most=None)
    await twin.tell("Updated", clock.advance(WHILE), meter_value=metered(clock.now(), 6000))
    await asyncio.sleep(0)
    assert "RequestStopTransaction" not in dict(twin.asked)
    await spend(database, at_most="24")
    await until(lambda: ("RequestStopTransaction", {"transaction_id": "T-1"}) in twin.asked)
