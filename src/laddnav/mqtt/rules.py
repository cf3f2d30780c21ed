"""What a broker, a charge point under it and a source have to be, and what is asked of a charge; pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from msgspec import Struct

from laddnav.kit.energy import kwh
from laddnav.kit.refusal import Refusal
from laddnav.mqtt.model import Broker, ChargePoint, HomeAsked, HomeMeter, HomeMode, HomeWish
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.scheduling.surplus import Following, Terms
from laddnav.sessions.model import Preferences, ProfileType

PORTS = {"mqtt": 1883, "mqtts": 8883}
SUPPOSED_STAY = timedelta(hours=8)  # of a car whose home has not said when it leaves
ASKED_AGAIN_AFTER = timedelta(minutes=1)  # of what a Station would not do
_TENTH = Decimal("0.1")
_BASE = re.compile(r"[A-Za-z0-9_-]{1,40}(/[A-Za-z0-9_-]{1,40}){0,4}")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


class UnfitHome(Refusal):
    """What was said of a home cannot be used."""


class UnknownBroker(Refusal):
    """No broker of this name is known here."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No broker {ref!r} is known here")
        self.ref = ref


class UnknownChargePoint(Refusal):
    """It is not under this broker."""

    def __init__(self, station_id: str, evse_no: int) -> None:
        super().__init__(f"EVSE {evse_no} of station {station_id!r} is not under this broker")


class UnknownSource(Refusal):
    """Nothing is heard there."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"Nothing is heard at {topic!r}")


class UnderAnother(Refusal):
    """A charge point is under one broker at a time."""

    def __init__(self, point: ChargePoint) -> None:
        super().__init__(f"EVSE {point.evse_no} of station {point.station_id!r} is under another broker already")


class Address(Struct, frozen=True):
    host: str
    port: int
    tls: bool


def address(url: str) -> Address:
    """Raises UnfitHome."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UnfitHome("url: mqtt://host or mqtts://host is meant, with a port or without") from error
    if parts.scheme not in PORTS or not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise UnfitHome("url: mqtt://host or mqtts://host is meant, with a port or without")
    if parts.username or parts.password:
        raise UnfitHome("url: the user and the password are told apart from it")
    return Address(host, port or PORTS[parts.scheme], parts.scheme == "mqtts")


def fit(broker: Broker) -> Broker:
    """Raises UnfitHome."""
    address(broker.url)
    if not broker.name.strip() or len(broker.name) > 80:
        raise UnfitHome("name: 1 to 80 characters")
    for what, base in (("topics", broker.topics), ("discovery", broker.discovery)):
        if not _BASE.fullmatch(base):
            raise UnfitHome(f"{what}: letters, digits, dashes and underscores, with slashes between them")
    if broker.topics == broker.discovery:
        raise UnfitHome("topics: not what Home Assistant listens to")
    return broker


def fit_point(point: ChargePoint) -> ChargePoint:
    """Raises UnfitHome."""
    if not _KEY.fullmatch(point.key) or point.key in ("online", "battery", "roof"):
        raise UnfitHome("key: letters, digits, dashes and underscores, 64 at most; not online, battery or roof")
    if not point.name.strip() or len(point.name) > 80:
        raise UnfitHome("name: 1 to 80 characters")
    if not 6 <= point.amps_max <= 80 or point.amps_max != point.amps_max.quantize(_TENTH):
        raise UnfitHome("amps_max: 6 to 80 A, with one digit after the point at most")
    if point.phases not in ((1,), (3,), (1, 3)):
        raise UnfitHome("phases: [1], [3], or [1, 3] where the station can switch")
    if not (0 <= point.begin_after <= 3600 and 0 <= point.stop_after <= 3600):
        raise UnfitHome("begin_after, stop_after: up to 3600 seconds")
    return point


def fit_source(source: HomeMeter) -> HomeMeter:
    """Raises UnfitHome."""
    topic = source.topic
    if not topic or len(topic) > 200 or any(one in topic for one in "+#\0") or topic.startswith("$"):
        raise UnfitHome("topic: a topic without + and # is meant")
    if len(source.path) > 100:
        raise UnfitHome("path: 100 characters at most")
    if not source.factor or abs(source.factor) > 1_000_000:
        raise UnfitHome("factor: what the number is multiplied with; not nought")
    return source


def key_for(station_id: str, evse_no: int, *, alone: bool) -> str:
    """What a charge point is called in topics, unless somebody says otherwise."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", station_id).strip("-") or "charger"
    return (plain if alone else f"{plain}-{evse_no}")[:64]


# What is asked of a charge --------------------------------------------------------------------------------------------


class Asked(Struct, frozen=True):
    """At most so many amperes from each phase; `phases` None: as many as the car takes."""

    amps: Decimal
    phases: int | None = None


def asked(point: ChargePoint, roof: Following | None) -> Asked:
    """`roof`: what it has to spare, where that is followed."""
    wanted = point.wanted
    most = point.amps_max if wanted.amps is None else min(wanted.amps, point.amps_max)
    if not wanted.charge:
        return Asked(Decimal(0))
    if wanted.mode is not HomeMode.SOLAR:
        return Asked(most)
    if roof is None or roof.amps == 0:
        return Asked(Decimal(0))
    spare = Decimal(str(roof.amps)).quantize(_TENTH, ROUND_FLOOR)
    return Asked(min(spare, most), roof.phases if len(point.phases) > 1 else None)


def terms(point: ChargePoint) -> Terms:
    """How it follows the roof."""
    most = point.amps_max if point.wanted.amps is None else min(point.wanted.amps, point.amps_max)
    return Terms(
        amps_max=float(most),
        phases=point.phases,
        begin_after=timedelta(seconds=point.begin_after),
        stop_after=timedelta(seconds=point.stop_after),
    )


def limit_due(point: ChargePoint, session_id: str, roof: Following | None, now: datetime) -> Asked | None:
    """What a charge is to be limited to and was not asked to; None: nothing more than it was.

    A Station that would not is left alone for a while; what it would not once it may do later in the same charge.
    """
    one = asked(point, roof)
    done = point.done if point.done.session_id == session_id else HomeAsked()
    rests = done.refused_at is not None and now - done.refused_at < ASKED_AGAIN_AFTER
    if rests or (one.amps, one.phases) == (done.amps, done.phases):
        return None
    free = one.amps == point.amps_max and point.wanted.amps is None
    return None if free and done.amps is None else one  # one that was never limited is not limited to all


def wish_due(point: ChargePoint, session_id: str) -> bool:
    """Whether a charge is to be for something else than it was said to be."""
    wanted, done = point.wanted, point.done if point.done.session_id == session_id else HomeAsked()
    if done.mode is None and wanted.mode in (HomeMode.NOW, HomeMode.SOLAR):
        return False  # nobody wanted anything else of it
    return (wanted.mode, wanted.departs, wanted.need_kwh) != (done.mode, done.departs, done.need_kwh)


def due(point: ChargePoint, session_id: str, roof: Following | None, now: datetime) -> bool:
    return wish_due(point, session_id) or limit_due(point, session_id, roof, now) is not None


def profile(one: Asked, now: datetime) -> ChargingProfile:
    limit = ProfileLimit(timedelta(), one.amps, one.phases)
    return ChargingProfile(unit=RateUnit.AMPERE, started_at=now, limits=(limit,))


def preferences(wanted: HomeWish, now: datetime, zone: str) -> Preferences:
    """For a plan, where there is one."""
    if wanted.mode in (HomeMode.NOW, HomeMode.SOLAR):
        return Preferences(profile=ProfileType.FAST if wanted.mode is HomeMode.NOW else ProfileType.REGULAR)
    kind = ProfileType.CHEAP if wanted.mode is HomeMode.CHEAP else ProfileType.GREEN
    departs_at = now + SUPPOSED_STAY if wanted.departs is None else next_at(wanted.departs, now, zone)
    return Preferences(profile=kind, departs_at=departs_at, energy=kwh(wanted.need_kwh))


def next_at(clock: str, now: datetime, zone: str) -> datetime:
    """When clocks of the place show so much next."""
    local = now.astimezone(ZoneInfo(zone))
    hour, minute = int(clock[:2]), int(clock[3:])
    for days in (0, 1):
        day = local + timedelta(days=days)
        then = day.replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone(now.tzinfo)
        if then > now:
            return then
    return now + timedelta(days=1)
