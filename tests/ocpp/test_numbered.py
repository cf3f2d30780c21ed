"""Charges that stations of OCPP 2.0.1 and 2.1 tell in numbered events: from plug to plug, repeated, late and lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from laddnav.db.outbox import drain
from laddnav.db.unit import Database
from laddnav.kit.energy import Energy, wh
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.locations.model import Status
from laddnav.locations.rules import evse_of
from laddnav.metering.model import DoubtKind
from laddnav.ocpp import charges
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Status as Course
from tests.clock import SetClock
from tests.ocpp.conftest import Raw, until
from tests.ocpp.numbered import PACKAGES, Numbered, metered, numbered
from tests.ocpp.stations import all_sessions, count, doubts
from tests.ocpp.test_asked_from_here import start_from_afar
from tests.things import US

CARD: dict[str, Any] = {"id_token": {"id_token": "CARD1", "type": "ISO14443"}}
STRANGER: dict[str, Any] = {"id_token": {"id_token": "NOBODY", "type": "ISO14443"}}
AT_1: dict[str, Any] = {"evse": {"id": 1, "connector_id": 1}}
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=list(PACKAGES))
async def twin(request: pytest.FixtureRequest, url: str, database: Database) -> AsyncIterator[Numbered]:
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(protocols=tuple(PACKAGES)))
    async with numbered(url, request.param) as one:
        yield one


async def status_of_evse(database: Database) -> Status:
    async with database.unit() as unit:
        return evse_of(await locations.fetch(unit, US, US, "LOC1"), "EVSE1").status


async def energy_of_only(database: Database) -> Energy:
    (session,) = await all_sessions(database)
    return session.energy


async def test_a_charge_from_plug_to_plug(twin: Numbered, database: Database, clock: SetClock) -> None:
    """E01.FR.11 E01.FR.12 E06: begun by a card, measured, paused, ended; an Evse is as its charge and Connectors."""
    await twin.status("Available", clock.now())
    assert await status_of_evse(database) is Status.AVAILABLE
    await twin.status("Occupied", clock.now())
    assert await status_of_evse(database) is Status.BLOCKED
    given = await twin.say("Authorize", **CARD)
    assert given.id_token_info["status"] == "Accepted"
    begun = clock.now()
    first = metered(begun, 1000, "Transaction.Begin")
    heard = await twin.tell("Started", begun, **CARD, **AT_1, meter_value=first, info={"charging_state": "Charging"})
    assert heard.id_token_info["status"] == "Accepted"
    assert await status_of_evse(database) is Status.CHARGING
    await twin.tell("Updated", clock.advance(10 * MINUTE), meter_value=metered(clock.now(), 4000))
    await twin.tell("Updated", clock.advance(MINUTE), info={"charging_state": "SuspendedEV"})
    last = metered(clock.advance(10 * MINUTE), 4500, "Transaction.End")
    await twin.tell("Ended", clock.now(), **CARD, meter_value=last, info={"stopped_reason": "Local"})
    (session,) = await all_sessions(database)
    assert (session.status, session.energy, session.started_at) == (Course.COMPLETED, wh(3500), begun)
    assert await doubts(database) == []
    assert await status_of_evse(database) is Status.BLOCKED
    await twin.status("Available", clock.now())
    assert await status_of_evse(database) is Status.AVAILABLE


async def test_a_charge_begins_when_somebody_is_let_in_where_it_stood_by_then(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """E02, E03: the car is plugged in first; who wants to pay comes later, and pays from then on."""
    began = metered(clock.now(), 7000, "Transaction.Begin")
    heard = await twin.tell("Started", clock.now(), **AT_1, meter_value=began, trigger="CablePluggedIn")
    assert heard.id_token_info is None
    assert await all_sessions(database) == []
    let_in = clock.advance(MINUTE)
    heard = await twin.tell("Updated", let_in, **CARD, trigger="Authorized")
    assert heard.id_token_info["status"] == "Accepted"
    await twin.tell("Ended", clock.advance(MINUTE), meter_value=metered(clock.now(), 9000, "Transaction.End"))
    (session,) = await all_sessions(database)
    assert (session.status, session.started_at, session.energy) == (Course.COMPLETED, let_in, wh(2000))


async def test_an_unknown_card_is_told_so_and_its_charge_is_seen_all_the_same(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """E01.FR.12, C01: energy that flowed before the station heard our no is there for whoever looks."""
    heard = await twin.tell("Started", clock.now(), **STRANGER, **AT_1, meter_value=metered(clock.now(), 0))
    assert heard.id_token_info["status"] == "Invalid"
    (session,) = await all_sessions(database)
    assert not session.allowed


@pytest.mark.parametrize("where", [{}, {"evse": {"id": 9}}], ids=["no Evse yet", "no Evse of ours"])
async def test_a_card_is_judged_also_where_no_charge_can_begin(
    twin: Numbered, database: Database, clock: SetClock, where: dict[str, Any]
) -> None:
    """E01.FR.12: "no Evse yet" lets nobody in."""
    for number in (0, 0):
        heard = await twin.tell("Started", clock.now(), number=number, **STRANGER, **where)
        assert heard.id_token_info["status"] == "Invalid"
    heard = await twin.tell("Updated", clock.now(), **STRANGER)
    assert heard.id_token_info["status"] == "Invalid"
    assert await all_sessions(database) == []
    assert await doubts(database) == ([DoubtKind.UNKNOWN_EVSE] if where else [])


async def test_a_card_that_was_shown_before_the_car_was_there_begins_the_charge_with_it(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """E03: at a station whose charges start when somebody is let in, the Evse is known with the cable."""
    heard = await twin.tell("Started", clock.now(), **CARD)
    assert heard.id_token_info["status"] == "Accepted"
    assert await all_sessions(database) == []
    plugged = clock.advance(MINUTE)
    await twin.tell("Updated", plugged, **AT_1, meter_value=metered(plugged, 500), trigger="CablePluggedIn")
    (session,) = await all_sessions(database)
    assert (session.status, session.started_at, session.allowed) == (Course.ACTIVE, plugged, True)
    await twin.tell("Ended", clock.advance(MINUTE), meter_value=metered(clock.now(), 1500, "Transaction.End"))
    assert await energy_of_only(database) == wh(1000)


async def test_whoever_shows_another_card_at_a_charge_is_judged_for_himself(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """E01.FR.12, E07: the charge stays that of whom it began with; who ends it is not held back."""
    await twin.tell("Started", clock.now(), **CARD, **AT_1, meter_value=metered(clock.now(), 0))
    heard = await twin.tell("Updated", clock.advance(MINUTE), **STRANGER)
    assert heard.id_token_info["status"] == "Invalid"
    heard = await twin.tell("Updated", clock.advance(MINUTE), **CARD)
    assert heard.id_token_info["status"] == "Accepted"
    heard = await twin.tell("Ended", clock.now(), **STRANGER, meter_value=metered(clock.now(), 700))
    assert heard.id_token_info["status"] == "Accepted"
    (session,) = await all_sessions(database)
    assert (session.status, session.allowed, session.token.uid) == (Course.COMPLETED, True, "CARD1")


async def test_whoever_is_let_in_after_somebody_was_refused_pays_from_then_on(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """E01.FR.12, E05: what was drawn before is nobody's, what is drawn after is not free."""
    await twin.tell("Started", clock.now(), **STRANGER, **AT_1, meter_value=metered(clock.now(), 0))
    await twin.tell("Updated", clock.advance(MINUTE), meter_value=metered(clock.now(), 100))
    heard = await twin.tell("Updated", clock.advance(MINUTE), **CARD)
    assert heard.id_token_info["status"] == "Accepted"
    await twin.tell("Ended", clock.advance(MINUTE), meter_value=metered(clock.now(), 300, "Transaction.End"))
    refused, paid = await all_sessions(database)
    assert (refused.status, refused.allowed, refused.energy) == (Course.INVALID, False, wh(100))
    assert (paid.status, paid.token.uid, paid.energy) == (Course.COMPLETED, "CARD1", wh(200))


async def test_a_refusal_that_is_heard_of_late_takes_nobodys_place(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """E04, E12: the card that was let in after it came first."""
    at = [clock.now() + number * MINUTE for number in range(3)]
    clock.advance(10 * MINUTE)
    await twin.tell("Updated", at[1], number=1, **CARD)
    heard = await twin.tell("Started", at[0], number=0, **STRANGER, **AT_1, meter_value=metered(at[0], 0))
    assert heard.id_token_info["status"] == "Invalid"
    await twin.tell("Ended", at[2], number=2, meter_value=metered(at[2], 800, "Transaction.End"))
    (session,) = await all_sessions(database)
    assert (session.status, session.token.uid, session.energy) == (Course.COMPLETED, "CARD1", wh(800))


async def test_what_was_read_after_a_card_but_came_before_it_is_not_where_its_charge_begins(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """E02, E04: also the register of the end may come first."""
    at = [clock.now() + number * MINUTE for number in range(3)]
    clock.advance(10 * MINUTE)
    twin.wire.queued = True
    await twin.tell("Started", at[0], number=0, **AT_1, meter_value=metered(at[0], 7000), trigger="CablePluggedIn")
    await twin.tell("Ended", at[2], number=2, meter_value=metered(at[2], 7700, "Transaction.End"))
    await twin.tell("Updated", at[1], number=1, **CARD, trigger="Authorized")
    assert await energy_of_only(database) == wh(700)


async def test_what_was_read_last_before_a_card_counts_also_where_it_is_heard_after_it(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """E02, E04: what had flowed by then is billed to nobody, before the end is heard of and after it."""
    at = [clock.now() + number * MINUTE for number in range(5)]
    clock.advance(10 * MINUTE)
    twin.wire.queued = True
    await twin.tell("Started", at[0], number=0, **AT_1, meter_value=metered(at[0], 7000), trigger="CablePluggedIn")
    await twin.tell("Updated", at[3], number=3, **CARD, trigger="Authorized")
    await twin.tell("Updated", at[2], number=2, meter_value=metered(at[2], 7300))
    await twin.tell("Updated", at[1], number=1, meter_value=metered(at[1], 7100))
    await twin.tell("Ended", at[4], number=4, meter_value=metered(at[4], 8000, "Transaction.End"))
    assert await energy_of_only(database) == wh(700)


async def test_a_charge_whose_start_is_heard_last_begins_when_its_driver_was_let_in(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """E02, E04: what flowed before is not billed, though no Evse was known when it was read."""
    at = [clock.now() + number * MINUTE for number in range(5)]
    clock.advance(10 * MINUTE)
    twin.wire.queued = True
    await twin.tell("Updated", at[3], number=3, meter_value=metered(at[3], 620))
    await twin.tell("Updated", at[1], number=1, meter_value=metered(at[1], 300))
    await twin.tell("Updated", at[2], number=2, **CARD, meter_value=metered(at[2], 500), trigger="Authorized")
    await twin.tell("Started", at[0], number=0, **AT_1, meter_value=metered(at[0], 100), trigger="CablePluggedIn")
    (session,) = await all_sessions(database)
    assert (session.started_at, session.energy) == (at[2], wh(120))
    assert await doubts(database) == [], "each reading was in time for what it is of"
    await twin.tell("Ended", at[4], number=4, meter_value=metered(at[4], 900, "Transaction.End"))
    assert await energy_of_only(database) == wh(400)


async def test_an_evse_charges_no_more_for_a_charge_whose_end_never_came(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """G01: the next one there has ended it, and ended itself."""
    await twin.status("Occupied", clock.now())
    await twin.tell("Started", clock.now(), **CARD, **AT_1, meter_value=metered(clock.now(), 0))
    again = metered(clock.advance(MINUTE), 200)
    await twin.tell("Started", clock.now(), charge="T-2", **CARD, **AT_1, meter_value=again)
    assert await status_of_evse(database) is Status.CHARGING
    await twin.tell("Ended", clock.advance(MINUTE), charge="T-2", meter_value=metered(clock.now(), 500))
    assert await status_of_evse(database) is Status.BLOCKED


async def test_a_card_that_ends_a_charge_of_nobody_begins_none(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """E07."""
    await twin.tell("Started", clock.now(), **AT_1, meter_value=metered(clock.now(), 0), trigger="CablePluggedIn")
    await twin.tell("Ended", clock.advance(MINUTE), **CARD, meter_value=metered(clock.now(), 100))
    assert await all_sessions(database) == []


async def test_what_is_told_twice_counts_once(twin: Numbered, database: Database, clock: SetClock) -> None:
    """OCPP 2.0.1 part 2 E §1.3.1: who hears no answer tells it again."""
    for _ in range(2):
        first = metered(clock.now(), 0)
        heard = await twin.tell("Started", clock.now(), number=0, **CARD, **AT_1, meter_value=first)
        assert heard.id_token_info["status"] == "Accepted"
    for _ in range(2):
        await twin.tell("Ended", clock.now(), number=1, meter_value=metered(clock.now(), 5000))
    assert await energy_of_only(database) == wh(5000)
    assert await count(database, "ocpp_transaction") == 1


async def test_a_name_that_a_station_gives_again_is_another_charge(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """One that counts its charges anew after it was reset: none of them is lost among what was told before."""
    for first in (0, 5000, 9000):
        began = metered(clock.advance(MINUTE), first, "Transaction.Begin")
        await twin.tell("Started", clock.now(), number=0, **CARD, **AT_1, meter_value=began)
        for _ in range(2):
            last = metered(clock.now() + MINUTE, first + 300, "Transaction.End")
            await twin.tell("Ended", clock.now() + MINUTE, number=1, meter_value=last)
        clock.advance(MINUTE)
    assert [(one.status, one.energy) for one in await all_sessions(database)] == [(Course.COMPLETED, wh(300))] * 3
    assert await doubts(database) == []


async def test_numbers_that_begin_again_within_a_charge_hide_neither_its_readings_nor_its_end(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """A station that was reset while a car charged; what is told twice under an old number still counts once."""
    await twin.tell("Started", clock.now(), number=0, **CARD, **AT_1, meter_value=metered(clock.now(), 0))
    for number, register in ((1, 100), (2, 200), (0, 300), (0, 300), (1, 400)):
        await twin.tell("Updated", clock.advance(MINUTE), number=number, meter_value=metered(clock.now(), register))
    assert await energy_of_only(database) == wh(400)
    for _ in range(2):
        last = metered(clock.now() + MINUTE, 500, "Transaction.End")
        await twin.tell("Ended", clock.now() + MINUTE, number=2, meter_value=last)
    (session,) = await all_sessions(database)
    assert (session.status, session.energy) == (Course.COMPLETED, wh(500))
    assert await doubts(database) == []


async def test_a_charge_that_ends_twice_otherwise_is_a_doubt(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    await twin.tell("Started", clock.now(), number=0, **CARD, **AT_1, meter_value=metered(clock.now(), 0))
    for number, register in ((1, 300), (1, 400), (2, 500)):
        last = metered(clock.advance(MINUTE), register, "Transaction.End")
        await twin.tell("Ended", clock.now(), number=number, meter_value=last)
    assert await energy_of_only(database) == wh(300)
    assert await doubts(database) == [DoubtKind.READING_AFTER_STOP] * 2


async def test_events_count_whatever_order_they_come_in(twin: Numbered, database: Database, clock: SetClock) -> None:
    """E04, E12: the end is taken once nothing before it is missing."""
    at = [clock.now() + number * MINUTE for number in range(4)]
    clock.advance(10 * MINUTE)
    twin.wire.queued = True
    await twin.tell("Ended", at[3], number=3, meter_value=metered(at[3], 3000, "Transaction.End"))
    await twin.tell("Updated", at[2], number=2, meter_value=metered(at[2], 2000))
    assert await all_sessions(database) == []
    first = metered(at[0], 0, "Transaction.Begin")
    await twin.tell("Started", at[0], number=0, **CARD, **AT_1, meter_value=first, offline=True)
    (session,) = await all_sessions(database)
    assert session.status is Course.ACTIVE
    await twin.tell("Updated", at[1], number=1, meter_value=metered(at[1], 1000), offline=True)
    (session,) = await all_sessions(database)
    assert (session.status, session.energy, session.ended_at) == (Course.COMPLETED, wh(3000), at[3])


async def test_of_a_gap_the_station_is_asked_and_what_never_comes_is_a_doubt(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """E14.FR.04 E14.FR.05: while it has more to tell we wait, and ask again; then the charge is closed without it."""
    twin.wire.queued = True
    await twin.tell("Started", clock.now(), number=5, **CARD, **AT_1, meter_value=metered(clock.now(), 0))
    last = metered(clock.advance(MINUTE), 2000, "Transaction.End")
    await twin.tell("Ended", clock.now(), number=8, meter_value=last)
    await until(lambda: twin.asked == [("GetTransactionStatus", {"transaction_id": "T-1"})])
    (session,) = await all_sessions(database)
    assert session.status is Course.ACTIVE
    twin.wire.queued = False
    clock.advance(MINUTE)
    await charges.ask_after(database)

    async def is_over() -> bool:
        (session,) = await all_sessions(database)
        return session.status is Course.COMPLETED

    await until(is_over)
    assert await energy_of_only(database) == wh(2000)
    assert DoubtKind.GAP in await doubts(database)


async def test_a_charge_is_asked_for_and_ended_from_here(twin: Numbered, database: Database, clock: SetClock) -> None:
    """F01, F02, F03: by token, type and number; ended by the station's own name for it."""
    session = await start_from_afar(database)
    await until(lambda: twin.asked)
    ((action, said),) = twin.asked
    assert action == "RequestStartTransaction"
    assert (said["id_token"], said["evse_id"]) == ({"id_token": "CARD1", "type": "Central"}, 1)
    info = {"remote_start_id": said["remote_start_id"]}
    first = metered(clock.now(), 0)
    await twin.tell("Started", clock.now(), **CARD, **AT_1, meter_value=first, info=info, trigger="RemoteStart")
    (begun,) = await all_sessions(database)
    assert (begun.id, begun.status) == (session.id, Course.ACTIVE)
    async with database.unit() as unit:
        await sessions.request_stop(unit, US, session.id)
    await drain(database)
    await until(lambda: len(twin.asked) == 2)
    assert twin.asked[1] == ("RequestStopTransaction", {"transaction_id": "T-1"})


async def test_one_bad_word_is_one_error_in_the_spelling_of_the_version(url: str, database: Database) -> None:
    """OCPP 2.0.1 part 4 §4.3."""
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(protocols=tuple(PACKAGES)))
    raw = await Raw.connect(url, protocol="ocpp2.0.1")
    await raw.say("[2,")
    assert (await raw.hear())[2] == "FormatViolation"
    boot = {"reason": "PowerUp", "chargingStation": {"model": "Twin", "vendorName": "Volt"}}
    assert (await raw.ask("BootNotification", boot))[2]["status"] == "Accepted"
    assert (await raw.ask("StartTransaction", {}))[2] == "NotImplemented"
    event = {"eventType": "Began", "timestamp": "2026-11-23T08:00:00Z", "triggerReason": "Authorized", "seqNo": 0}
    wrong = await raw.ask("TransactionEvent", {**event, "transactionInfo": {"transactionId": "T-1"}})
    assert wrong[2] == "PropertyConstraintViolation"
    assert "$.eventType" in wrong[3]
