"""The operator API about prices and carbon of bidding zones, where they are fetched from, and grid tariffs.

Prices are the same for all of our parties, so each may see them; who brings or fetches them holds a key of the
installation. Grid tariffs are a party's own.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.kit.seal import Seal
from laddnav.kit.time import utc
from laddnav.market import actions, grid, rules
from laddnav.market.actions import Wanted
from laddnav.market.model import HOUR, Charged, Document, Drawn, Following, GridTariff, KeptTariff, Kind, Series, Zone
from laddnav.market.zones import ZONES
from laddnav.people.api import Limit, NotYours, Page, Route, page, yours
from laddnav.people.model import Role, Visitor

Id = Annotated[str, Meta(min_length=1, max_length=64)]
LONGEST = timedelta(days=62)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class NewDocument(Struct, frozen=True, kw_only=True):
    """A price document as text: CSV, XML or JSON of any source known here."""

    text: Annotated[str, Meta(min_length=1, max_length=20_000_000)]
    kind: Kind = Kind.PRICE
    name: Annotated[str, Meta(max_length=200)] = ""


class Feeding(Struct, frozen=True, kw_only=True):
    """`key` is kept sealed and never said again; left out, the one that is known stays.

    `per_euro`: what the source tells in euros only is kept in the zone's currency too, at this rate of yours.
    """

    feed: Id
    url: Annotated[str, Meta(max_length=500)] | None = None
    key: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    per_euro: Decimal | None = None


class Fed(Struct, frozen=True, kw_only=True):
    """How a zone's prices are fetched, and how that goes; `late_since`: since when more should be here than is."""

    zone: str
    kind: Kind
    feed: str
    url: str | None
    has_key: bool
    per_euro: Decimal | None
    next_at: datetime
    tries: int
    fetched_at: datetime | None
    trouble: str | None
    late_since: datetime | None


class NewGridTariff(Struct, frozen=True, kw_only=True):
    """A grid tariff of `holder`, under an id of its own."""

    holder: str
    id: Id
    tariff: GridTariff


class RewrittenGridTariff(Struct, frozen=True, kw_only=True):
    """All of it anew."""

    tariff: GridTariff


class Use(Struct, frozen=True, kw_only=True):
    """kWh that came in and went out from an instant on, for so many minutes."""

    begin_at: datetime
    minutes: Annotated[int, Meta(ge=1, le=60)]
    into: Decimal
    out: Decimal = Decimal(0)


class Bill(Struct, frozen=True, kw_only=True):
    """What is to be charged; `zone`: at this zone's prices, which are left out else."""

    drawn: Annotated[tuple[Use, ...], Meta(min_length=1, max_length=10_000)]
    fuse_amps: Annotated[int, Meta(ge=1)] | None = None
    zone: str | None = None


class Billed(Struct, frozen=True, kw_only=True):
    """What was drawn comes to, with the reason of every amount; none is rounded."""

    charged: Charged
    before_vat: Decimal
    after_vat: Decimal


class NotAnswered(Refusal):
    """This is asked for in a time, or of an amount, for which there is no answer."""


# ---- Prices


async def list_zones(unit: Unit) -> Page[Zone]:
    """The bidding zones that are known here."""
    return Page(items=tuple(ZONES.values()), next=None)


async def show_prices(
    unit: Unit, zone: str, *, begin_at: datetime | None = None, end_at: datetime | None = None, currency: str = ""
) -> Series:
    """What a kWh costs on the market, before VAT: for two days from now on, or between the two."""
    begin, end = _between(unit, begin_at, end_at)
    return await actions.prices(unit, zone, begin, end, currency=currency or None)


async def show_carbon(
    unit: Unit, zone: str, *, begin_at: datetime | None = None, end_at: datetime | None = None
) -> Series:
    """Grams of CO2 equivalents per kWh: for two days from now on, or between the two."""
    begin, end = _between(unit, begin_at, end_at)
    return await actions.carbon(unit, zone, begin, end)


async def list_documents(
    unit: Unit, zone: str, *, kind: Kind | None = None, limit: Limit = 50, cursor: str | None = None
) -> Page[Document]:
    """What sources said about a zone, newest first: prices never change without one."""
    found = await actions.documents(unit, zone.upper(), kind, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def bring_document(unit: Unit, by: Visitor, zone: str, body: NewDocument) -> Page[Document]:
    """Keep what a price document says; what it says anew replaces what was known. What says nothing new is no part."""
    _of_the_installation(by)
    _, kept = await actions.import_file(
        unit, body.text.encode(), zone_code=zone, kind=body.kind, name=body.name, by=by.name
    )
    return Page(items=tuple(kept), next=None)


async def list_feeds(unit: Unit) -> Page[Fed]:
    """Which zones' prices are fetched, from where, and how that goes."""
    return Page(items=tuple(_fed(one) for one in await actions.followed(unit)), next=None)


async def follow(unit: Unit, by: Visitor, seal: Seal, zone: str, kind: Kind, body: Feeding) -> Fed:
    """Fetch a zone's prices or carbon from a source from now on."""
    _of_the_installation(by)
    wanted = Wanted(feed=body.feed, url=body.url, key=body.key, per_euro=body.per_euro)
    return _fed(await actions.follow(unit, seal, zone, kind, wanted, by=by.name))


async def unfollow(unit: Unit, by: Visitor, zone: str, kind: Kind) -> None:
    """Do not fetch them any more; what is known stays."""
    _of_the_installation(by)
    await actions.unfollow(unit, zone, kind, by=by.name)


# ---- Grid tariffs


async def list_grid_tariffs(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None
) -> Page[KeptTariff]:
    """What grids ask of our parties, newest first."""
    found = await actions.tariffs(unit, by.holder, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_grid_tariff(unit: Unit, ref: str) -> KeptTariff:
    """One grid tariff."""
    return await actions.tariff_by_ref(unit, ref)


async def write_tariff(unit: Unit, by: Visitor, body: NewGridTariff) -> KeptTariff:
    """Write a grid tariff, or write that of this id anew."""
    return await actions.save_tariff(unit, yours(by, PartyId.parse(body.holder)), body.id, body.tariff, by=by.name)


async def rewrite_tariff(unit: Unit, by: Visitor, ref: str, body: RewrittenGridTariff) -> KeptTariff:
    """Write a grid tariff anew."""
    one = await actions.tariff_by_ref(unit, ref)
    return await actions.save_tariff(unit, yours(by, one.holder), one.id, body.tariff, by=by.name)


async def remove_tariff(unit: Unit, by: Visitor, ref: str) -> None:
    """Forget it. Sites that named it are planned without one."""
    one = await actions.tariff_by_ref(unit, ref)
    await actions.remove_tariff(unit, yours(by, one.holder), one.id, by=by.name)


async def charge(unit: Unit, by: Visitor, ref: str, body: Bill) -> Billed:
    """What so much electricity would cost by this tariff, with the reason of every amount."""
    one = await actions.tariff_by_ref(unit, ref)
    yours(by, one.holder)
    drawn = [
        Drawn(begin_at=_instant(use.begin_at), length=timedelta(minutes=use.minutes), into=use.into, out=use.out)
        for use in body.drawn
    ]
    if not all(rules.is_sane(use.into) and rules.is_sane(use.out) for use in drawn):
        raise NotAnswered("drawn: a number of this size or kind cannot be used")
    spot = None
    if body.zone is not None:
        begin, end = min(one.begin_at for one in drawn), max(one.begin_at + one.length for one in drawn)
        spot = await actions.prices(unit, body.zone, *_between(unit, begin, end), currency=one.tariff.currency)
    charged = grid.charged(one.tariff, drawn, fuse_amps=body.fuse_amps, spot=spot)
    return Billed(charged=charged, before_vat=charged.before_vat, after_vat=charged.after_vat)


def _of_the_installation(by: Visitor) -> None:
    """Raises NotYours: what one party brought would be what all others pay."""
    if by.holder is not None:
        raise NotYours


def _between(unit: Unit, begin_at: datetime | None, end_at: datetime | None) -> tuple[datetime, datetime]:
    """Raises NotAnswered."""
    begin = grid.hour_of(unit.now, HOUR) if begin_at is None else _instant(begin_at)
    end = begin + timedelta(days=2) if end_at is None else _instant(end_at)
    if not timedelta() < end - begin <= LONGEST:
        raise NotAnswered(f"end_at: after begin_at, by {LONGEST.days} days at most")
    return begin, end


def _instant(said: datetime) -> datetime:
    """Raises NotAnswered."""
    try:
        at = utc(said)
    except OverflowError as error:
        raise NotAnswered(f"{said} lies outside of every calendar") from error
    if not rules.EARLIEST <= at <= LATEST:
        raise NotAnswered(f"{said:%Y-%m-%d}: nothing is known of then")
    return at


def _fed(one: Following) -> Fed:
    return Fed(
        zone=one.zone,
        kind=one.kind,
        feed=one.feed,
        url=one.url,
        has_key=one.key is not None,
        per_euro=one.per_euro,
        next_at=one.next_at,
        tries=one.tries,
        fetched_at=one.fetched_at,
        trouble=one.trouble,
        late_since=one.late_since,
    )


DOCUMENT_MOST = 8_000_000  # bytes of a body: a year of quarters, as wordily as any source says it

ROUTES = (
    Route(method="GET", path="/market/zones", does=list_zones, looks_itself=True),
    Route(method="GET", path="/market/{zone}/prices", does=show_prices, looks_itself=True),
    Route(method="GET", path="/market/{zone}/carbon", does=show_carbon, looks_itself=True),
    Route(method="GET", path="/market/{zone}/documents", does=list_documents, looks_itself=True),
    Route(
        method="POST",
        path="/market/{zone}/documents",
        does=bring_document,
        needs=Role.OPERATOR,
        status=201,
        looks_itself=True,
        most=DOCUMENT_MOST,
    ),
    Route(method="GET", path="/market/feeds", does=list_feeds, looks_itself=True),
    Route(method="PUT", path="/market/{zone}/feeds/{kind}", does=follow, needs=Role.ADMIN, looks_itself=True),
    Route(
        method="DELETE",
        path="/market/{zone}/feeds/{kind}",
        does=unfollow,
        needs=Role.ADMIN,
        status=204,
        looks_itself=True,
    ),
    Route(method="GET", path="/grid-tariffs", does=list_grid_tariffs),
    Route(method="GET", path="/grid-tariffs/{ref}", does=fetch_grid_tariff),
    Route(method="POST", path="/grid-tariffs", does=write_tariff, needs=Role.OPERATOR, status=201),
    Route(method="PUT", path="/grid-tariffs/{ref}", does=rewrite_tariff, needs=Role.OPERATOR),
    Route(
        method="DELETE",
        path="/grid-tariffs/{ref}",
        does=remove_tariff,
        needs=Role.OPERATOR,
        status=204,
        looks_itself=True,
    ),
    Route(method="POST", path="/grid-tariffs/{ref}/charged", does=charge, looks_itself=True),
)
