"""Meters: their keys and calibration, keys that stations claim, and charges held because of what their meter signed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace
from starlette.responses import Response

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.locations.model import Location
from laddnav.meters import actions as meters
from laddnav.meters.model import Calibration, Claim, KeySource, Meter, MeterExchange, Proof
from laddnav.meters.rules import NoReason, NoRegister, calibration, register_said
from laddnav.people.api import yours
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session
from laddnav.web.asked import Asked, Door, do, see

PAGE = 50
HELD_SHOWN = 10  # before the meters; the others have a page of their own


class NoDay(Refusal):
    """A day is written as year, month and day."""

    def __init__(self, said: str) -> None:
        super().__init__(f"{said!r} is no day")
        self.said = said


class Waiting(Struct, frozen=True, kw_only=True):
    """A charge that is held, as far as it is still known, and where it was."""

    proof: Proof
    session: Session | None
    place: Location | None


class Row(Struct, frozen=True, kw_only=True):
    meter: Meter
    calibration: Calibration


async def list_all(asked: Asked) -> Response:
    cursor, holder = asked.query("cursor"), asked.visitor.holder
    async with asked.unit() as unit:
        found = await meters.page(unit, holder, before=cursor, limit=PAGE + 1)
        held = await meters.held(unit, holder, limit=HELD_SHOWN)
        held_now = await meters.held_now(unit, holder)
        claimed = await meters.claims(unit, holder)
        trusts = [
            (holder, name, await meters.first_use_trusted(unit, PartyId.parse(holder)))
            for holder, name in _holders(asked)
        ]
        today = unit.now.date()
    return asked.page(
        "meters.html",
        rows=[Row(meter=meter, calibration=calibration(meter, today)) for meter in found[:PAGE]],
        held=held,
        held_now=held_now,
        claimed=claimed,
        trusts=trusts,
        next=found[PAGE - 1].ref if len(found) > PAGE else None,
        begun=cursor is not None,
    )


async def new(asked: Asked) -> Response:
    """With `claimed`, the meter and the key that a Station sent are filled in."""
    claim = None
    if asked.query("claimed"):
        async with asked.unit() as unit:
            known = await meters.claims(unit, asked.visitor.holder)
        claim = _claim(known, asked)
    return asked.page("meter_new.html", claim=claim, holders=_holders(asked))


async def register(asked: Asked) -> Response:
    """Raises AlreadyRegistered, UnfitKey, UnknownStation, NoDay, NotAPartyId."""
    holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
    async with asked.unit() as unit:
        bare = Meter(
            holder=holder,
            ref=unit.new_id(),
            serial=asked.said("serial"),
            public_key=asked.said("public_key") or None,
            key_source=KeySource.STATION if asked.said("claimed") else KeySource.METER,
            registered_at=unit.now,
            registered_by=asked.visitor.name,
        )
        meter = await meters.register(unit, _described(bare, asked))
    asked.console.database.wake()
    return asked.done(f"/meters/{meter.ref}", asked.say("The meter is registered; what waited for its key is judged."))


async def one(asked: Asked) -> Response:
    async with asked.unit() as unit:
        meter = await _mine(asked, unit)
        state = calibration(meter, unit.now.date())
    return asked.page("meter.html", meter=meter, calibration=state)


async def amend(asked: Asked) -> Response:
    """Raises UnknownMeter, UnfitKey, UnknownStation, NoDay."""
    async with asked.unit() as unit:
        before = await _mine(asked, unit)
        key = asked.said("public_key") or None
        source = before.key_source if key == before.public_key else KeySource.METER
        said = replace(before, public_key=key, key_source=source)
        await meters.amend(unit, _described(said, asked), by=asked.visitor.name)
    asked.console.database.wake()
    return asked.done(f"/meters/{before.ref}", asked.say("What is known of the meter is changed."))


async def confirm(asked: Asked) -> Response:
    """Raises UnknownMeter."""
    async with asked.unit() as unit:
        meter = await _mine(asked, unit)
        await meters.confirm(unit, meter.ref, by=asked.visitor.name)
    return asked.done(f"/meters/{meter.ref}", asked.say("The key is confirmed."))


async def trust(asked: Asked) -> Response:
    """The first key that a Station sends, or only keys that somebody registered. Raises NotAPartyId."""
    holder, trusted = yours(asked.visitor, PartyId.parse(asked.said("holder"))), asked.said("trusted") == "yes"
    async with asked.unit() as unit:
        await meters.trust_first_use(unit, holder, trusted, by=asked.visitor.name)
    if trusted:
        return asked.done("/meters", asked.say("The first key that a station sends is trusted, until it is compared."))
    return asked.done("/meters", asked.say("Only keys that somebody registered are trusted."))


async def exchanged(asked: Asked) -> Response:
    return asked.page(
        "meter_exchanged.html", station=asked.query("station") or "", evse_no=asked.query("evse_no") or ""
    )


async def exchange(asked: Asked) -> Response:
    """Raises UnknownStation, NoExchange, NoRegister, NoReason, Unreadable."""
    evse_no = asked.number("evse_no")
    if evse_no is None:
        raise Unreadable(f"{asked.said('evse_no')[:40]!r} is no number of an EVSE")
    if not asked.said("why"):
        raise NoReason
    async with asked.unit() as unit:
        station = await locations.station(unit, asked.said("station_id"))
        holder = yours(asked.visitor, station.holder)
        zone = await locations.time_zone(unit, holder, holder, station.location_id or "") or asked.zone
        noted = MeterExchange(
            holder=holder,
            station_id=station.id,
            evse_no=evse_no,
            at=asked.instant("at", zone),
            before=register_said(_kwh(asked, "before_kwh")),
            after=register_said(_kwh(asked, "after_kwh")),
            why=asked.said("why")[:500],
            noted_at=unit.now,
            noted_by=asked.visitor.name,
        )
        await meters.exchange(unit, noted)
    asked.console.database.wake()
    return asked.done("/meters", asked.say("The exchange is noted; charges are counted across it."))


async def list_held(asked: Asked) -> Response:
    """Charges that wait for a person; with `location` and its `holder`, those at one place. Raises NotAPartyId."""
    cursor, holder, location_id = asked.query("cursor"), asked.visitor.holder, asked.query("location")
    if asked.query("holder"):
        holder = yours(asked.visitor, PartyId.parse(asked.query("holder") or ""))
    async with asked.unit() as unit:
        found = await meters.held(unit, holder, location_id=location_id, before=cursor, limit=PAGE + 1)
        known = await sessions.several(unit, {(one.holder, one.session_id) for one in found})
        places = await locations.several(unit, {_place(one) for one in known.values()})
    rows = list[Waiting]()
    for one in found[:PAGE]:
        session = known.get((one.holder, fold(one.session_id)))
        _, place = (None, None) if session is None else places.get(_place(session), (None, None))
        rows.append(Waiting(proof=one, session=session, place=place))
    return asked.page(
        "held_charges.html",
        rows=rows,
        location_id=location_id,
        place=rows[0].place if location_id and rows else None,
        query=urlencode({name: said for name in ("location", "holder") if (said := asked.query(name))}),
        next=found[PAGE - 1].ref if len(found) > PAGE else None,
        begun=cursor is not None,
    )


async def proof(asked: Asked) -> Response:
    """The signed records of one charge, and what is to be decided about them."""
    async with asked.unit() as unit:
        found = await _proof(asked, unit)
        session = await sessions.find(unit, found.holder, found.holder, found.session_id)
    lasted = session.ended_at - session.started_at if session and session.ended_at else None
    return asked.page("proof.html", proof=found, session=session, lasted=lasted)


async def accept(asked: Asked) -> Response:
    """Raises UnknownProof, NotHeld, NoReason."""
    async with asked.unit() as unit:
        found = await _proof(asked, unit)
        await meters.accept(unit, found.ref, by=asked.visitor.name, why=asked.said("why"))
    asked.console.database.wake()
    return asked.done(f"/signed/{found.ref}", asked.say("The charge will be billed as it was metered."))


async def reject(asked: Asked) -> Response:
    """Raises UnknownProof, NotHeld, NoReason."""
    async with asked.unit() as unit:
        found = await _proof(asked, unit)
        await meters.reject(unit, found.ref, by=asked.visitor.name, why=asked.said("why"))
    return asked.done(f"/signed/{found.ref}", asked.say("The charge will not be billed."))


def _place(session: Session) -> tuple[PartyId, PartyId, str]:
    return session.holder, session.holder, fold(session.location_id)


async def _mine(asked: Asked, unit: Unit) -> Meter:
    meter = await meters.by_ref(unit, asked.part("ref"))
    yours(asked.visitor, meter.holder)
    return meter


async def _proof(asked: Asked, unit: Unit) -> Proof:
    found = await meters.proof(unit, asked.part("ref"))
    yours(asked.visitor, found.holder)
    return found


def _claim(known: Sequence[Claim], asked: Asked) -> Claim | None:
    return next((one for one in known if one.serial == asked.query("claimed")), None)


def _holders(asked: Asked) -> list[tuple[str, str]]:
    mine = asked.visitor.holder
    return [(str(party.holder), party.name) for party in asked.parties if mine in (None, party.holder)]


def _described(meter: Meter, asked: Asked) -> Meter:
    return replace(
        meter,
        digits=asked.number("digits"),
        station_id=asked.said("station_id") or None,
        evse_no=asked.number("evse_no"),
        type_approval=asked.said("type_approval") or None,
        calibrated_on=_day(asked.said("calibrated_on")),
        calibration_ends=_day(asked.said("calibration_ends")),
    )


def _kwh(asked: Asked, name: str) -> Decimal | None:
    """A number with a point or a comma, where one is said. Raises NoRegister."""
    try:
        return Decimal(asked.said(name).replace(",", ".")) if asked.said(name) else None
    except InvalidOperation as error:
        raise NoRegister from error


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError as error:
        raise NoDay(said) from error


DOORS: tuple[Door, ...] = (
    see("/meters", list_all),
    see("/meters/new", new),
    do("/meters", register),
    see("/meters/exchanged", exchanged),
    do("/meters/exchanged", exchange),
    do("/meters/trust", trust),
    see("/meters/{ref}", one),
    do("/meters/{ref}", amend),
    do("/meters/{ref}/confirm", confirm),
    see("/signed", list_held),
    see("/signed/{ref}", proof),
    do("/signed/{ref}/accept", accept),
    do("/signed/{ref}/reject", reject),
)
