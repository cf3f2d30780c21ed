"""SecurityEventNotification: something that may be an attack (OCPP 1.6 security whitepaper A04)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.answers import Noted
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.security import SecurityNoticed
from laddnav.ocpp.wire.v1_6.fields import instant


class WireSecurityEventNotification(Struct, frozen=True):
    type: str
    timestamp: str
    techInfo: str | None = None


def read(wire: WireSecurityEventNotification) -> SecurityNoticed:
    return SecurityNoticed(kind=wire.type[:255], at=instant(wire.timestamp), info=wire.techInfo)


def write(answer: Noted) -> dict[str, Any]:
    """A04.FR.03."""
    return {}


codec = Hears(WireSecurityEventNotification, read, write)
