"""What is said and heard at a home's broker, topic by topic; pure.

Below `laddnav/KEY/` each value has a topic of its own, so that Home Assistant, evcc and anything else read the same:

| Topic | Says | `…/set` takes |
| --- | --- | --- |
| online | online, offline | |
| status | offline, available, connected, charging, paused, reserved, unavailable, faulted | |
| plug | ON while a car is plugged in, else OFF | |
| evcc | A no car, B plugged in, C charging, F broken | |
| power, current/l1 … l3 | W, A | |
| energy, session_energy | kWh of the register, and of this charge | |
| session_cost | what this charge costs so far, with taxes | |
| limit | A per phase at most | 6 to the most it can, or `max` |
| charge, enabled | ON or OFF, true or false: whether it may charge | ON, OFF, true, false, 1, 0 |
| mode | now, cheap, green, solar, off | the same |
| departure | HH:MM by which the car is to be ready | HH:MM, or nothing |
| need | kWh that the car is to have by then | 1 to 200 |
| message | what came of the last command, in words | |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.json import Unreadable, sane
from laddnav.kit.refusal import Refusal
from laddnav.locations.model import Status
from laddnav.mqtt.model import Broker, ChargePoint, HomeMeter, HomeMode, HomeWish

LONGEST_COMMAND = 64  # bytes
LONGEST_SAID = 64_000  # bytes of a meter's message
AMPS_MIN = Decimal(6)
NEED_MOST = Decimal(200)
ONLINE, OFFLINE = "online", "offline"
ON, OFF = "ON", "OFF"

_NUMBER = re.compile(r"\d{1,4}(\.\d{1,3})?")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_SWITCHES = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}


class NotUnderstood(Refusal):
    """A command that says nothing that could be done."""


class Doing(StrEnum):
    """What goes on at a charge point, as a home is told."""

    OFFLINE = "offline"
    AVAILABLE = "available"
    CONNECTED = "connected"
    CHARGING = "charging"
    PAUSED = "paused"
    RESERVED = "reserved"
    UNAVAILABLE = "unavailable"
    FAULTED = "faulted"


class Seen(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a charge point now; None is not known. `amps`: by phase. `cost` with taxes."""

    online: bool
    status: Status
    charging: bool = False  # a Session goes on
    watts: Decimal | None = None
    amps: tuple[Decimal, Decimal, Decimal] | None = None
    register_kwh: Decimal | None = None
    session_kwh: Decimal | None = None
    cost: Decimal | None = None
    currency: str = "EUR"


# What is told ---------------------------------------------------------------------------------------------------------


def doing(seen: Seen) -> Doing:
    """A Session whose car draws nothing is paused, whoever paused it."""
    if not seen.online:
        return Doing.OFFLINE
    if seen.charging:
        return Doing.CHARGING if seen.watts is None or seen.watts > 100 else Doing.PAUSED
    return {
        Status.AVAILABLE: Doing.AVAILABLE,
        Status.BLOCKED: Doing.CONNECTED,
        Status.CHARGING: Doing.CONNECTED,
        Status.RESERVED: Doing.RESERVED,
        Status.OUTOFORDER: Doing.FAULTED,
    }.get(seen.status, Doing.UNAVAILABLE)


LETTERS = {
    Doing.CHARGING: "C",
    Doing.PAUSED: "B",
    Doing.CONNECTED: "B",
    Doing.FAULTED: "F",
}
PLUGGED = (Doing.CHARGING, Doing.PAUSED, Doing.CONNECTED)


def told(point: ChargePoint, seen: Seen) -> dict[str, str]:
    """By topic below the charge point's own; what is not known is left as it was said before."""
    now, wanted = doing(seen), point.wanted
    said: dict[str, str | Decimal | None] = {
        "online": ONLINE if seen.online else OFFLINE,
        "status": now.value,
        "plug": ON if now in PLUGGED else OFF,
        "evcc": LETTERS.get(now, "A"),
        "power": Decimal(0) if seen.watts is None else round(seen.watts, 0),
        "energy": seen.register_kwh,
        "session_energy": seen.session_kwh,
        "session_cost": None if seen.cost is None else round(seen.cost, 2),
        "limit": point.amps_max if wanted.amps is None else wanted.amps,
        "charge": ON if wanted.charge else OFF,
        "enabled": "true" if wanted.charge else "false",
        "mode": (wanted.mode if wanted.charge else HomeMode.OFF).value,
        "departure": wanted.departs or "",
        "need": wanted.need_kwh,
        "message": point.said,
    }
    for number, amps in enumerate(seen.amps or (Decimal(0),) * 3, 1):
        said[f"current/l{number}"] = round(amps, 1)
    return {
        topic: value if isinstance(value, str) else plain(value) for topic, value in said.items() if value is not None
    }


def plain(number: Decimal) -> str:
    """Without an exponent, and without noughts that say nothing."""
    return f"{number.normalize():f}"


def device_of(broker: Broker, point: ChargePoint) -> str:
    return f"{broker.topics.replace('/', '_')}_{point.key}"


def discovery_topic(broker: Broker, device: str) -> str:
    return f"{broker.discovery}/device/{device}/config"


def discovered(broker: Broker, point: ChargePoint, *, model: str | None, maker: str | None, currency: str) -> bytes:
    """By which Home Assistant makes a device of a charge point, with all that can be seen and set of it."""
    base, device = f"{broker.topics}/{point.key}", device_of(broker, point)
    components: dict[str, dict[str, Any]] = {
        "status": {
            "p": "sensor",
            "name": "Status",
            "device_class": "enum",
            "options": [one.value for one in Doing],
            "icon": "mdi:ev-station",
        },
        "plug": {"p": "binary_sensor", "name": "Car", "device_class": "plug"},
        "power": sensor("Power", "power", "W", "measurement"),
        "energy": sensor("Energy", "energy", "kWh", "total_increasing"),
        "session_energy": sensor("Energy of this charge", "energy", "kWh", "total_increasing"),
        "session_cost": sensor("Cost of this charge", "monetary", currency, "total"),
        **{
            f"current_l{number}": sensor(f"Current L{number}", "current", "A", "measurement")
            | {"state_topic": f"{base}/current/l{number}", "entity_category": "diagnostic"}
            for number in (1, 2, 3)
        },
        "limit": {
            "p": "number",
            "name": "Limit",
            "device_class": "current",
            "unit_of_measurement": "A",
            "min": float(AMPS_MIN),
            "max": float(point.amps_max),
            "step": 1,
        },
        "charge": {"p": "switch", "name": "Charge", "icon": "mdi:ev-plug-type2"},
        "mode": {"p": "select", "name": "HomeMode", "options": [one.value for one in HomeMode], "icon": "mdi:tune"},
        "departure": {
            "p": "text",
            "name": "Ready by",
            "min": 0,
            "max": 5,
            "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9])?$",
            "icon": "mdi:clock-outline",
        },
        "need": {
            "p": "number",
            "name": "Energy by then",
            "unit_of_measurement": "kWh",
            "min": 1,
            "max": float(NEED_MOST),
            "step": 1,
            "icon": "mdi:battery-charging",
        },
        "message": {"p": "sensor", "name": "Last command", "entity_category": "diagnostic", "icon": "mdi:message-text"},
    }
    for name, one in components.items():
        one.setdefault("state_topic", f"{base}/{name}")
        one["unique_id"] = f"{device}_{name}"
        if name in COMMANDS:
            one["command_topic"] = f"{base}/{name}/set"
    about = {"ids": [device], "name": point.name, "mf": maker, "mdl": model, "sn": point.station_id}
    return json.encode(
        {
            "dev": {name: value for name, value in about.items() if value},
            "o": {"name": "Laddnav"},
            "cmps": components,
            "availability": [{"topic": f"{broker.topics}/{ONLINE}"}, {"topic": f"{base}/online"}],
            "availability_mode": "all",
            "qos": 1,
        }
    )


def sensor(name: str, kind: str, unit: str, state: str) -> dict[str, Any]:
    """As Home Assistant is told of one."""
    return {"p": "sensor", "name": name, "device_class": kind, "unit_of_measurement": unit, "state_class": state}


# What is heard --------------------------------------------------------------------------------------------------------

COMMANDS = ("limit", "charge", "mode", "departure", "need")


def obeyed(point: ChargePoint, what: str, payload: bytes) -> HomeWish:
    """What is wanted after a command to `what`. Raises NotUnderstood."""
    if len(payload) > LONGEST_COMMAND:
        raise NotUnderstood(f"{what}: {LONGEST_COMMAND} bytes say enough")
    try:
        word = payload.decode().strip()
    except UnicodeDecodeError as error:
        raise NotUnderstood(f"{what}: this is no text") from error
    reads = {"limit": _limit, "charge": _charge, "mode": _mode, "departure": _departure, "need": _need}
    return msgspec.structs.replace(point.wanted, **reads[what](point, word))


def _limit(point: ChargePoint, word: str) -> Mapping[str, object]:
    if word.lower() == "max":
        return {"amps": None}
    amps = _number("limit", word)
    if amps == 0:  # what evcc says when it also says that it may not charge
        return {}
    if not AMPS_MIN <= amps <= point.amps_max:
        raise NotUnderstood(
            f"limit: {AMPS_MIN} to {plain(point.amps_max)} A are meant, or max; {plain(amps)} A are not"
        )
    return {"amps": amps.quantize(Decimal("0.1"), ROUND_FLOOR)}


def _charge(point: ChargePoint, word: str) -> Mapping[str, object]:
    if word.lower() not in _SWITCHES:
        raise NotUnderstood(f"charge: ON or OFF is meant, and not {word[:20]!r}")
    return {"charge": _SWITCHES[word.lower()]}


def _mode(point: ChargePoint, word: str) -> Mapping[str, object]:
    if word.lower() not in {one.value for one in HomeMode}:
        raise NotUnderstood(f"mode: one of {', '.join(HomeMode)} is meant, and not {word[:20]!r}")
    mode = HomeMode(word.lower())
    return {"charge": False} if mode is HomeMode.OFF else {"charge": True, "mode": mode}


def _departure(point: ChargePoint, word: str) -> Mapping[str, object]:
    if word and not _CLOCK.fullmatch(word):
        raise NotUnderstood(f"departure: HH:MM is meant, such as 07:00, and not {word[:20]!r}")
    return {"departs": word or None}


def _need(point: ChargePoint, word: str) -> Mapping[str, object]:
    need = _number("need", word)
    if not 1 <= need <= NEED_MOST:
        raise NotUnderstood(f"need: 1 to {NEED_MOST} kWh are meant")
    return {"need_kwh": need}


def _number(what: str, word: str) -> Decimal:
    if not _NUMBER.fullmatch(word):
        raise NotUnderstood(f"{what}: a number is meant, and not {word[:20]!r}")
    return Decimal(word)


def measured(source: HomeMeter, payload: bytes) -> Decimal | None:
    """W or A; None where the message does not say it, as when a meter begins anew. Raises NotUnderstood."""
    if len(payload) > LONGEST_SAID:
        raise NotUnderstood(f"{source.topic} says more than a meter has to say")
    try:
        found: Any = json.decode(payload, Any if source.path else Decimal)
        for step in source.path.split(".") if source.path else ():
            found = found[int(step)] if isinstance(found, list) else found[step]
        if found is None or isinstance(found, bool):
            return None
        return sane(Decimal(str(found))) * source.factor
    except (KeyError, IndexError, TypeError):
        return None
    except (Unreadable, InvalidOperation, ValueError) as error:
        where = f" at {source.path}" if source.path else ""
        raise NotUnderstood(f"{source.topic}{where} says no number") from error


def keys_of(topics: Iterable[str], base: str) -> set[str]:
    """Of which charge points something stands below `base`."""
    parts = (topic.removeprefix(f"{base}/").split("/") for topic in topics if topic.startswith(f"{base}/"))
    return {one[0] for one in parts if len(one) > 1}
