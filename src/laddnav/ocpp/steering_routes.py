"""The operator API by which charges follow more than a limit, and batteries are swapped."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Database
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.ocpp import calls, rules, store
from laddnav.ocpp.monitoring_routes import Number, NumberedAnswer, Positive
from laddnav.ocpp.routes import Replied, answered, looked_at
from laddnav.ocpp.wire.steering import (
    AllowTransfers,
    BeginDynamic,
    EnergyTransfer,
    FollowSignal,
    PreferCharge,
    Setpoints,
    SwapBatteries,
    UpdateDynamic,
)
from laddnav.people.api import Route, yours
from laddnav.people.model import Role, Visitor
from laddnav.scheduling.model import RateUnit
from laddnav.sessions import actions as sessions
from laddnav.sessions.routes import TokenRefused
from laddnav.sessions.rules import UnknownSession
from laddnav.tokens import actions as tokens
from laddnav.tokens.actions import Asker
from laddnav.tokens.model import Allowed


class NothingSaid(Refusal):
    """A dynamic profile needs a value: a limit or a setpoint."""


class Dynamic(Struct, frozen=True, kw_only=True):
    """`evse_no` 0: every Evse. `every` so many seconds the Station asks for the values itself."""

    evse_no: Number
    unit: RateUnit
    values: Setpoints
    every: Positive | None = None


class Preferred(Struct, frozen=True, kw_only=True):
    """A charge by the ref of its Session."""

    session: str
    preferred: bool


class Transfers(Struct, frozen=True, kw_only=True):
    """A charge by the ref of its Session, and the ways by which energy may go in it."""

    session: str
    allowed: Annotated[tuple[EnergyTransfer, ...], Meta(min_length=1)]


class Signal(Struct, frozen=True, kw_only=True):
    """What the operator of the grid signals, and from when on it holds."""

    at: datetime
    signal: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


class Swap(Struct, frozen=True, kw_only=True):
    """By the `uid` of the Token that pays."""

    uid: Annotated[str, Meta(min_length=1, max_length=36)]


async def begin_dynamic(database: Database, by: Visitor, station_id: str, number: Number, body: Dynamic) -> Replied:
    """K28: charges there follow these values from now on, until they are told anew."""
    await looked_at(database, by, station_id)
    request = BeginDynamic(
        number=number, evse_no=body.evse_no, unit=body.unit, values=_said(body.values), every=body.every
    )
    return answered(await calls.say(database, station_id, request))


async def update_dynamic(database: Database, by: Visitor, station_id: str, number: Number, body: Setpoints) -> Replied:
    """K28: also what a Station is told that asks by itself."""
    await looked_at(database, by, station_id)
    return answered(await calls.say(database, station_id, UpdateDynamic(number=number, values=_said(body))))


async def prefer(database: Database, by: Visitor, station_id: str, body: Preferred) -> Replied:
    """K21: by the profile for such charges, where the Station has one."""
    charge = await _charge(database, by, station_id, body.session)
    return answered(await calls.say(database, station_id, PreferCharge(charge=charge, preferred=body.preferred)))


async def allow_transfers(database: Database, by: Visitor, station_id: str, body: Transfers) -> Replied:
    """Q01."""
    charge = await _charge(database, by, station_id, body.session)
    return answered(await calls.say(database, station_id, AllowTransfers(charge=charge, transfers=body.allowed)))


async def follow_signal(database: Database, by: Visitor, station_id: str, body: Signal) -> Replied:
    """Q08."""
    await looked_at(database, by, station_id)
    return answered(await calls.say(database, station_id, FollowSignal(at=body.at, signal=body.signal)))


async def swap_batteries(
    database: Database, by: Visitor, ask: Asker | None, station_id: str, body: Swap
) -> NumberedAnswer:
    """S02.FR.03: for a Token that may charge; what went in and out is told under the number in the answer."""
    station = await looked_at(database, by, station_id)
    given = await tokens.authorize(database, station.holder, body.uid, evse=None, ask=ask)
    if given.allowed is not Allowed.ALLOWED or given.token is None:
        raise TokenRefused(given.allowed)
    number = rules.number_named(database.clock.new_id())
    request = SwapBatteries(number=number, uid=given.token.uid, token_type=given.token.type)
    return NumberedAnswer(number=number, answer=answered(await calls.say(database, station_id, request)))


def _said(values: Setpoints) -> Setpoints:
    """Raises NothingSaid."""
    if values == Setpoints():
        raise NothingSaid(str(NothingSaid.__doc__))
    return values


async def _charge(database: Database, by: Visitor, station_id: str, session_ref: str) -> str:
    """Its name there. Raises UnknownSession."""
    async with database.unit() as unit:
        station = await locations.station(unit, station_id)
        yours(by, station.holder)
        session = await sessions.by_ref(unit, session_ref)
        charge = await store.charges.of_session(unit, station.holder, session.id)
    if session.holder != station.holder or charge is None or charge.station_id != station.id:
        raise UnknownSession(session_ref)
    return charge.name


_STATION = "/stations/{station_id}"
_DYNAMIC = f"{_STATION}/dynamic-profiles/{{number}}"

ROUTES = (
    Route(method="PUT", path=_DYNAMIC, does=begin_dynamic, needs=Role.OPERATOR, looks_itself=True),
    Route(method="PATCH", path=_DYNAMIC, does=update_dynamic, needs=Role.OPERATOR, looks_itself=True),
    Route(method="POST", path=f"{_STATION}/priority", does=prefer, needs=Role.OPERATOR, looks_itself=True),
    Route(
        method="POST",
        path=f"{_STATION}/energy-transfers",
        does=allow_transfers,
        needs=Role.OPERATOR,
        looks_itself=True,
    ),
    Route(method="POST", path=f"{_STATION}/afrr-signals", does=follow_signal, needs=Role.OPERATOR, looks_itself=True),
    Route(
        method="POST",
        path=f"{_STATION}/battery-swaps",
        does=swap_batteries,
        needs=Role.OPERATOR,
        looks_itself=True,
    ),
)
