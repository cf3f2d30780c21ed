"""Stations: who is there, what they say, and what they can be asked to do."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from msgspec import Struct
from starlette.responses import Response

from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.locations.model import Evse, Location, Station, Status
from laddnav.locations.rules import UnknownEvse, evse_of
from laddnav.ocpp import actions as ocpp
from laddnav.ocpp.security import noticing, passwords, signing
from laddnav.ocpp.tasks import actions as tasks
from laddnav.ocpp.tasks.model import Kind, Selection
from laddnav.ocpp.tasks.works import Opening, Resetting
from laddnav.people import actions as people
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.reservations import actions as reservations
from laddnav.reservations.rules import UnknownReservation
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import CdrToken, Session
from laddnav.sessions.model import Status as SessionStatus
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed
from laddnav.tokens.rules import UnknownToken
from laddnav.web.asked import Asked, Door, Flash, do, see
from laddnav.web.live import slug
from laddnav.web.pages import places, proofs
from laddnav.web.pages.log import MessageShown
from laddnav.web.pages.messages import gist
from laddnav.web.pages.places import Key

PAGE = 200
MESSAGES = 60
NOTICED = 10  # of security events and of certificates; older ones are in the operator API
SECURITY_PROFILES = 3  # the highest there is
UNDER_WAY = (SessionStatus.PENDING, SessionStatus.RESERVATION, SessionStatus.ACTIVE)
NOBODY: Mapping[int, Session] = MappingProxyType({})


class EvseShown(Struct, frozen=True, kw_only=True):
    """One Evse of a Station as its pages show it; `status` is UNKNOWN where its place is not known."""

    number: int
    status: Status
    evse_id: str
    connectors: tuple[str, ...] = ()
    since: datetime | None = None
    session: Session | None = None


class StationShown(Struct, frozen=True, kw_only=True):
    id: str
    slug: str
    connection: str
    evses: tuple[EvseShown, ...]
    place: places.Place | None
    zone: str | None
    vendor: str | None
    model: str | None
    serial_number: str | None
    firmware: str | None
    protocol: str | None
    security_profile: int
    password_short: bool
    connected_at: datetime | None
    booted_at: datetime | None
    last_seen_at: datetime | None


async def list_all(asked: Asked) -> Response:
    shown = asked.query("show") or "all"
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        known = await locations.stations(unit, asked.visitor.holder, after=cursor, limit=PAGE)
        around = await places.locations_of(unit, known)
        strangers = await locations.strangers(unit)
    counted = Counter(places.connection(station) for station in known)
    wanted = [station for station in known if shown in ("all", places.connection(station))]
    return asked.page(
        "stations.html",
        stations=[_shown(station, around) for station in wanted],
        counts={"all": len(known), **{key: counted[key] for key in ("online", "offline", "waiting")}},
        shown=shown,
        next=known[-1].id if len(known) == PAGE else None,
        begun=cursor is not None,
        strangers=strangers,
    )


async def one(asked: Asked) -> Response:
    return await _one(asked, asked.part("id"))


async def _one(asked: Asked, id: str, flash: Flash | None = None) -> Response:
    async with asked.unit() as unit:
        station = await locations.station(unit, id)
        around = await places.locations_of(unit, [station])
        under_way = await sessions.page(unit, station.holder, station_id=station.id, statuses=UNDER_WAY)
        messages = await ocpp.messages(unit, station, limit=MESSAGES)
        noticed = await noticing.noticed(unit, station.holder, station.id, limit=NOTICED)
        unseen = await noticing.noticed(unit, station.holder, station.id, unseen=True, limit=1)
        certificates = [proofs.shown(one, unit.now) for one in (await signing.known(unit, station))[:NOTICED]]
    return asked.page(
        "station.html",
        path=f"/stations/{station.id}",
        flash=flash,
        station=_shown(station, around, {charge.evse_no: charge for charge in under_way if charge.evse_no}),
        socket=f"{asked.console.url.replace('http', 'ws', 1)}/ocpp/{station.id}",
        messages=[MessageShown(message=message, gist=gist(message)) for message in reversed(messages)],
        noticed=noticed,
        unseen=bool(unseen),
        certificates=certificates,
    )


async def new(asked: Asked) -> Response:
    return asked.page(
        "station_new.html",
        id=asked.query("id") or "",
        parties=[(str(party.holder), f"{party.holder} · {party.name}") for party in asked.parties],
    )


async def add(asked: Asked) -> Response:
    """The password is made here and shown this once."""
    said = asked.number("security_profile")
    profile = 1 if said is None else min(said, SECURITY_PROFILES)
    password = secrets.token_urlsafe(15) if profile else None
    async with asked.unit() as unit:
        holder = PartyId.parse(asked.said("holder"))
        station = await locations.add_station(
            unit, holder, asked.said("id"), password=password, security_profile=profile
        )
        people.note(unit, asked.visitor.name, "add station", f"station {station.id}")
    text = asked.say("The station is known now. Its password is shown this once:")
    return await _one(asked, station.id, Flash("good", text, password) if password else None)


async def accept(asked: Asked) -> Response:
    id = asked.part("id")
    async with asked.unit() as unit:
        await locations.provision(unit, id, Provisioning(accepted=True))
        people.note(unit, asked.visitor.name, "accept station", f"station {id}")
    return asked.done(f"/stations/{id}", asked.say("The station is accepted; it hears so when it asks again."))


async def attach(asked: Asked) -> Response:
    id = asked.part("id")
    number = asked.number("number") or 1
    async with asked.unit() as unit:
        station = await locations.station(unit, id)
        _, location, evse = await locations.evse_named(unit, asked.said("evse"), station.holder)
        await locations.attach(unit, id, number, EvseRef(location.id, evse.uid))
        people.note(unit, asked.visitor.name, "attach EVSE", f"station {id}", f"{number} is {evse.uid}")
    return asked.done(f"/stations/{id}", asked.say("The EVSE is attached."))


async def start(asked: Asked) -> Response:
    """With the token that pays, judged as the station itself would have it judged."""
    id, uid = asked.part("id"), asked.said("uid")
    async with asked.unit() as unit:
        station = await locations.station(unit, id)
    where = next((where for number, where in station.evses if str(number) == asked.said("evse")), None)
    if where is None:
        raise UnknownEvse(id, asked.said("evse"))
    given = await tokens.authorize(asked.console.database, station.holder, uid, evse=where, ask=asked.console.ask)
    if given.token is None:
        raise UnknownToken(uid)
    if given.allowed is not Allowed.ALLOWED:
        text = asked.say("This token may not charge here: %(verdict)s", verdict=given.allowed)
        return asked.done(f"/stations/{id}", text, "bad")
    paying = given.token
    token = CdrToken(owner=paying.owner, uid=paying.uid, type=paying.type, contract_id=paying.contract_id)
    async with asked.unit() as unit:
        session = await sessions.request_start(
            unit, holder=station.holder, token=token, evse=where, reference=given.reference
        )
        people.note(unit, asked.visitor.name, "start session", f"station {id}", session.id)
    return asked.done(f"/sessions/{session.ref}", asked.say("The station was asked to start; plug in the car."))


async def unlock(asked: Asked) -> Response:
    """For the help desk, with a driver on the line."""
    id = asked.part("id")
    async with asked.unit() as unit:
        station = await locations.station(unit, id)
        where = next((where for number, where in station.evses if str(number) == asked.said("evse")), None)
        if where is None:
            raise UnknownEvse(id, asked.said("evse"))
        place = await locations.fetch(unit, station.holder, station.holder, where.location_id)
        connector = evse_of(place, where.evse_uid).connectors[0]
        await locations.request_unlock(
            unit, station.holder, place.id, where.evse_uid, connector.id, request=unit.new_id()
        )
        people.note(unit, asked.visitor.name, "unlock connector", f"station {id}", where.evse_uid)
    return asked.done(f"/stations/{id}", asked.say("The station was asked to let go of the plug."))


async def reset(asked: Asked) -> Response:
    """Once nobody charges there."""
    return await _have_done(asked, Kind.RESET, Resetting())


async def change_password(asked: Asked) -> Response:
    """Made here, and seen by nobody. Raises Offline."""
    id = asked.part("id")
    async with asked.unit() as unit:
        station = await locations.station(unit, id)
        yours(asked.visitor, station.holder)
        passwords.change(unit, asked.console.clients.seal, station)
        people.note(unit, asked.visitor.name, "change password", f"station {id}")
    asked.console.database.wake()
    return asked.done(
        f"/stations/{id}", asked.say("The station is told a new password; until it takes it, the old one opens.")
    )


async def change_availability(asked: Asked) -> Response:
    settings = Opening(operative=asked.said("operative") == "yes", evse_no=asked.number("evse") or 0)
    return await _have_done(asked, Kind.AVAILABILITY, settings)


async def _have_done(asked: Asked, kind: Kind, settings: Resetting | Opening) -> Response:
    id = asked.part("id")
    async with asked.unit() as unit:
        station = await locations.station(unit, id)
        at, by = Selection(station_ids=(id,)), asked.visitor.name
        task = await tasks.begin(unit, station.holder, kind, settings, at=at, by=by)
        people.note(unit, by, "begin task", f"station {id}", kind.value)
    return asked.done(f"/tasks/{task.ref}", asked.say("The task is begun."))


async def withdraw(asked: Asked) -> Response:
    id = asked.part("id")
    async with asked.unit() as unit:
        station = await locations.station(unit, id)
        found = await reservations.numbered(unit, station.holder, asked.number("number") or 0)
        if found is None or found.station_id != station.id:
            raise UnknownReservation(asked.said("number"))
        await reservations.withdraw(unit, found.ref)
        people.note(unit, asked.visitor.name, "withdraw reservation", f"station {id}", found.id)
    return asked.done(f"/stations/{id}", asked.say("The reservation is taken back."))


def _shown(
    station: Station,
    around: Mapping[Key, tuple[str, Location]],
    charging: Mapping[int, Session] = NOBODY,
) -> StationShown:
    at = _at(around, station.holder, station.location_id or (station.evses[0][1].location_id if station.evses else ""))
    return StationShown(
        id=station.id,
        slug=slug(station.id),
        connection=places.connection(station),
        evses=tuple(
            _evse(number, _at(around, station.holder, where.location_id), where, charging.get(number))
            for number, where in station.evses
        ),
        place=None if at is None else places.place_of(*at),
        zone=None if at is None else at[1].time_zone,
        vendor=station.vendor,
        model=station.model,
        serial_number=station.serial_number,
        firmware=station.firmware,
        protocol=station.protocol,
        security_profile=station.security_profile,
        password_short=station.password_short,
        connected_at=station.connected_at,
        booted_at=station.booted_at,
        last_seen_at=station.last_seen_at,
    )


def _at(around: Mapping[Key, tuple[str, Location]], holder: PartyId, location_id: str) -> tuple[str, Location] | None:
    return around.get((holder, holder, fold(location_id)))


def _evse(number: int, at: tuple[str, Location] | None, where: EvseRef, session: Session | None) -> EvseShown:
    evse: Evse | None = None
    if at is not None:
        try:
            evse = evse_of(at[1], where.evse_uid)
        except UnknownEvse:
            evse = None
    if evse is None:
        return EvseShown(number=number, status=Status.UNKNOWN, evse_id=where.evse_uid, session=session)
    return EvseShown(
        number=number,
        status=evse.status,
        evse_id=evse.evse_id or evse.uid,
        connectors=tuple(connector.standard for connector in evse.connectors),
        since=evse.last_updated,
        session=session,
    )


DOORS: tuple[Door, ...] = (
    see("/stations", list_all),
    do("/stations", add),
    see("/stations/new", new),
    see("/stations/{id}", one),
    do("/stations/{id}/accept", accept),
    do("/stations/{id}/attach", attach),
    do("/stations/{id}/start", start, Role.SUPPORT),
    do("/stations/{id}/unlock", unlock, Role.SUPPORT),
    do("/stations/{id}/reset", reset),
    do("/stations/{id}/password", change_password),
    do("/stations/{id}/availability", change_availability),
    do("/stations/{id}/withdraw", withdraw),
)
