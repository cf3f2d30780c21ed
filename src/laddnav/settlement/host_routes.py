"""The operator API about hosts: who they are, what was agreed with them, and what they get."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor
from laddnav.settlement.actions import hosting
from laddnav.settlement.actions.hosting import OwedToHost
from laddnav.settlement.sharing import Agreement, EnergyFrom, Host, Kept, Statement

Name = Annotated[str, Meta(max_length=200)]
Zero = Decimal(0)


class SaveHost(Struct, frozen=True, kw_only=True):
    holder: str
    id: Name
    name: Name
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    address: Annotated[str, Meta(max_length=500)] = ""
    vat_number: Name = ""
    email: Name = ""


class Agree(Struct, frozen=True, kw_only=True):
    """What a host gets of its `places`: ids of Locations, or LOCATION/EVSE."""

    name: Name = ""
    places: tuple[Annotated[str, Meta(max_length=80)], ...]
    since: date
    until: date | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    percent: Decimal = Zero
    per_kwh: Decimal = Zero
    per_month: Decimal = Zero
    minimum: Decimal = Zero
    energy: EnergyFrom = EnergyFrom.NOWHERE
    energy_per_kwh: Decimal = Zero


class EndAgreement(Struct, frozen=True, kw_only=True):
    """The last day on which it holds."""

    last: date


class HostShown(Struct, frozen=True, kw_only=True):
    """A host, what it is owed now, what was agreed, its newest shares and its statements."""

    thing: Host
    owed: tuple[OwedToHost, ...]
    agreements: tuple[Agreement, ...]
    shares: tuple[Kept, ...]
    statements: tuple[Statement, ...]


async def list_hosts(unit: Unit, by: Visitor, *, limit: Limit = 100, cursor: str | None = None) -> Page[Host]:
    """Who has places where stations of ours stand."""
    found = await hosting.hosts(unit, by.holder, after=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_host(unit: Unit, ref: str) -> HostShown:
    """One host: what it is owed, what was agreed, its shares and statements."""
    who = await hosting.host_by_ref(unit, ref)
    return HostShown(
        thing=who,
        owed=tuple(await hosting.owed(unit, who)),
        agreements=tuple(await hosting.agreements(unit, who.holder, who.id)),
        shares=tuple(await hosting.shares(unit, who)),
        statements=tuple(await hosting.statements(unit, who)),
    )


async def save_host(unit: Unit, by: Visitor, body: SaveHost) -> Host:
    """A new host, or what is different of one that has this id."""
    holder = yours(by, PartyId.parse(body.holder))
    host = Host(
        holder=holder,
        ref="",
        id=body.id,
        name=body.name,
        country=body.country,
        address=body.address,
        vat_number=body.vat_number,
        email=body.email,
        said_at=unit.now,
        said_by=by.name,
    )
    return await hosting.save_host(unit, host, by=by.name)


async def agree_share(unit: Unit, by: Visitor, ref: str, body: Agree) -> Agreement:
    """What a host gets, from a day on."""
    who = await hosting.host_by_ref(unit, ref)
    yours(by, who.holder)
    one = Agreement(
        holder=who.holder,
        ref="",
        host=who.id,
        name=body.name,
        places=body.places,
        since=body.since,
        until=body.until,
        currency=body.currency,
        percent=body.percent,
        per_kwh=body.per_kwh,
        per_month=body.per_month,
        minimum=body.minimum,
        energy=body.energy,
        energy_per_kwh=body.energy_per_kwh,
        said_at=unit.now,
        said_by=by.name,
    )
    return await hosting.agree(unit, one, by=by.name)


async def end_share(unit: Unit, by: Visitor, ref: str, body: EndAgreement) -> Agreement:
    """The last day on which an agreement holds."""
    one = await hosting.agreement(unit, ref)
    yours(by, one.holder)
    return await hosting.end(unit, ref, datetime.combine(body.last, time(12), UTC), by=by.name)


_FINANCE = Role.FINANCE
ROUTES = (
    Route(method="GET", path="/hosts", does=list_hosts),
    Route(method="GET", path="/hosts/{ref}", does=fetch_host),
    Route(method="POST", path="/hosts", does=save_host, needs=_FINANCE, status=201),
    Route(method="POST", path="/hosts/{ref}/agreements", does=agree_share, needs=_FINANCE, status=201),
    Route(method="POST", path="/share-agreements/{ref}/end", does=end_share, needs=_FINANCE),
)
