"""Verbs about what a site is told from outside: what its meters measure, and what others limit it to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.scheduling.notes import NoteKind, noted
from laddnav.sites import priced, quarters, rules, store
from laddnav.sites.actions.setting_up import fetch
from laddnav.sites.events import SiteLimited
from laddnav.sites.model.told import Covers, Expected, Measurement, OutsideLimit, Place
from laddnav.sites.priced import ToldPrice


async def measured(unit: Unit, holder: PartyId, site_id: str, one: Measurement) -> None:
    """What a meter of the site said; what is older than what it said last changes nothing.

    Raises UnknownSite, Implausible.
    """
    site = await fetch(unit, holder, site_id)
    rules.plausible(site, one, unit.now)
    before = await store.told.last_measurement(unit, site, one.place)
    if before is not None and before.at >= one.at:
        return
    store.told.put_measurement(unit, site, one)
    store.quarters.count(unit, site, one.place, quarters.shares(before, one, site.volts))


async def measurements(unit: Unit, holder: PartyId, site_id: str) -> Sequence[Measurement]:
    """The newest of each meter. Raises UnknownSite."""
    return await store.told.measurements(unit, await fetch(unit, holder, site_id))


async def foretold(
    unit: Unit, holder: PartyId, site_id: str, place: Place, begin_at: datetime, minutes: int, kw: Sequence[Decimal]
) -> None:
    """So many kW are expected in steps of `minutes`, whatever the week before was like; another plan goes by it.

    Raises UnknownSite, NoForecast.
    """
    site = await fetch(unit, holder, site_id)
    await store.told.put_forecast(unit, site, place, rules.foreseen(site, place, begin_at, minutes, kw))
    await store.plans.want_one(unit, site, noted(NoteKind.FORECAST_TOLD))


async def expected(unit: Unit, holder: PartyId, told_by: str, at: Mapping[str, Expected]) -> None:
    """All whom somebody expects, by the id of the site, in place of all whom they had expected anywhere.

    The next plan goes by it: whoever comes or goes has one made anyhow.
    """
    await store.told.put_expected(unit, holder, told_by, {fold(id): one for id, one in at.items()})


async def limited(
    unit: Unit,
    holder: PartyId,
    site_id: str,
    begin_at: datetime,
    end_at: datetime | None,
    kw: Decimal,
    by: str,
    *,
    id: str,
    covers: Covers = Covers.SITE,
) -> OutsideLimit:
    """Somebody outside allows so much in a time; what the same one said under the same id before is replaced.

    Raises UnknownSite, NoSuchLimit.
    """
    site = await fetch(unit, holder, site_id)
    before = await store.told.limit(unit, site, by, id)
    one = rules.sensible_limit(
        OutsideLimit(id=id, by=by, kw=kw, covers=covers, begin_at=begin_at, end_at=end_at, told_at=unit.now)
    )
    if before is not None and replace(one, told_at=before.told_at, obeyed_at=before.obeyed_at) == before:
        return before
    store.told.put_limit(unit, site, one)
    unit.announce(SiteLimited(holder=holder, site_id=site.id))
    return one


async def unlimited(unit: Unit, holder: PartyId, site_id: str, by: str, id: str) -> None:
    """They take it back; what was not there stays so. Raises UnknownSite."""
    site = await fetch(unit, holder, site_id)
    store.told.drop_limit(unit, site, by, id)
    unit.announce(SiteLimited(holder=holder, site_id=site.id))


async def limits(unit: Unit, holder: PartyId, site_id: str) -> Sequence[OutsideLimit]:
    """Those that hold now or later, with since when each is obeyed. Raises UnknownSite."""
    return await store.told.limits(unit, await fetch(unit, holder, site_id), unit.now)


async def told_prices(unit: Unit, holder: PartyId, site_id: str, told: Iterable[ToldPrice], *, by: str) -> None:
    """All that somebody outside says of what energy will cost there, in place of what they said before: plans go by it.

    Raises UnknownSite.
    """
    site = await fetch(unit, holder, site_id)
    wanted = priced.ahead(told, unit.now)
    known = priced.ahead(await store.told.prices(unit, site, unit.now, None, by), unit.now)
    if wanted == known:
        return
    await store.told.put_prices(unit, site, by, wanted)
    await store.plans.want_one(unit, site, noted(NoteKind.PRICES_TOLD))
