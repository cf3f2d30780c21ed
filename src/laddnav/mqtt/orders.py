"""What batteries and roofs of sites are told at a home's broker, topic by topic; pure.

Below `laddnav/battery/SITE/`, where a meter of the home says how much the battery of that site holds (`STORED`):

| Topic | Says |
| --- | --- |
| mode | charge, discharge, rest; own: nobody asks anything of it, and it goes by itself |
| power | W into it, below zero out of it; 0 in `rest` and `own` |
| until | RFC 3339: when nothing new was said by then, it goes by itself; empty in `own` |
| why | AS_PLANNED, FULL, EMPTY, NO_ROOM; empty in `own` |

While `laddnav/online` says offline, it goes by itself, too.

Below `laddnav/roof/SITE/`, where a meter of the home says what the roof of that site gives (`SOLAR`), and the site says
that it follows (`solar_follows`):

| Topic | Says |
| --- | --- |
| mode | limit: it gives no more than `power`; free: all that it can |
| power | W at most; empty in `free` |
| until, after | RFC 3339, and W: when nothing new was said by then, it gives no more than that; empty: all it can |
| why | FREE, LIMITED, COSTS, UNKNOWN |

While `laddnav/online` says offline, it gives no more than `after`, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from laddnav.kit import json
from laddnav.kit.time import rfc3339
from laddnav.mqtt.model import Broker
from laddnav.mqtt.wire import ONLINE, discovery_topic, plain, sensor
from laddnav.sites.model.standing import BatteryTold, RoofTold

BATTERY, ROOF = "battery", "roof"  # below which these are told

Components = dict[str, dict[str, Any]]


class BatteryMode(StrEnum):
    """What a battery is to do."""

    CHARGE = "charge"
    DISCHARGE = "discharge"
    REST = "rest"
    OWN = "own"


class RoofMode(StrEnum):
    """What a roof is to do."""

    LIMIT = "limit"
    FREE = "free"


def battery(broker: Broker, site_id: str, told: BatteryTold | None) -> dict[str, bytes]:
    """By topic, with what Home Assistant shows of it; None: it goes by itself."""
    if told is None:
        said = {"mode": BatteryMode.OWN.value, "power": "0", "until": "", "why": ""}
    else:
        mode = BatteryMode.REST if told.kw == 0 else BatteryMode.CHARGE if told.kw > 0 else BatteryMode.DISCHARGE
        said = {"mode": mode.value, "power": _watts(told.kw), "until": rfc3339(told.until_at), "why": told.why.value}
    components: Components = {
        "mode": _modes(BatteryMode, "mdi:home-battery"),
        "power": sensor("Asked power", "power", "W", "measurement"),
        "until": {"p": "sensor", "name": "Asked until", "device_class": "timestamp"},
        "why": {"p": "sensor", "name": "Why", "entity_category": "diagnostic"},
    }
    return _told(broker, BATTERY, site_id, said, components)


def roof(broker: Broker, site_id: str, told: RoofTold) -> dict[str, bytes]:
    """By topic, with what Home Assistant shows of it."""
    said = {
        "mode": (RoofMode.FREE if told.kw is None else RoofMode.LIMIT).value,
        "power": _watts(told.kw),
        "until": "" if told.until_at is None else rfc3339(told.until_at),
        "after": _watts(told.after_kw),
        "why": told.why.value,
    }
    components: Components = {
        "mode": _modes(RoofMode, "mdi:solar-power"),
        "power": sensor("Asked at most", "power", "W", "measurement"),
        "until": {"p": "sensor", "name": "Asked until", "device_class": "timestamp"},
        "after": sensor("At most after that", "power", "W", "measurement"),
        "why": {"p": "sensor", "name": "Why", "entity_category": "diagnostic"},
    }
    return _told(broker, ROOF, site_id, said, components)


def _watts(kw: float | None) -> str:
    return "" if kw is None else plain(round(Decimal(str(kw)) * 1000, 0))


def _modes(kind: type[StrEnum], icon: str) -> dict[str, Any]:
    return {
        "p": "sensor",
        "name": "Asked",
        "device_class": "enum",
        "options": [one.value for one in kind],
        "icon": icon,
    }


def _told(broker: Broker, what: str, site_id: str, said: Mapping[str, str], components: Components) -> dict[str, bytes]:
    key = re.sub(r"[^A-Za-z0-9_-]", "_", site_id)
    base, device = f"{broker.topics}/{what}/{key}", f"{broker.topics.replace('/', '_')}_{what}_{key}"
    for name, one in components.items():
        one |= {"state_topic": f"{base}/{name}", "unique_id": f"{device}_{name}"}
    shown = {
        "dev": {"ids": [device], "name": f"{what.title()} of {site_id}"},
        "o": {"name": "Laddnav"},
        "cmps": components,
        "availability": [{"topic": f"{broker.topics}/{ONLINE}"}],
        "qos": 1,
    }
    return {discovery_topic(broker, device): json.encode(shown)} | {
        f"{base}/{topic}": word.encode() for topic, word in said.items()
    }
