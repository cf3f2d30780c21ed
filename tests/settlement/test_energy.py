"""What the energy of a charge cost, by its readings, the market and the grid; and the share that waits for it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrClosed
from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Database, Unit
from laddnav.market import actions as market
from laddnav.market.events import GridTariffChanged
from laddnav.market.model import EnergyPart, GridTariff, MarketStep, Published, Rate
from laddnav.sessions.events import SessionEnded
from laddnav.settlement.actions import earning, hosting
from laddnav.settlement.margins import Unknown
from laddnav.settlement.sharing import Agreement, EnergyFrom, Host
from laddnav.sites import actions as sites
from laddnav.sites.events import SiteChanged
from laddnav.sites.model.site import Member, Site
from tests.clock import SetClock
from tests.sites.garage import site as garage
from tests.things import US, settled
from tests.web.site import Site as Console
from tests.web.site import begin, measure, stop

QUARTER = timedelta(minutes=15)


async def test_energy_costs_what_market_and_grid_asked_and_a_share_waits_until_all_of_that_is_known(
    database: Database, clock: SetClock
) -> None:
    """3 kWh in half an hour, a quarter at 1 SEK and one at 2, and 0.50 for the grid: 4.50 and 1.50.

    Nobody has said where its energy is bought when it ends.
    """
    start, station = clock.now(), await settled(database)
    grid = GridTariff(
        name="Grid",
        currency="SEK",
        time_zone="Europe/Stockholm",
        energy=(EnergyPart(name="Carried", rates=(Rate(per_kwh=Decimal("0.5")),)),),
    )
    async with database.unit() as unit:
        host = Host(holder=US, ref="", id="h", name="Host", country="SE", said_at=start, said_by="")
        await hosting.save_host(unit, host, by="ada")
        half = Agreement(
            holder=US,
            ref="",
            host="h",
            places=("LOC1",),
            since=date(2026, 1, 1),
            currency="SEK",
            percent=Decimal(50),
            energy=EnergyFrom.KNOWN,
            said_at=start,
            said_by="",
        )
        await hosting.agree(unit, half, by="ada")
        await _publish(unit, start, 1)
    place = Console(database=database, url="", known=set())
    charge = await begin(place, clock, station)
    await measure(place, clock, station, charge, 2000, 3000)
    ended = await stop(place, clock, charge, 4000)
    await cdrs.close(database, SessionEnded(holder=US, owner=str(US), session_id=ended.id))
    async with database.unit() as unit:
        (cdr,) = await cdrs.page(unit, US)
    closed = CdrClosed(holder=US, owner=str(US), cdr_id=cdr.id)
    await billing.bill(database, closed)
    await earning.account_for(database, closed)
    assert {Unknown.NO_SITE, Unknown.NO_ENERGY} <= set(await _unknown(database, cdr))

    # Whoever sets up the site, or what its grid asks for, has what was charged there before looked at again.
    bare = garage(members=(Member(station_id=station.id, evse_no=1, amps_max=Decimal(16)),))
    await _set_up(database, bare)
    assert Unknown.NO_ZONE in await _unknown(database, cdr)
    await _set_up(database, replace(bare, bidding_zone="SE3", grid_tariff_id="grid"))
    assert Unknown.NO_PRICES in await _unknown(database, cdr)
    async with database.unit() as unit:
        await _publish(unit, start + QUARTER, 2)
    await earning.look_again(database)  # not yet
    assert Unknown.NO_PRICES in await _unknown(database, cdr)
    clock.advance(timedelta(hours=1))
    await earning.look_again(database)
    assert await _unknown(database, cdr) == {Unknown.NO_GRID_TARIFF, Unknown.NO_ENERGY, Unknown.NO_PAYMENT}
    async with database.unit() as unit:
        assert await hosting.owed(unit, host) == []
        await market.save_tariff(unit, US, "grid", grid, by="ada")
    await earning.tariff_changed(database, GridTariffChanged(holder=US, tariff_id="grid"))
    await earning.look_again(database)
    await earning.look_again(database)
    async with database.unit() as unit:
        known = await earning.of_cdr(unit, cdr)
        (owed,) = await hosting.owed(unit, host)
    assert known is not None
    assert (known.energy, known.grid) == (Decimal("4.50"), Decimal("1.50"))
    assert owed.shared == known.shares == (known.revenue - 6) / 2
    assert known.at_most == known.revenue - 6 - owed.shared


async def _set_up(database: Database, site: Site) -> None:
    async with database.unit() as unit:
        await sites.save(unit, site, by="ada")
    await earning.site_changed(database, SiteChanged(holder=US, site_id=site.id))
    await earning.look_again(database)


async def _unknown(database: Database, cdr: Cdr) -> set[Unknown]:
    async with database.unit() as unit:
        found = await earning.of_cdr(unit, cdr)
    assert found is not None
    return set(found.unknown)


async def _publish(unit: Unit, begin_at: datetime, price: int) -> None:
    step = MarketStep(begin_at, QUARTER, Decimal(price))
    await market.keep(unit, Published(zone="SE3", currency="SEK", steps=(step,)), source="test", by="ada")
