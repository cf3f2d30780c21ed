"""What a fleet spends: by vehicle and cost centre of the day, at home and with partners."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.db.outbox import drain
from laddnav.fleets import actions as fleets
from laddnav.kit.energy import kwh
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import CdrToken, Session
from laddnav.sessions.model import Status as SessionStatus
from tests.fleets.desk import HOUR, Desk, desk, hears
from tests.fleets.vans import departure_said, vehicle_said
from tests.things import THEM, US

__all__ = ["desk", "hears"]  # fixtures


async def test_what_a_vehicle_charged_is_on_the_cost_centre_of_the_day(desk: Desk) -> None:
    """2.50 SEK a kWh and 5 SEK a charge, before taxes."""
    await desk.add(vehicle_said(cards="CARD1", cost_centre="4010"))
    session = await desk.plug_in()
    desk.clock.advance(HOUR)
    await desk.unplug(session, 10_000)
    assert await desk.spent() == [("4010", 1, Decimal(10), Decimal(30))]
    await desk.add(vehicle_said(cards="CARD1", cost_centre="4020"))
    assert await desk.spent() == [("4010", 1, Decimal(10), Decimal(30))]
    desk.clock.advance(timedelta(days=1))
    session = await desk.plug_in(register=10_000)
    desk.clock.advance(HOUR)
    await desk.unplug(session, 12_000)
    assert await desk.spent() == [("4010", 1, Decimal(10), Decimal(30)), ("4020", 1, Decimal(2), Decimal(10))]
    assert await desk.spent(date(2026, 12, 1)) == []


async def test_a_cdr_that_is_taken_back_costs_nothing(desk: Desk) -> None:
    await desk.add(vehicle_said(cards="CARD1", cost_centre="4010"))
    session = await desk.plug_in()
    desk.clock.advance(HOUR)
    await desk.unplug(session, 10_000)
    async with desk.database.unit() as unit:
        (cdr,) = await cdrs.page(unit, US)
        await cdrs.credit(unit, cdr.ref, by="a test", why="a mistake")
    await drain(desk.database)
    assert await desk.spent() == [("4010", 0, Decimal(0), Decimal(0))]


async def test_a_charge_with_a_partner_counts_by_its_token_even_if_no_session_was_told(desk: Desk) -> None:
    await desk.add(vehicle_said(cards="CARD1", cost_centre="4010"))
    session = await desk.plug_in()
    desk.clock.advance(HOUR)
    await desk.unplug(session, 10_000)
    async with desk.database.unit() as unit:
        (ours,) = await cdrs.page(unit, US)
        theirs = replace(ours, owner=THEM, id="ROAM1", ref=unit.new_id(), session_id=None, lines=())
        await cdrs.receive(unit, theirs, b"{}")
    await drain(desk.database)
    async with desk.database.unit() as unit:
        for review in await cdrs.disputes(unit, US):
            await cdrs.accept(unit, review.ref, by="a test", why="a test")
    await drain(desk.database)
    async with desk.database.unit() as unit:
        (sums,) = await fleets.month(unit, await fleets.by_ref(unit, desk.ref), date(2026, 11, 1))
    assert (sums.charges, sums.energy, sums.roamed, sums.cost.normalize()) == (2, kwh(20), kwh(10), Decimal(60))


async def test_a_partners_session_fills_the_battery_too(desk: Desk) -> None:
    van = await desk.add(vehicle_said(cards="CARD1"))
    await desk.leaves(departure_said())
    await desk.tell(van, 20)
    async with desk.database.unit() as unit:
        theirs = Session(
            holder=US,
            owner=THEM,
            id="ROAM1",
            ref=unit.new_id(),
            status=SessionStatus.ACTIVE,
            token=CdrToken(owner=US, uid="CARD1", type="RFID", contract_id="SE-LAD-CCARD1"),
            auth_method="WHITELIST",  # type: ignore[arg-type]  # as it is spelt
            location_id="L9",
            evse_uid="E9",
            connector_id="1",
            started_at=unit.now,
            currency="SEK",
            time_zone="UTC",
            last_updated=unit.now,
        )
        await sessions.hear(unit, theirs)
    await drain(desk.database)
    (looks, *_) = await desk.looks()
    assert looks.plugged is None
    at = desk.clock.advance(HOUR)
    async with desk.database.unit() as unit:
        over = replace(theirs, status=SessionStatus.COMPLETED, energy=kwh(20), ended_at=at, last_updated=at)
        await sessions.hear(unit, over)
    await fleets.look_after(desk.database)
    content = (await desk.looks())[0].content
    assert (content.energy, content.at) == (kwh(30), at)
