"""What a member pays at our stations: the Tariff of their plan, from the beginning of a charge on."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from laddnav.customers import actions as customers
from laddnav.customers.actions import subscribing
from laddnav.customers.plan import Version
from laddnav.customers.rules import CustomerSaid
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions.grounds import place
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, TariffDimension
from laddnav.tokens import rules as cards
from tests.clock import SetClock
from tests.customers.test_subscribed import plan
from tests.things import THEM, US, WHERE, component, connector, evse, location, settle_in, tariff, token

CARD = token()


async def with_members(unit: Unit) -> Station:
    """T1 for everybody, and T1M for whoever has the plan Plus, which is the customer with CARD1."""
    station = await settle_in(unit)
    member = (Element(components=(component(TariffDimension.ENERGY, "1.50"),)),)
    await tariffs.keep(unit, US, tariff("T1M", elements=member))
    await tariffs.assign(unit, US, "T1M", "plus")
    await locations.keep(unit, US, location(evses=(evse(connectors=(connector(tariff_ids=("T1", "T1M")),)),)))
    version = Version(since=date(2026, 1, 1), fee=Decimal(99), price_group="plus")
    offered = await subscribing.offer(unit, plan(versions=(version,)), by="test")
    anna = await customers.add(unit, US, CustomerSaid(name="Anna"), by="test")
    await customers.keep_contract(unit, anna.ref, CARD.contract_id, by="test")
    await subscribing.subscribe(unit, anna.ref, offered.ref, by="test")
    return station


async def price(unit: Unit, station: Station, party: PartyId | None, contract: str | None) -> str | None:
    ground = await place(unit, station, 1, WHERE, None, unit.now, party, contract=contract)
    return None if ground.tariff is None else ground.tariff.id


async def test_a_member_has_the_price_of_the_plan_and_nobody_else_has(database: Database) -> None:
    async with database.unit() as unit:
        station = await with_members(unit)
    async with database.unit() as unit:
        assert await price(unit, station, US, CARD.contract_id.lower()) == "T1M"
        assert await price(unit, station, US, "SE-LAD-C2") == "T1"
        assert await price(unit, station, THEM, CARD.contract_id) == "T1"
        assert await price(unit, station, None, None) == "T1"
        given = cards.decided(CARD, unit.now, None)
        session = await sessions.begin(
            unit, station=station, evse_no=1, uid="CARD1", given=given, at=unit.now, register=None
        )
        assert session.tariff_id == "T1M"


async def test_who_pauses_their_plan_has_the_price_of_everybody_from_the_next_month_on(
    database: Database, clock: SetClock
) -> None:
    async with database.unit() as unit:
        station = await with_members(unit)
    async with database.unit() as unit:
        (anna,) = await customers.page(unit, US)
        paused = await subscribing.pause(unit, anna.ref, by="test")
        assert await price(unit, station, US, CARD.contract_id) == "T1M", "this month is paid"
    clock.advance(paused.moves[0].on - clock.now().date() + timedelta(days=1))
    async with database.unit() as unit:
        assert await price(unit, station, US, CARD.contract_id) == "T1"
