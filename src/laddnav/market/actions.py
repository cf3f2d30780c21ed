"""Verbs about prices and carbon (kept, asked for, fetched) and about grid tariffs.

What a zone's electricity costs is the same for all of our parties and has no holder; grid tariffs have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

import structlog
from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.kit.seal import Seal
from laddnav.market import feeds, rules, store
from laddnav.market.events import GridTariffChanged, PricesLate, PricesPublished
from laddnav.market.feeds import FEEDS, Asked, Feed
from laddnav.market.model import Document, Following, GridTariff, KeptTariff, Kind, Published, Series, Zone
from laddnav.market.rules import NotFollowed, UnknownGridTariff
from laddnav.market.zones import ZONES, zone
from laddnav.parties import actions as parties
from laddnav.people import actions as people

log = structlog.get_logger()

LEASE = rules.SHORTEST_WAIT * 2  # who fetches has so long before another may try


class UnfitFeed(Refusal):
    """It cannot be asked so."""


class Fetch(Protocol):
    """Asks the world outside. Raises a Refusal where a URL may not lead, a Trouble where nobody answers."""

    async def __call__(
        self, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes: ...


# ---- Prices and carbon


async def prices(unit: Unit, zone: str, begin_at: datetime, end_at: datetime, *, currency: str | None = None) -> Series:
    """What a kWh costs before VAT, grid and seller: as published, and where nothing is, as `rules.forecast` guesses.

    In `currency`, or else in that of the zone where it is published in it now, or in that in which it is; nothing is
    converted here, so in a currency in which nothing is kept there are no steps. Raises UnknownZone.
    """
    return await _series(unit, zone, Kind.PRICE, begin_at, end_at, currency)


async def carbon(unit: Unit, zone: str, begin_at: datetime, end_at: datetime) -> Series:
    """Grams of CO2 equivalents per kWh, as `prices`. Raises UnknownZone."""
    return await _series(unit, zone, Kind.CARBON, begin_at, end_at, "")


async def _series(
    unit: Unit, named: str, kind: Kind, begin_at: datetime, end_at: datetime, currency: str | None
) -> Series:
    of = zone(named)
    if currency is None:
        currency = rules.usual(of, await _lasts(unit, of.code, kind))
    steps = await store.steps(unit, of.code, kind, currency, begin_at, end_at)
    last = await store.last(unit, of.code, kind, currency)
    holes = rules.holes(steps, begin_at, end_at)
    if holes and last is not None:
        since = min(holes[0][0], last.end_at) - rules.LOOK_BACK
        known = await store.steps(unit, of.code, kind, currency, since, holes[-1][0])
        steps = sorted([*steps, *rules.forecast(known, holes)], key=lambda one: one.begin_at)
    until = None if last is None else last.end_at
    return Series(zone=of.code, kind=kind, currency=currency, steps=tuple(steps), published_until=until)


async def _lasts(unit: Unit, code: str, kind: Kind) -> Mapping[str, datetime]:
    """Where the last step ends, by currency."""
    found = {one: await store.last(unit, code, kind, one) for one in await store.currencies(unit, code, kind)}
    return {currency: last.end_at for currency, last in found.items() if last is not None}


async def keep(unit: Unit, said: Published, *, source: str, by: str) -> Document | None:
    """What is said replaces what was said before, which stays with its source; None: it says nothing new.

    Raises UnfitPrices, UnknownZone.
    """
    said = rules.fit(replace(said, zone=zone(said.zone).code), unit.now)
    begin_at, end_at = said.steps[0].begin_at, said.steps[-1].end_at
    await store.lock(unit, said)
    held = await store.steps(unit, said.zone, said.kind, said.currency, begin_at, end_at)
    change = rules.change(held, said.steps)
    if not change.come:
        return None
    document = Document(
        ref=unit.new_id(),
        source=source,
        fetched_at=unit.now,
        fetched_by=by,
        begin_at=begin_at,
        end_at=end_at,
        new=change.new,
        changed=change.changed,
        odd=sum(one.odd for one in said.steps),
        said=said,
    )
    store.insert_document(unit, document)
    store.remove(unit, said, change.gone)
    store.add(unit, said, change.come, document.ref)
    first, last = change.come[0].begin_at, change.come[-1].end_at
    for party in await parties.list_all(unit):
        unit.announce(PricesPublished(holder=party.holder, zone=said.zone, kind=said.kind, begin_at=first, end_at=last))
    return document


async def import_file(
    unit: Unit, document: bytes, *, zone_code: str | None = None, kind: Kind = Kind.PRICE, name: str = "", by: str
) -> tuple[Sequence[Published], Sequence[Document]]:
    """(all that a file says, what of it was new), whole or not at all. Raises UnfitPrices, NoPrices, UnknownZone."""
    feed, found = feeds.read(document, None if zone_code is None else zone(zone_code), kind)
    source = f"{feed} {name}".strip()
    kept = [await keep(unit, one, source=source, by=by) for one in found]
    people.note(unit, by, "import prices", ", ".join(sorted({one.zone for one in found})), source)
    return found, [one for one in kept if one is not None]


async def documents(
    unit: Unit, zone_code: str | None = None, kind: Kind | None = None, *, before: str | None = None, limit: int = 50
) -> Sequence[Document]:
    """Newest first; the last ref is the next `before`."""
    return await store.documents(unit, zone_code, kind, before, limit)


async def document(unit: Unit, ref: str) -> Document | None:
    return await store.document(unit, ref)


async def known_zones(unit: Unit) -> Sequence[tuple[Zone, Kind, datetime]]:
    """(zone, kind, where its last step begins) of all of which anything is known."""
    return [(ZONES[code], kind, at) for code, kind, at in await store.zones(unit)]


# ---- Where they are fetched from


class Wanted(Struct, frozen=True, kw_only=True):
    """How a zone's prices are to be fetched; `key` in the clear, None: that which is known already stays.

    `per_euro`: what is told in euros is kept in the zone's currency too, at this rate, which somebody answers for.
    """

    feed: str
    url: str | None = None
    key: str | None = None
    per_euro: Decimal | None = None


async def follow(unit: Unit, seal: Seal, zone_code: str, kind: Kind, wanted: Wanted, *, by: str) -> Following:
    """From now on prices of a zone are fetched from there. Raises UnknownZone, UnfitFeed."""
    of = zone(zone_code)
    feed = FEEDS.get(wanted.feed)
    if feed is None or feed.address is None:
        asked = ", ".join(one.name for one in FEEDS.values() if one.address)
        raise UnfitFeed(f"feed: {wanted.feed!r} cannot be asked; {asked} can")
    if kind not in feed.kinds:
        raise UnfitFeed(f"feed: {feed.name} does not tell {kind.lower()}")
    if feed.url is None and not wanted.url:
        raise UnfitFeed(f"url: say where {feed.name} is found")
    if wanted.url and not wanted.url.startswith(("https://", "http://")):
        raise UnfitFeed("url: it begins with https://")
    if wanted.per_euro is not None and not (rules.is_sane(wanted.per_euro) and wanted.per_euro > 0):
        raise UnfitFeed(f"per_euro: {wanted.per_euro} is no rate")
    before = await store.following(unit, of.code, kind)
    same = before is not None and before.feed == feed.name
    key = seal.sealed(wanted.key) if wanted.key else before.key if same and before is not None else None
    if feed.needs_key and key is None:
        raise UnfitFeed(f"key: {feed.name} answers only who shows one")
    one = Following(
        zone=of.code,
        kind=kind,
        feed=feed.name,
        url=wanted.url or None,
        key=key,
        per_euro=wanted.per_euro,
        next_at=unit.now,
        said_by=by,
    )
    store.put_following(unit, one)
    people.note(unit, by, "fetch prices", f"zone {of.code}", feed.name)
    return one


async def unfollow(unit: Unit, zone_code: str, kind: Kind, *, by: str) -> None:
    """What was fetched stays. Raises UnknownZone, NotFollowed."""
    code = zone(zone_code).code
    if not await store.delete_following(unit, code, kind):
        raise NotFollowed(code)
    people.note(unit, by, "fetch no prices", f"zone {code}")


async def followed(unit: Unit) -> Sequence[Following]:
    return await store.followed(unit)


async def fetch_due(database: Database, fetch: Fetch, seal: Seal) -> None:
    """Ask every source whose time has come, one after the other."""
    while await _fetch_one(database, fetch, seal):
        pass


async def _fetch_one(database: Database, fetch: Fetch, seal: Seal) -> bool:
    """False: nobody is to be asked now. What is asked for is claimed, asked with no Unit open, and kept in another."""
    async with database.unit() as unit:
        one = await store.due(unit)
        if one is None:
            return False
        store.put_following(unit, replace(one, next_at=unit.now + database.clock.wall(LEASE), tries=one.tries + 1))
        until = await _covered_until(unit, one)
        days = rules.wanted(one.kind, until, unit.now)
    feed, of = FEEDS[one.feed], ZONES[one.zone]
    found: list[Published] = []
    trouble: str | None = None
    try:
        key = None if one.key is None else seal.opened(one.key)
    except Refusal as error:
        key, trouble, days = None, str(error), []
    for day in days:
        asked = Asked(zone=of, kind=one.kind, day=day, url=one.url or feed.url or "", key=key)
        try:
            found += await _asked(fetch, feed, asked)
        except (Refusal, Trouble) as error:
            # A key in a URL is in what is said of it, and what is said is shown to people.
            trouble = f"{day}: {error}".replace(key, "…") if key else f"{day}: {error}"
    async with database.unit() as unit:
        await _settle(unit, one, found, trouble)
    return True


async def _asked(fetch: Fetch, feed: Feed, asked: Asked) -> Sequence[Published]:
    """Raises Refusal, Trouble."""
    assert feed.address is not None, "what cannot be asked is not followed"
    said = await fetch(feed.address(asked))
    return [one for one in feeds.told(feed, said, asked.zone, asked.kind) if one.zone == asked.zone.code]


async def _settle(unit: Unit, one: Following, found: Sequence[Published], trouble: str | None) -> None:
    source = f"{one.feed} {one.url}" if one.url else one.feed
    for said in rules.reckoned(found, ZONES[one.zone], one.per_euro):
        try:
            await keep(unit, said, source=source, by="market")
        except Refusal as error:
            trouble = str(error)
    until = await _covered_until(unit, one)
    late = rules.late_since(one.kind, until, unit.now)
    if late is not None and one.late_since is None:
        log.warning("prices_late", zone=one.zone, kind=one.kind.value, since=late, trouble=trouble)
        for party in await parties.list_all(unit):
            unit.announce(PricesLate(holder=party.holder, zone=one.zone, kind=one.kind, late_since=late))
    complete = late is None and trouble is None
    after = replace(
        one,
        tries=0 if complete else one.tries + 1,
        fetched_at=unit.now if found else one.fetched_at,
        trouble=trouble,
        late_since=late if one.late_since is None or late is None else one.late_since,
    )
    after = replace(after, next_at=rules.next_at(after, until, unit.now, failed=trouble is not None))
    current = await store.following(unit, one.zone, one.kind)
    if current is not None and (current.feed, current.url, current.key) == (one.feed, one.url, one.key):
        store.put_following(unit, replace(after, per_euro=current.per_euro))


async def _covered_until(unit: Unit, one: Following) -> datetime | None:
    """Where the unbroken known stretch that holds now ends; None: what holds now is not known."""
    currency = "" if one.kind is Kind.CARBON else rules.usual(ZONES[one.zone], await _lasts(unit, one.zone, one.kind))
    until: datetime | None = None
    for step in await store.steps(unit, one.zone, one.kind, currency, unit.now, unit.now + rules.NO_LATER):
        if (until is None and step.begin_at > unit.now) or (until is not None and step.begin_at > until):
            break
        until = step.end_at
    return until


# ---- Grid tariffs


async def save_tariff(unit: Unit, holder: PartyId, id: str, tariff: GridTariff, *, by: str) -> KeptTariff:
    """Write it, or write it anew. Raises UnfitTariff."""
    tariff = rules.meant(tariff)
    before = await store.tariff(unit, holder, id, lock=True)
    if before is not None and before.tariff == tariff:
        return before
    one = KeptTariff(
        holder=holder,
        ref=unit.new_id() if before is None else before.ref,
        id=id if before is None else before.id,
        tariff=tariff,
        revision=1 if before is None else before.revision + 1,
        changed_at=unit.now,
        changed_by=by,
    )
    store.put_tariff(unit, one)
    people.note(unit, by, "write grid tariff", f"grid tariff {one.id}", f"revision {one.revision}")
    unit.announce(GridTariffChanged(holder=holder, tariff_id=one.id))
    return one


async def find_tariff(unit: Unit, holder: PartyId, id: str) -> KeptTariff | None:
    return await store.tariff(unit, holder, id)


async def fetch_tariff(unit: Unit, holder: PartyId, id: str) -> KeptTariff:
    """Raises UnknownGridTariff."""
    found = await store.tariff(unit, holder, id)
    if found is None:
        raise UnknownGridTariff(id)
    return found


async def tariff_by_ref(unit: Unit, ref: str) -> KeptTariff:
    """Raises UnknownGridTariff."""
    found = await store.tariff_by_ref(unit, ref)
    if found is None:
        raise UnknownGridTariff(ref)
    return found


async def tariffs(
    unit: Unit, holder: PartyId | None, *, before: str | None = None, limit: int = 50
) -> Sequence[KeptTariff]:
    """Newest first; the last ref is the next `before`."""
    return await store.tariffs(unit, holder, before, limit)


async def remove_tariff(unit: Unit, holder: PartyId, id: str, *, by: str) -> None:
    """Raises UnknownGridTariff."""
    if not await store.delete_tariff(unit, holder, id):
        raise UnknownGridTariff(id)
    people.note(unit, by, "remove grid tariff", f"grid tariff {id}")
    unit.announce(GridTariffChanged(holder=holder, tariff_id=id))
