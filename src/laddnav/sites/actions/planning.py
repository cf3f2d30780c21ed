"""Verbs by which plans are made."""

from __future__ import annotations

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.market import actions as market
from laddnav.market.events import GridTariffChanged, PricesPublished
from laddnav.market.model import Drawn as FromGrid
from laddnav.market.model import Series
from laddnav.readings import actions as readings
from laddnav.scheduling.notes import NoteKind, Said, noted
from laddnav.sessions import actions as sessions
from laddnav.sites import awaited, planning, store, usual, worth
from laddnav.sites.actions.setting_up import fetch
from laddnav.sites.actions.steering import Memory, gathered, key_of
from laddnav.sites.events import PlanMade
from laddnav.sites.facts import Facts, at_step
from laddnav.sites.model.plan import Savings, SitePlan
from laddnav.sites.model.site import Site
from laddnav.sites.priced import ToldKind, with_told
from laddnav.sites.problem import Outlook
from laddnav.sites.quarters import DAY, DAYS, QUARTER, quarter_of
from laddnav.sites.worth import Past


async def plan(database: Database, holder: PartyId, site_id: str, *, why: Said) -> SitePlan:
    """Make a plan now. It is read in one Unit, solved with none open and beside the event loop, and kept in another.

    Where another was made meanwhile, the newer one holds. Raises UnknownSite.
    """
    async with database.unit() as unit:
        site = await fetch(unit, holder, site_id)
        before = await store.plans.find(unit, site)
        store.plans.begun(unit, site)
        facts = await gathered(unit, site, Memory(plan=before))
        outlook = await _outlook_now(unit, facts)
    number = 1 if before is None else before.number + 1
    made = await asyncio.to_thread(planning.solved, facts, outlook, number=number, why=why)
    async with database.unit() as unit:
        _keep(unit, await fetch(unit, holder, site_id), made, facts.at)
    return made


async def _outlook_now(unit: Unit, facts: Facts) -> Outlook:
    """With who usually comes, and who is expected, where the site keeps room for them."""
    site, steps = facts.site, planning.steps_of(facts)
    outlook = await outlook_of(unit, site, steps.start_at, steps.end_at)
    if not site.keeps_room or not awaited.waits(facts):
        return outlook
    stations = sorted({one.station_id for one in site.members})
    stays = await sessions.stays(unit, site.holder, stations, unit.now - usual.BACK, unit.now)
    return replace(outlook, stays=stays, expected=await store.told.expected(unit, site))


def _keep(unit: Unit, site: Site, made: SitePlan, at: datetime) -> None:
    """With what it says of the quarter in which it was made, to be held against what will have happened in it."""
    store.plans.put(unit, site, made)
    quarter = quarter_of(at)
    cars = sum(at_step(made, one.power, quarter) for one in made.cars)
    grid, limit = at_step(made, made.grid, quarter), at_step(made, made.limit, quarter)
    store.quarters.put_planned(unit, site, quarter, cars, grid, limit)
    unit.announce(PlanMade(holder=site.holder, site_id=site.id))


async def savings(database: Database, holder: PartyId, site_id: str, since: datetime, until: datetime) -> Savings:
    """What planning was worth in a time. Raises UnknownSite."""
    async with database.unit() as unit:
        site = await fetch(unit, holder, site_id)
        until = min(until, unit.now)
        evses = [(one.station_id, one.evse_no) for one in site.members]
        begin = quarter_of(since)
        charges = await sessions.charged_at(unit, holder, sorted({id for id, _ in evses}), begin, until)
        past = Past(
            site=site,
            begin_at=begin,
            end_at=max(until, begin + QUARTER),
            charges=[one for one in charges if key_of(one) in evses],
            flows=await readings.flows(unit, holder, evses, begin, until),
            quarters=await store.quarters.between(unit, site, begin, until),
            outlook=await outlook_of(unit, site, begin, until),
        )
    return await asyncio.to_thread(worth.savings, past)


async def outlook_of(unit: Unit, site: Site, begin_at: datetime, end_at: datetime) -> Outlook:
    """What a plan for this time goes by beside what is known of the site itself."""
    tariff = None if site.grid_tariff_id is None else await market.find_tariff(unit, site.holder, site.grid_tariff_id)
    week = await store.quarters.between(unit, site, begin_at - DAY * DAYS, begin_at)
    zone = site.bidding_zone
    prices = None if zone is None else await _prices(unit, site, zone, begin_at, end_at)
    carbon = None if zone is None else await market.carbon(unit, zone, begin_at, end_at)
    told = await store.told.prices(unit, site, begin_at, end_at)
    return Outlook(
        prices=with_told(prices, told, site, ToldKind.PRICE, begin_at, end_at),
        export_prices=with_told(None, told, site, ToldKind.EXPORT_PRICE, begin_at, end_at),
        carbon=with_told(carbon, told, site, ToldKind.CARBON, begin_at, end_at),
        tariff=None if tariff is None else tariff.tariff,
        of_month=await came_in(unit, site, _month_of(site, begin_at), begin_at),
        building={one.at: one.building for one in week if one.building is not None},
        solar={one.at: one.solar for one in week if one.solar is not None},
        foretold=await store.told.forecasts(unit, site, begin_at, end_at),
    )


async def _prices(unit: Unit, site: Site, zone: str, begin_at: datetime, end_at: datetime) -> Series:
    """In the site's own currency, where anybody publishes in it."""
    own = await market.prices(unit, zone, begin_at, end_at, currency=site.currency)
    return own if own.steps else await market.prices(unit, zone, begin_at, end_at)


async def came_in(unit: Unit, site: Site, since: datetime, until: datetime) -> list[FromGrid]:
    """From the grid, by the quarter."""
    known = await store.quarters.between(unit, site, since, until)
    evses = [(one.station_id, one.evse_no) for one in site.members]
    cars = await readings.drawn_by_quarter(unit, site.holder, evses, since, until)
    return planning.came_in(known, cars)


def _month_of(site: Site, at: datetime) -> datetime:
    local = at.astimezone(ZoneInfo(site.time_zone))
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(at.tzinfo)


async def prices_published(database: Database, event: PricesPublished) -> None:
    """Hears PricesPublished: every site that buys there is planned anew."""
    async with database.unit() as unit:
        await store.plans.want(unit, event.holder, noted(NoteKind.PRICES_PUBLISHED), zone=event.zone)


async def tariff_changed(database: Database, event: GridTariffChanged) -> None:
    """Hears GridTariffChanged."""
    async with database.unit() as unit:
        await store.plans.want(unit, event.holder, noted(NoteKind.TARIFF_CHANGED), tariff_id=event.tariff_id)
