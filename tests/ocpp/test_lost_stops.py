"""Charges without a Session whose stop is lost: over once their Station shows it, and not if it speaks of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from laddnav.db.unit import Database
from laddnav.kit.energy import wh
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.metering.model import DoubtKind
from laddnav.ocpp.cures import actions as cures
from laddnav.ocpp.tasks import actions as tasks
from laddnav.ocpp.tasks import going_on
from laddnav.ocpp.tasks.model import Kind, Selection, StepState
from laddnav.ocpp.tasks.works import Resetting
from laddnav.sessions.model import Status as Course
from tests.clock import SetClock
from tests.ocpp.conftest import until
from tests.ocpp.managed import Managed, managed
from tests.ocpp.numbered import PACKAGES, metered, numbered
from tests.ocpp.stations import all_sessions, doubts
from tests.things import US

MINUTE = timedelta(minutes=1)
NOWHERE = 9  # behind which no Evse of ours stands
CARD: dict[str, Any] = {"id_token": {"id_token": "CARD1", "type": "ISO14443"}}


async def _wait_for_idle(database: Database) -> None:
    async with database.unit() as unit:
        await tasks.begin(unit, US, Kind.RESET, Resetting(), at=Selection(), by="ada")


async def _state(database: Database) -> StepState:
    await cures.look_after(database)
    await going_on.go_on(database)
    async with database.unit() as unit:
        (_, (step, *_)) = await tasks.task(unit, (await tasks.page(unit, US))[0][0].ref)
    return step.state


async def _goes_on(database: Database) -> None:
    async def done() -> bool:
        return await _state(database) is StepState.DONE

    await until(done, 10)


async def _start(wire: Managed, clock: SetClock, number: int = NOWHERE) -> int:
    start = {"connector_id": number, "id_tag": "CARD1", "meter_start": 0}
    begun = await wire.say("StartTransaction", **start, timestamp=clock.now().isoformat())
    return int(begun.transaction_id)


async def _stop(wire: Managed, charge: int, clock: SetClock) -> None:
    await wire.say("StopTransaction", transaction_id=charge, meter_stop=6000, timestamp=clock.now().isoformat())


async def _status(wire: Managed, said: str, number: int = NOWHERE) -> None:
    await wire.say("StatusNotification", connector_id=number, error_code="NoError", status=said)


async def test_a_lost_stop_keeps_no_task_waiting_once_nobody_stands_there(
    url: str, database: Database, clock: SetClock
) -> None:
    """Not while its station says otherwise, nor at once: a stop may be under way. One that comes later is believed."""
    async with managed(url, "ocpp1.6", {"Reset": {"status": "Accepted"}}) as wire:
        await wire.boot()
        await _status(wire, "Available")
        clock.advance(MINUTE)
        charge = await _start(wire, clock)
        await _wait_for_idle(database)
        clock.advance(20 * MINUTE)
        assert await _state(database) is StepState.WAITING  # what it was before it began shows nothing
        await _status(wire, "Charging")
        clock.advance(20 * MINUTE)
        await _status(wire, "Available", number=1)
        clock.advance(20 * MINUTE)
        assert await _state(database) is StepState.WAITING  # another Evse is free
        await _status(wire, "Available")
        clock.advance(9 * MINUTE)
        assert await _state(database) is StepState.WAITING
        clock.advance(MINUTE)
        await _goes_on(database)
        assert wire.asked == [("Reset", {"type": "Soft"})]
        await _stop(wire, charge, clock)
        assert await doubts(database) == [DoubtKind.UNKNOWN_EVSE]


async def test_the_next_charge_there_ends_one_whose_stop_is_lost(url: str, database: Database, clock: SetClock) -> None:
    """What its own Evse tells of a charge beside it does not."""
    async with managed(url, "ocpp1.6", {"Reset": {"status": "Accepted"}}) as wire:
        await wire.boot()
        await _start(wire, clock)
        await _wait_for_idle(database)
        clock.advance(MINUTE)
        await _stop(wire, await _start(wire, clock, number=1), clock)
        assert await _state(database) is StepState.WAITING
        clock.advance(MINUTE)
        later = await _start(wire, clock)
        assert await _state(database) is StepState.WAITING
        await _stop(wire, later, clock)
        await _goes_on(database)


@pytest.mark.parametrize("protocol", PACKAGES)
async def test_a_charge_that_nobody_pays_for_yet_is_under_way_again_when_its_station_speaks_of_it(
    url: str, database: Database, clock: SetClock, protocol: str
) -> None:
    """A car was plugged in, and what came after it was held up on the way; it is billed as though it had not been."""
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(protocols=tuple(PACKAGES)))
    async with numbered(url, protocol) as twin:
        begun = clock.now()
        first = metered(begun, 1000, "Transaction.Begin")
        await twin.tell("Started", begun, evse={"id": 1, "connector_id": 1}, meter_value=first)
        let_in = clock.advance(MINUTE)
        ended = clock.advance(20 * MINUTE)
        await twin.status("Available", clock.now())
        await _wait_for_idle(database)
        assert await _state(database) is StepState.WAITING
        clock.advance(11 * MINUTE)
        assert await _state(database) is not StepState.WAITING
        await twin.tell("Updated", let_in, **CARD, trigger="Authorized")
        (session,) = await all_sessions(database)
        assert session.status is Course.ACTIVE
        await twin.tell("Ended", ended, meter_value=metered(ended, 9000, "Transaction.End"))
        (session,) = await all_sessions(database)
        assert (session.status, session.energy, session.ended_at) == (Course.COMPLETED, wh(8000), ended)
