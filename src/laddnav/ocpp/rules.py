"""Decisions about stations: who may work with us, whose token it is, which stop belongs to which start."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from laddnav.kit.ids import fold
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.locations.model import Station, Status
from laddnav.ocpp.model import Transaction
from laddnav.ocpp.wire.answers import Registration, TokenJudged
from laddnav.ocpp.wire.events import ChargeStarted, ChargeStopped
from laddnav.ocpp.wire.frames import CallError, ErrorCode
from laddnav.ocpp.wire.requests import Said, Verdict
from laddnav.sessions.model import CdrToken, Session
from laddnav.sessions.model import Status as Course
from laddnav.sessions.reserved import named, tokens_of
from laddnav.tokens.model import Allowed, Authorization, TokenType


class Offline(Refusal):
    """The Station is not connected."""

    def __init__(self, station_id: str) -> None:
        super().__init__(f"Station {station_id!r} is not connected")
        self.station_id = station_id


class NotInItsVersion(Refusal):
    """The Station speaks a version that has no word for this."""

    def __init__(self, station_id: str) -> None:
        super().__init__(f"Station {station_id!r} speaks a version that has no word for this")
        self.station_id = station_id


class NoAnswer(Trouble):
    """The Station did not answer in time."""

    def __init__(self, station_id: str) -> None:
        super().__init__(f"Station {station_id!r} did not answer in time")
        self.station_id = station_id


def registration(station: Station) -> Registration:
    """False holds it in Pending; undecided, it waits outside until an operator says."""
    if station.accepted is None:
        return Registration.REJECTED
    return Registration.ACCEPTED if station.accepted else Registration.PENDING


def interval(station: Station) -> int:
    """Seconds between heartbeats once accepted, until the next attempt before."""
    return station.heartbeat_interval if station.accepted else station.boot_retry_interval


def judged(given: Authorization, group_id: str | None = None, *, now: datetime | None = None) -> TokenJudged:
    """`group_id` of a reservation wins over the Token's own, so that the station lets it use what it keeps.

    C17.FR.01, C17.FR.02: a Token with prepaid credit does not stay in a cache.
    """
    token = given.token
    prepaid = token is not None and token.credit is not None
    return TokenJudged(
        allowed=given.allowed,
        group_id=group_id or (None if token is None else token.group_id),
        expires_at=now if prepaid else None if token is None else token.expires_at,
    )


def settled_as(allowed: bool) -> TokenJudged:
    return TokenJudged(allowed=Allowed.ALLOWED if allowed else Allowed.NOT_ALLOWED)


# A Token's uid may be longer than a station can hold; then a name made from the Session, or its reservation, stands in
# (OCPP 1.6 §3.9: tokens that a central system sends may be virtual ones).
_STAND_IN = "LAD"
_GROUP_MAX = 20  # characters of a parentIdTag, the shortest name of a group that there is


def shown_to_station(session: Session, uid_max: int) -> str:
    """By what it knows a reservation, whichever of its Tokens uses it."""
    return uid_for_station(tokens_of(session)[0].uid, _stood_for(session), uid_max)


def uid_for_station(uid: str, stood_for: str, uid_max: int) -> str:
    return uid if len(uid) <= uid_max else stand_in(stood_for, uid_max)


def reservation_named(number: int) -> str:
    """What a stand-in is made of before there is a Session."""
    return f"reservation/{number}"


def _stood_for(session: Session) -> str:
    return session.id if session.reserved is None else reservation_named(session.reserved.number)


def stand_in(stood_for: str, uid_max: int) -> str:
    digest = hashlib.blake2b(stood_for.encode(), digest_size=20).digest()
    return (_STAND_IN + base64.b32encode(digest).decode())[:uid_max]


def is_stand_in(uid: str) -> bool:
    return fold(uid).startswith(fold(_STAND_IN))


def meant(uid: str, session: Session) -> CdrToken | None:
    """The Token that the station means, of those for which this Session waits."""
    token = named(session, uid)
    if token is None and is_stand_in(uid) and fold(stand_in(_stood_for(session), len(uid))) == fold(uid):
        return session.token
    return token


def group_of_reservation(number: int, tokens: Sequence[CdrToken]) -> str | None:
    """Several Tokens of a reservation are a group: a station knows one, and asks us about others (OCPP 1.6 §5.13)."""
    return stand_in(f"group/{number}", _GROUP_MAX) if len(tokens) > 1 else None


def group_of(session: Session) -> str | None:
    kept = session.reserved
    return None if kept is None or kept.used_at is not None else group_of_reservation(kept.number, kept.tokens)


def nameless(stop: ChargeStopped, under_way: Sequence[Transaction]) -> Transaction | None:
    """The charge that a stop without a name ends; None where it could be several or is none that we know."""
    fitting = [one for one in under_way if one.started_at <= stop.at and _same_uid(stop.uid, one.uid)]
    return fitting[0] if len(fitting) == 1 else None


def stray_of(start: ChargeStarted, strays: Iterable[ChargeStopped]) -> ChargeStopped | None:
    """The stop that came before its start: the first after it that can be its."""
    fitting = [
        stop
        for stop in strays
        if stop.at >= start.at and stop.register >= start.register and _same_uid(stop.uid, start.uid)
    ]
    return min(fitting, key=lambda stop: stop.at, default=None)


def _same_uid(said: str | None, uid: str) -> bool:
    return said is None or fold(said) == fold(uid)


def number_of_start(session_id: str) -> int:
    """What a station calls our request for this charge: the same however often it is asked."""
    return number_named(session_id)


def number_named(name: str) -> int:
    """A number for a station that cannot hold a name."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest()) >> 1


# An Evse with several Connectors serves one car at a time: one that is taken takes the others, though nobody reports
# on them (OCPP 2.0.1 G01.FR.08); else it is as good as the best of them.
_BEFORE_OTHERS = (Status.BLOCKED, Status.RESERVED, Status.AVAILABLE, Status.INOPERATIVE, Status.OUTOFORDER)


def of_connectors(statuses: Iterable[Status]) -> Status:
    """How an Evse does whose Connectors do so."""
    found = set(statuses)
    return next((status for status in _BEFORE_OTHERS if status in found), Status.UNKNOWN)


# How long a command lets its driver in without another question (OCPI 2.2.1 mod_commands_reservenow_object).
COMMANDED_WITHIN = timedelta(minutes=15)


def commanded(session: Session, token: CdrToken, now: datetime) -> bool:
    """Whether the command itself lets the driver in: a start always, a reservation a card for a quarter of an hour.

    A Token that is no card was asked for by nobody else but its eMSP.
    """
    if session.status is Course.RESERVATION:
        by_app = token.type in (TokenType.APP_USER, TokenType.AD_HOC_USER)
        return by_app or now - session.started_at <= COMMANDED_WITHIN
    return session.status is Course.PENDING


def stable_id(*words: str) -> str:
    """The same id for the same words, in the form of ours: what is asked for twice is asked once."""
    return str(UUID(bytes=hashlib.blake2b("/".join(words).encode(), digest_size=16).digest()))


def command_result(reply: Said | CallError | None) -> str:
    """What a Station's answer is as OCPI 2.2.1 mod_commands_commandresulttype_enum; None: there was none."""
    if reply is None:
        return "TIMEOUT"
    if isinstance(reply, CallError):
        unable = (ErrorCode.NOT_IMPLEMENTED, ErrorCode.NOT_SUPPORTED)
        return "NOT_SUPPORTED" if reply.code in unable else "FAILED"
    return reply.value if isinstance(reply, Verdict) else Verdict.ACCEPTED.value
