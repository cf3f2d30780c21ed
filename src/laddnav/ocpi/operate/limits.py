"""The operator API about limits on a charge at a partner's: of drivers of ours, or by contract with its CPO as SCSP."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Database
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.kit.time import utc
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands import limited
from laddnav.ocpi.commands.limited import Limited
from laddnav.ocpi.wire.profiles import ProfileVerdict
from laddnav.people.api import Route, yours
from laddnav.people.model import Role, Visitor
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.scheduling.rules import NoSchedule, sound
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session
from laddnav.sessions.rules import UnknownSession

Seconds = Annotated[int, Meta(ge=0, le=7 * 24 * 3600)]


class LimitFrom(Struct, frozen=True, kw_only=True):
    """So many seconds after the profile began, and until the next one: at most `rate`, in the profile's unit."""

    after: Seconds
    rate: Decimal


class Profile(Struct, frozen=True, kw_only=True):
    """`started_at` None: from when the charge began; `seconds` None: to its end."""

    unit: RateUnit
    limits: Annotated[tuple[LimitFrom, ...], Meta(min_length=1, max_length=1000)]
    started_at: datetime | None = None
    seconds: Seconds | None = None
    rate_min: Decimal | None = None


class Tell(Struct, frozen=True, kw_only=True):
    """For how long ahead."""

    seconds: Seconds = 3600


class Asked(Struct, frozen=True, kw_only=True):
    """What the CPO said at once; what its Station made of it is an event, and `active_profile` of the Session."""

    holder: PartyId
    command_id: str
    verdict: ProfileVerdict


async def limit_session(database: Database, clients: Clients, by: Visitor, ref: str, body: Profile) -> Asked:
    """Have a partner's Station give this charge so much and no more, beside what others limit it to."""
    profile = _meant(body)
    session = await _at_partner(database, by, ref)
    return _asked(
        session,
        await limited.set_profile(
            database, clients, session.holder, owner=session.owner, session_id=session.id, profile=profile
        ),
    )


async def unlimit_session(database: Database, clients: Clients, by: Visitor, ref: str) -> Asked:
    """Take back what we limit this charge to; what others do goes on."""
    session = await _at_partner(database, by, ref)
    return _asked(
        session,
        await limited.clear_profile(database, clients, session.holder, owner=session.owner, session_id=session.id),
    )


async def ask_limits(database: Database, clients: Clients, by: Visitor, ref: str, body: Tell) -> Asked:
    """Ask what limits this charge, of whatever cause; the answer is kept with the Session."""
    session = await _at_partner(database, by, ref)
    length = timedelta(seconds=body.seconds)
    return _asked(
        session,
        await limited.active_profile(
            database, clients, session.holder, owner=session.owner, session_id=session.id, duration=length
        ),
    )


async def _at_partner(database: Database, by: Visitor, ref: str) -> Session:
    """Raises UnknownSession, of a charge with ourselves too, and NotYours."""
    async with database.unit() as unit:
        session = await sessions.by_ref(unit, ref)
    yours(by, session.holder)
    if session.owner == session.holder:
        raise UnknownSession(session.id)
    return session


def _meant(said: Profile) -> ChargingProfile:
    """Raises NoSchedule."""
    try:
        limits = tuple(ProfileLimit(timedelta(seconds=one.after), json.sane(one.rate)) for one in said.limits)
        rate_min = None if said.rate_min is None else json.sane(said.rate_min)
    except ValueError as error:
        raise NoSchedule(str(error)) from error
    return sound(
        ChargingProfile(
            unit=said.unit,
            started_at=None if said.started_at is None else utc(said.started_at),
            duration=None if said.seconds is None else timedelta(seconds=said.seconds),
            rate_min=rate_min,
            limits=limits,
        )
    )


def _asked(session: Session, said: Limited) -> Asked:
    return Asked(holder=session.holder, command_id=said.command_id, verdict=said.verdict)


ROUTES = (
    Route(method="PUT", path="/sessions/{ref}/limits", does=limit_session, needs=Role.OPERATOR, status=202),
    Route(method="DELETE", path="/sessions/{ref}/limits", does=unlimit_session, needs=Role.OPERATOR, status=202),
    Route(method="POST", path="/sessions/{ref}/limits/ask", does=ask_limits, needs=Role.OPERATOR, status=202),
)
