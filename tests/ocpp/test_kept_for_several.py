"""What is booked for several Tokens waits at the station for each of them, though it can be told of one alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from laddnav.bookings import actions as bookings
from laddnav.bookings.actions import deciding, offering, waiting
from laddnav.bookings.model import Booking, ReservationStatus
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp import calls
from laddnav.reservations import actions as reservations
from laddnav.reservations.events import ReservationChanged, ReservationRequested
from laddnav.reservations.model import State
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import SessionStarted, StartRequested
from laddnav.sessions.model import CdrToken, Session
from laddnav.sessions.rules import EvseBusy
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import TokenType
from tests.bookings.offers import DRIVER, at, place, request
from tests.clock import SetClock
from tests.ocpp.conftest import Raw
from tests.things import THEM, US, WHERE, evse, location, token

FAMILY = CdrToken(owner=THEM, uid="FAMILY", type=TokenType.RFID, contract_id="C1")
FRIEND = CdrToken(owner=US, uid="CARD1", type=TokenType.RFID, contract_id="C2")
STRANGER = CdrToken(owner=US, uid="CARD2", type=TokenType.RFID, contract_id="C3")


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {
        ReservationRequested: [calls.reservation_requested],
        ReservationChanged: [waiting.reservation_went_on],
        SessionStarted: [reservations.session_went_on, waiting.session_went_on],
        StartRequested: [calls.start_requested],
    }


class Plaza:
    """An Evse booked from 10:00 for three Tokens, and its station, which answers as it is told to."""

    def __init__(self, database: Database, clock: SetClock, station: Raw) -> None:
        self.database, self.clock, self.station = database, clock, station

    async def book(self, *tokens: CdrToken) -> Booking:
        async with self.database.unit() as unit:
            return await deciding.take(unit, US, request(tokens=tokens))

    async def asked(self, action: str, answer: str = "Accepted") -> dict[str, Any]:
        """What the station is asked now; it says this to it."""
        await drain(self.database)
        _, id, said, payload = await self.station.hear()
        assert said == action
        await self.station.say(json.dumps([3, id, {"status": answer}]))
        return dict(payload)

    async def keep(self, booking: Booking) -> dict[str, Any]:
        await waiting.look_after(self.database)
        told = await self.asked("ReserveNow")
        async with self.database.unit() as unit:
            number = (await bookings.by_ref(unit, booking.ref)).reservation
        assert number is not None
        await self._until_held(number)
        return told

    async def _until_held(self, number: int) -> None:
        # Frames are taken in order, so that the answer before this one was heard.
        await self.station.ask("Heartbeat", {}, "beat")
        async with self.database.unit() as unit:
            one = await reservations.numbered(unit, US, number)
            assert one is not None and one.state is State.HELD

    async def shown(self, uid: str) -> dict[str, Any]:
        answer = await self.station.ask("Authorize", {"idTag": uid}, f"show {uid}")
        return dict(answer[2]["idTagInfo"])

    async def begin(self, uid: str) -> Session:
        said = {"connectorId": 1, "idTag": uid, "meterStart": 0, "timestamp": "2026-11-23T10:05:00Z"}
        await self.station.ask("StartTransaction", said, f"start {uid}")
        await drain(self.database)
        async with self.database.unit() as unit:
            (session,) = await sessions.page(unit, US)
            return session

    async def status(self, booking: Booking) -> ReservationStatus:
        async with self.database.unit() as unit:
            return (await bookings.by_ref(unit, booking.ref)).status


@pytest.fixture
async def plaza(url: str, station: Station, database: Database, clock: SetClock) -> Plaza:
    async with database.unit() as unit:
        only = evse("EVSE1", capabilities=("RESERVABLE",), last_updated=unit.now)
        await locations.keep(unit, US, location(evses=(only,), last_updated=unit.now))
        await tokens.keep(unit, US, token("CARD2"))
        await offering.offer(unit, place())
    one = Plaza(database, clock, await Raw.connect(url))
    clock.set(at(9))
    return one


async def test_each_of_its_tokens_opens_what_is_booked_and_no_other_does(plaza: Plaza) -> None:
    """BOOK-020, BOOK-022: the station is told that they are a group, and asks of those that it does not know."""
    booking = await plaza.book(DRIVER, FAMILY, FRIEND)
    plaza.clock.set(at(10))
    told = await plaza.keep(booking)
    assert told["idTag"] == "PHONE" and 0 < len(told["parentIdTag"]) <= 20
    for one in (DRIVER, FAMILY, FRIEND):
        assert await plaza.shown(one.uid) == {"status": "Accepted", "parentIdTag": told["parentIdTag"]}
    assert "parentIdTag" not in await plaza.shown("CARD2")
    session = await plaza.begin("FAMILY")
    assert (session.token, session.authorization_reference) == (FAMILY, "AUTH1")
    assert await plaza.status(booking) is ReservationStatus.FULFILLED


async def test_from_afar_each_of_its_tokens_begins_it_under_the_name_that_the_station_knows(plaza: Plaza) -> None:
    """BOOK-020: and where the station refuses, it waits for whoever comes."""
    booking = await plaza.book(DRIVER, FAMILY, FRIEND)
    plaza.clock.set(at(10))
    await plaza.keep(booking)
    async with plaza.database.unit() as unit:
        with pytest.raises(EvseBusy):
            await sessions.request_start(unit, holder=US, token=STRANGER, evse=WHERE)
        await sessions.request_start(unit, holder=US, token=FAMILY, evse=WHERE, command_id="first")
    assert (await plaza.asked("RemoteStartTransaction", "Rejected"))["idTag"] == "PHONE"
    await plaza.station.ask("Heartbeat", {}, "beat 2")
    async with plaza.database.unit() as unit:
        (waits,) = await sessions.page(unit, US)
        assert waits.token == DRIVER
        await sessions.request_start(unit, holder=US, token=FRIEND, evse=WHERE, command_id="second")
    assert (await plaza.asked("RemoteStartTransaction"))["idTag"] == "PHONE"
    assert (await plaza.begin("PHONE")).token == FRIEND
    assert await plaza.status(booking) is ReservationStatus.FULFILLED


async def test_a_single_token_is_no_group_and_a_change_of_tokens_replaces_what_is_kept(plaza: Plaza) -> None:
    """BOOK-007, BOOK-020: under the same number, so that the Evse is free for nobody meanwhile."""
    booking = await plaza.book(DRIVER)
    plaza.clock.set(at(9.25))
    async with plaza.database.unit() as unit:
        await unit.execute("update booking set hold_at = $1", at(9))
    first = await plaza.keep(booking)
    assert "parentIdTag" not in first and "parentIdTag" not in await plaza.shown("FAMILY")
    changed = await plaza.book(FAMILY, FRIEND)
    assert (changed.id, changed.status) == (booking.id, ReservationStatus.RESERVED)
    async with plaza.database.unit() as unit:
        await unit.execute("update booking set hold_at = $1", at(9))
    second = await plaza.keep(booking)
    assert (second["reservationId"], second["idTag"]) == (first["reservationId"], "FAMILY")
    plaza.clock.set(at(10) + timedelta(minutes=1))
    assert (await plaza.begin("CARD1")).token == FRIEND
    assert await plaza.status(booking) is ReservationStatus.FULFILLED
