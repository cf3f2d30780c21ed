"""What is kept of certificates of stations, of those whom they trust, and of what they noticed."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.ocpp.wire.security import Root, Use


class Signing(Struct, frozen=True, kw_only=True):
    """What a Station asked to have signed; `certificate` None: it is not yet, and `problem` says if it never will be.

    `taken` is what the Station said to it, None: nothing yet.
    """

    holder: PartyId
    id: str
    station_id: str
    use: Use
    number: int | None
    csr: str
    asked_at: datetime
    certificate: str | None = None
    serial_number: str | None = None
    ends_at: datetime | None = None
    taken: bool | None = None
    problem: str | None = None
    revoked_at: datetime | None = None


class Installed(Struct, frozen=True, kw_only=True):
    """A root that a Station had when it was last asked."""

    root: Root
    told_at: datetime


class SecurityEvent(Struct, frozen=True, kw_only=True):
    """What a Station noticed; a critical one waits until somebody has seen it."""

    holder: PartyId
    id: int
    station_id: str
    kind: str
    info: str | None
    critical: bool
    at: datetime
    told_at: datetime
    seen_at: datetime | None
    seen_by: str | None
