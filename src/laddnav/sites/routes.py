"""The operator API about sites: set one up, look at it now, ahead and back, say what is measured and allowed."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.time import utc
from laddnav.parties import actions as parties
from laddnav.people.api import Limit, NotYours, Page, Route, page, yours
from laddnav.people.model import Role, Visitor
from laddnav.scheduling.notes import NoteKind, noted
from laddnav.sites import actions, rules
from laddnav.sites.model.now import Picture
from laddnav.sites.model.plan import Quarter, Savings, SitePlan
from laddnav.sites.model.site import NO_AMPS, Aim, Amps, Member, Panel, Site, SiteBattery, Unsaid
from laddnav.sites.model.told import Covers, Measurement, OutsideLimit, Place

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[!-~]+\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class SetUp(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A site as it is from now on; the one of the same holder and `id` is replaced.

    `amps` and `building` are amperes on L1, L2 and L3. Time zone and currency are those of the holder, unless said.
    """

    holder: str
    id: Id
    name: Name
    amps: Amps
    time_zone: str | None = None
    currency: str | None = None
    location_ids: tuple[str, ...] = ()
    bidding_zone: str | None = None
    grid_tariff_id: str | None = None
    volts: Decimal = Decimal(230)
    panels: tuple[Panel, ...] = ()
    members: Annotated[tuple[Member, ...], Meta(max_length=2000)] = ()
    building: Amps = NO_AMPS
    unbalance_amps: Decimal | None = None
    solar_kwp: Decimal | None = None
    solar_follows: bool = False
    battery: SiteBattery | None = None
    aim: Aim = Aim.COST
    unsaid: Unsaid = Unsaid()
    keeps_room: bool = True
    reaction_seconds: int = 60


class Measured(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a meter says: `amps` on L1, L2 and L3, or `kw_by_phase`, or `kw` of all three in one number.

    What comes in from the grid, what a building draws and a roof gives, and what goes into a battery is above zero.
    `at` left out: now.
    """

    place: Place = Place.GRID
    at: datetime | None = None
    amps: Amps | None = None
    kw: Decimal | None = None
    kw_by_phase: Amps | None = None
    stored_kwh: Decimal | None = None


class Measurements(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    measurements: Annotated[tuple[Measured, ...], Meta(min_length=1, max_length=500)]


class Foretold(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is expected of a roof (`SOLAR`) or of all that is drawn beside cars, battery and roof (`BUILDING`).

    Mean kW in steps of `minutes` (15, 30 or 60), the first from `begin_at` on. What was said of these times before is
    replaced.
    """

    place: Place
    begin_at: datetime
    minutes: int = 60
    kw: Annotated[tuple[Decimal, ...], Meta(min_length=1, max_length=400)]


class Allowed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At most `kw` from `begin_at` (left out: now) until `end_at` (left out: until it is taken back), as `by` says.

    What the same one said under the same `id` before is replaced.
    """

    id: Id
    by: Name
    kw: Decimal
    covers: Covers = Covers.SITE
    begin_at: datetime | None = None
    end_at: datetime | None = None


class MemberNamed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station_id: str
    evse_no: int


async def list_sites(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[Site]:
    """Sites, in the order in which they were set up."""
    found = await actions.page(unit, by.holder, after=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_site(unit: Unit, ref: str) -> Site:
    """One site, as it was set up."""
    return await actions.by_ref(unit, ref)


async def set_up_site(unit: Unit, by: Visitor, body: SetUp) -> Site:
    """Set up a site, or set it up differently. It is refused where the stations' fallbacks do not fit its fuses."""
    holder = yours(by, PartyId.parse(body.holder))
    party = await parties.fetch(unit, holder)
    said = {name: getattr(body, name) for name in SetUp.__struct_fields__ if name != "holder"}
    said |= {"time_zone": body.time_zone or party.time_zone, "currency": body.currency or party.currency}
    return await actions.save(unit, Site(holder=holder, ref=unit.new_id(), last_updated=unit.now, **said), by=by.name)


async def remove_site(unit: Unit, by: Visitor, ref: str) -> None:
    """Plan nothing there any more; its stations keep to no fallback of ours from then on."""
    one = await _yours(unit, by, ref)
    await actions.remove(unit, one.holder, one.id, by=by.name)


async def fetch_plan(unit: Unit, by: Visitor, ref: str) -> SitePlan:
    """The plan in force: kW by the step for each car and the whole site, with what it costs and what cannot be met."""
    one = await _yours(unit, by, ref)
    found = await actions.plan_of(unit, one.holder, one.id)
    if found is None:
        raise rules.NoPlan
    return found


async def make_plan(database: Database, by: Visitor, ref: str) -> SitePlan:
    """Make another plan now."""
    async with database.unit() as unit:
        one = await _yours(unit, by, ref)
    return await actions.plan(database, one.holder, one.id, why=noted(NoteKind.ASKED_FOR, name=by.name))


async def fetch_live(unit: Unit, ref: str) -> Picture:
    """How it stands now: what each panel gives and carries, what each car has and why, which stations follow."""
    one = await actions.by_ref(unit, ref)
    return await actions.moment_of(unit, one.holder, one.id)


async def fetch_history(
    unit: Unit, by: Visitor, ref: str, *, begin_at: datetime | None = None, end_at: datetime | None = None
) -> tuple[Quarter, ...]:
    """What was planned and what happened, quarter by quarter; of the last day, unless said."""
    one = await _yours(unit, by, ref)
    until = unit.now if end_at is None else utc(end_at)
    since = until - timedelta(days=1) if begin_at is None else utc(begin_at)
    return await actions.history(unit, one.holder, one.id, since, rules.sensible_span(since, until))


async def fetch_savings(
    database: Database, by: Visitor, ref: str, *, begin_at: datetime | None = None, end_at: datetime | None = None
) -> Savings:
    """What planning was worth, against the same cars taking the same energy as soon as they could; of the last week."""
    async with database.unit() as unit:
        one = await _yours(unit, by, ref)
        until = unit.now if end_at is None else utc(end_at)
    since = until - timedelta(days=7) if begin_at is None else utc(begin_at)
    return await actions.savings(database, one.holder, one.id, since, rules.sensible_span(since, until))


async def measure(unit: Unit, by: Visitor, ref: str, body: Measurements) -> None:
    """Tell what meters of the site say; what is older than what one said last changes nothing."""
    one = await _yours(unit, by, ref)
    for said in body.measurements:
        amps = rules.amps_of(one, said.amps, said.kw_by_phase or said.kw)
        at = unit.now if said.at is None else utc(said.at)
        told = Measurement(place=said.place, at=at, amps=amps, stored_kwh=said.stored_kwh)
        await actions.measured(unit, one.holder, one.id, told)


async def foretell(unit: Unit, by: Visitor, ref: str, body: Foretold) -> None:
    """Tell what somebody who knows better expects of roof or building; plans go by it instead of the week before."""
    one = await _yours(unit, by, ref)
    await actions.foretold(unit, one.holder, one.id, body.place, utc(body.begin_at), body.minutes, body.kw)


async def list_limits(unit: Unit, by: Visitor, ref: str) -> tuple[OutsideLimit, ...]:
    """What others limit the site to now and later, and since when each is obeyed."""
    one = await _yours(unit, by, ref)
    return tuple(await actions.limits(unit, one.holder, one.id))


async def limit_site(unit: Unit, by: Visitor, ref: str, body: Allowed) -> OutsideLimit:
    """Limit the site for somebody outside."""
    one = await _yours(unit, by, ref)
    begin_at = unit.now if body.begin_at is None else utc(body.begin_at)
    end_at = None if body.end_at is None else utc(body.end_at)
    return await actions.limited(
        unit, one.holder, one.id, begin_at, end_at, body.kw, body.by, id=body.id, covers=body.covers
    )


async def take_limit_back(unit: Unit, by: Visitor, ref: str, said_by: str, id: str) -> None:
    """It limits the site no more."""
    one = await _yours(unit, by, ref)
    await actions.unlimited(unit, one.holder, one.id, said_by, id)


async def bring_back(unit: Unit, by: Visitor, ref: str, body: MemberNamed) -> None:
    """Trust a station again that was taken out because it did not follow."""
    one = await _yours(unit, by, ref)
    await actions.bring_back(unit, one.holder, one.id, body.station_id, body.evse_no, by=by.name)


async def _yours(unit: Unit, by: Visitor, ref: str) -> Site:
    """Raises UnknownSite, NotYours."""
    one = await actions.by_ref(unit, ref)
    if by.holder not in (None, one.holder):
        raise NotYours
    return one


ROUTES = (
    Route(method="GET", path="/sites", does=list_sites),
    Route(method="GET", path="/sites/{ref}", does=fetch_site),
    Route(method="POST", path="/sites", does=set_up_site, needs=Role.OPERATOR),
    Route(method="DELETE", path="/sites/{ref}", does=remove_site, needs=Role.OPERATOR, status=204, looks_itself=True),
    Route(method="GET", path="/sites/{ref}/plan", does=fetch_plan, looks_itself=True),
    Route(method="POST", path="/sites/{ref}/plan", does=make_plan, needs=Role.OPERATOR, looks_itself=True),
    Route(method="GET", path="/sites/{ref}/live", does=fetch_live),
    Route(method="GET", path="/sites/{ref}/history", does=fetch_history, looks_itself=True),
    Route(method="GET", path="/sites/{ref}/savings", does=fetch_savings, looks_itself=True),
    Route(
        method="POST",
        path="/sites/{ref}/measurements",
        does=measure,
        needs=Role.OPERATOR,
        status=204,
        looks_itself=True,
    ),
    Route(
        method="POST", path="/sites/{ref}/forecasts", does=foretell, needs=Role.OPERATOR, status=204, looks_itself=True
    ),
    Route(method="GET", path="/sites/{ref}/limits", does=list_limits, looks_itself=True),
    Route(method="POST", path="/sites/{ref}/limits", does=limit_site, needs=Role.OPERATOR, looks_itself=True),
    Route(
        method="DELETE",
        path="/sites/{ref}/limits/{said_by}/{id}",
        does=take_limit_back,
        needs=Role.OPERATOR,
        status=204,
        looks_itself=True,
    ),
    Route(
        method="POST",
        path="/sites/{ref}/bring-back",
        does=bring_back,
        needs=Role.OPERATOR,
        status=204,
        looks_itself=True,
    ),
)
