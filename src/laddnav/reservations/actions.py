"""Verbs about reservations: ask for one, change it, hear what the Station says, and end it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec.structs import replace

from laddnav.db.hearing import OfOurs
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.locations.model import Evse, Location, Status
from laddnav.locations.rules import NoStation, evse_of
from laddnav.reservations import rules, store
from laddnav.reservations.events import (
    CancellationAnswered,
    CancellationRequested,
    ReservationAnswered,
    ReservationChanged,
    ReservationRequested,
    ReservationWithdrawn,
)
from laddnav.reservations.model import Reservation, State
from laddnav.reservations.rules import Happening, NotReservable, ReservationOver, UnknownReservation, after
from laddnav.sessions.actions import reserving as sessions
from laddnav.sessions.events import SessionEvent
from laddnav.sessions.model import CdrToken, Session
from laddnav.sessions.model import Status as SessionStatus
from laddnav.sessions.rules import EvseBusy

# Asked for ------------------------------------------------------------------------------------------------------------


async def request(
    unit: Unit,
    *,
    holder: PartyId,
    asked_by: PartyId,
    id: str,
    token: CdrToken,
    also: tuple[CdrToken, ...] = (),
    location_id: str,
    evse_uid: str | None,
    until: datetime,
    reference: str | None = None,
    request: str,
    booked: bool = False,
) -> Reservation:
    """Have the Station keep an Evse: the named one, or any that is free. The answer comes as ReservationAnswered.

    What the same party reserved under the same id at this Location is replaced (OCPI 2.2.1
    mod_commands_reservenow_object). Raises NotSoLong, UnknownLocation, UnknownEvse, NotReservable, NoStation, EvseBusy.
    """
    rules.checked_end(until, unit.now)
    location = await locations.fetch(unit, holder, holder, location_id)
    wanted = None if evse_uid is None else evse_of(location, evse_uid)
    await store.name_alone(unit, holder, asked_by, id)
    for before in await store.open_named(unit, holder, [asked_by], id):
        same = fold(before.location_id) == fold(location.id)
        if same and (wanted is None or fold(wanted.uid) == fold(before.evse_uid)):
            changed = replace(before, token=token, also=also, reference=reference)
            return _ask_again(unit, changed, until, request)
    evse, station_id, evse_no = await _free(unit, holder, location, wanted)
    reservation = await store.insert(
        unit,
        Reservation(
            holder=holder,
            number=0,
            ref=unit.new_id(),
            asked_by=asked_by,
            id=id,
            state=State.ASKED,
            token=token,
            also=also,
            reference=reference,
            location_id=location.id,
            evse_uid=evse.uid,
            station_id=station_id,
            evse_no=evse_no,
            until=until,
            request=request,
            booked=booked,
            asked_at=unit.now,
            last_updated=unit.now,
        ),
    )
    return _request(unit, reservation, request)


def _ask_again(unit: Unit, one: Reservation, until: datetime, request: str) -> Reservation:
    """The same number once more replaces what the Station keeps (OCPP 1.6 §5.13)."""
    again = replace(one, wanted_until=until, request=request, last_updated=unit.now)
    store.update(unit, again)
    return _request(unit, again, request)


def _request(unit: Unit, one: Reservation, request: str) -> Reservation:
    unit.announce(
        ReservationRequested(holder=one.holder, number=one.number, station_id=one.station_id, request=request)
    )
    return one


async def _free(unit: Unit, holder: PartyId, location: Location, wanted: Evse | None) -> tuple[Evse, str, int]:
    """(Evse, its Station, the Station's number for it). Raises NotReservable, NoStation, EvseBusy."""
    if wanted is not None:
        return await _kept_by(unit, holder, location, wanted)
    why: Refusal = NotReservable(location.id)
    for evse in location.evses:
        if evse.status is not Status.AVAILABLE:
            continue
        try:
            return await _kept_by(unit, holder, location, evse)
        except (NotReservable, NoStation, EvseBusy) as error:
            why = error
    raise why


async def _kept_by(unit: Unit, holder: PartyId, location: Location, evse: Evse) -> tuple[Evse, str, int]:
    if rules.RESERVABLE not in evse.capabilities:
        raise NotReservable(evse.uid)
    return evse, *await sessions.free(unit, holder, EvseRef(location.id, evse.uid))


async def request_cancel(
    unit: Unit, holder: PartyId, asked_by: Collection[PartyId], id: str, *, request: str
) -> Reservation:
    """Have the Station free what one of these parties reserved; the answer comes as CancellationAnswered.

    Raises UnknownReservation, also where it is somebody else's.
    """
    for one in await store.open_named(unit, holder, asked_by, id):
        if one.state is State.HELD:
            _request_cancel(unit, one, request)
            return one
    raise UnknownReservation(id)


async def withdraw(unit: Unit, ref: str) -> Reservation:
    """We cannot keep it: whoever asked for it hears so, the Station too. Raises UnknownReservation, ReservationOver."""
    found = await by_ref(unit, ref)
    one = await _locked(unit, found.holder, found.number)
    if one.state is not State.HELD or one.session_id is None:
        raise ReservationOver(one.id, one.state)
    _request_cancel(unit, one, unit.new_id())
    if await sessions.withdraw(unit, one.holder, one.session_id) is None:
        raise ReservationOver(one.id, State.USED)
    return _break(unit, one)


def _request_cancel(unit: Unit, one: Reservation, request: str) -> None:
    unit.announce(
        CancellationRequested(holder=one.holder, number=one.number, station_id=one.station_id, request=request)
    )


# What the Station says ------------------------------------------------------------------------------------------------


async def answer(unit: Unit, holder: PartyId, number: int, result: str, request: str | None) -> None:
    """Whether the Station keeps the Evse, in words of OCPI's CommandResultType; from now on it costs what it costs."""
    one = await _locked(unit, holder, number)
    if one.state in rules.OVER:
        result = "FAILED"
    elif result != "ACCEPTED":
        _moved(unit, one, Happening.REFUSED)
    elif one.state is State.HELD:
        await _prolong(unit, one)
    else:
        result = await _keep(unit, one)
    unit.announce(ReservationAnswered(holder=holder, number=number, result=result, request=request))


async def _keep(unit: Unit, one: Reservation) -> str:
    """How it turned out: somebody may have begun to charge while the Station was asked."""
    where = EvseRef(one.location_id, one.evse_uid)
    try:
        session = await sessions.reserve(
            unit,
            holder=one.holder,
            tokens=one.tokens,
            evse=where,
            number=one.number,
            until=one.until,
            reference=one.reference,
            booked=one.booked,
        )
    except Refusal:
        _moved(unit, one, Happening.REFUSED)
        return "EVSE_OCCUPIED"
    _moved(unit, replace(one, session_id=session.id), Happening.KEPT)
    await locations.report_status(
        unit, one.holder, one.holder, where.location_id, where.evse_uid, Status.RESERVED, unit.now
    )
    for other in await store.open_named(unit, one.holder, [one.asked_by], one.id):
        if other.state is State.HELD and other.number != one.number:
            _request_cancel(unit, other, unit.new_id())
    return "ACCEPTED"


async def _prolong(unit: Unit, one: Reservation) -> None:
    until = one.wanted_until or one.until
    if one.session_id is not None:
        await sessions.prolong(unit, one.holder, one.session_id, until, one.tokens)
    _moved(unit, replace(one, until=until), Happening.KEPT)


async def answer_cancel(unit: Unit, holder: PartyId, number: int, result: str, request: str | None) -> None:
    """A Station that has no such reservation any more keeps nothing: it is over here, too."""
    one = await _locked(unit, holder, number)
    if one.state is State.HELD and result in ("ACCEPTED", "UNKNOWN_RESERVATION"):
        await _end(unit, one, Happening.CANCELED, unit.now)
    unit.announce(CancellationAnswered(holder=holder, number=number, result=result, request=request))


async def given_up_by_station(unit: Unit, holder: PartyId, number: int, *, removed: bool) -> None:
    """The Station keeps the Evse no more: nobody came in time, or it could not any longer (`removed`).

    Nothing where it is over already, or in use. Raises UnknownReservation.
    """
    one = await _locked(unit, holder, number)
    if one.state is not State.HELD or one.session_id is None:
        return
    if not removed:
        await _end(unit, one, Happening.RAN_OUT, min(unit.now, one.until))
    elif await sessions.withdraw(unit, one.holder, one.session_id) is not None:
        _break(unit, one)


# How it ends ----------------------------------------------------------------------------------------------------------


async def expire(database: Database, limit: int = 100) -> int:
    """End what nobody used in time; says how many."""
    async with database.unit() as unit:
        late = await store.run_out(unit, unit.now - unit.clock.wall(rules.TOLD_WITHIN), limit)
    for one in late:
        async with database.unit() as unit:
            now = await _locked(unit, one.holder, one.number)
            if now.state is State.HELD and now.until == one.until:
                await _end(unit, now, Happening.RAN_OUT, now.until)
    return len(late)


@OfOurs
async def session_went_on(database: Database, event: SessionEvent) -> None:
    """Hears that a Session of ours began to charge or failed: then its reservation is used, or could not be kept."""
    async with database.unit() as unit:
        one = await store.of_session(unit, event.holder, event.session_id)
        if one is None or one.state is not State.HELD:
            return
        session = await sessions.of(unit, event.holder, event.session_id)
        if session.status is SessionStatus.INVALID:
            _request_cancel(unit, one, unit.new_id())
            _break(unit, one)
        elif _charges(session):
            _moved(unit, one, Happening.USED)
    database.wake()


def _charges(session: Session) -> bool:
    return session.reserved is not None and session.reserved.used_at is not None


async def _end(unit: Unit, one: Reservation, happening: Happening, at: datetime) -> None:
    assert one.session_id is not None, "what is held has its Session"
    released = await sessions.release(unit, one.holder, one.session_id, at)
    _moved(unit, one, Happening.USED if released is None else happening)


def _break(unit: Unit, one: Reservation) -> Reservation:
    unit.announce(ReservationWithdrawn(holder=one.holder, number=one.number, request=one.request))
    return _moved(unit, one, Happening.BROKEN)


def _moved(unit: Unit, one: Reservation, happening: Happening) -> Reservation:
    one = after(one, happening, unit.now)
    store.update(unit, one)
    unit.announce(ReservationChanged(holder=one.holder, number=one.number))
    return one


# Reads ----------------------------------------------------------------------------------------------------------------


async def by_ref(unit: Unit, ref: str) -> Reservation:
    """Raises UnknownReservation."""
    one = await store.by_ref(unit, ref)
    if one is None:
        raise UnknownReservation(ref)
    return one


async def numbered(unit: Unit, holder: PartyId, number: int) -> Reservation | None:
    return await store.find(unit, holder, number)


async def held_for(unit: Unit, holder: PartyId, location_id: str, token: CdrToken) -> Reservation | None:
    """What is kept for the driver with this Token at a Location."""
    for one in await store.held_at(unit, holder, location_id):
        if any(each.same(token) for each in one.tokens):
            return one
    return None


async def page(
    unit: Unit, holder: PartyId | None, *, state: State | None = None, before: str | None = None, limit: int = 50
) -> Sequence[Reservation]:
    """Newest first; the last ref is the next `before`."""
    return await store.page(unit, holder, state, before, limit)


async def _locked(unit: Unit, holder: PartyId, number: int) -> Reservation:
    one = await store.find(unit, holder, number)
    if one is None:
        raise UnknownReservation(str(number))
    return one
