"""What Stations, battery and roof of a site were told, and what they made of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.scheduling.notes import Said
from laddnav.scheduling.outlets import Ban, Lease


class BatteryWhy(StrEnum):
    """Why a battery was told what it was."""

    AS_PLANNED = "AS_PLANNED"
    FULL = "FULL"
    EMPTY = "EMPTY"
    NO_ROOM = "NO_ROOM"  # fuse, building or a limit from outside leave less than was planned


class BatteryTold(Struct, frozen=True, kw_only=True):
    """What a battery is to do from `at` on: kW into it, below zero out of it. After `until_at` it goes by itself."""

    at: datetime
    kw: float
    until_at: datetime
    why: BatteryWhy = BatteryWhy.AS_PLANNED


class RoofWhy(StrEnum):
    """Why a roof was told what it was."""

    FREE = "FREE"  # it gives what it can
    LIMITED = "LIMITED"  # others let no more go out
    COSTS = "COSTS"  # what goes out costs money
    UNKNOWN = "UNKNOWN"  # nobody can say what is used there, so that it gives no more than may go out


class RoofTold(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a roof is to give from `at` on: so many kW at most; None: all that it can.

    After `until_at` it gives no more than `after_kw`, unless it was told again.
    """

    at: datetime
    kw: float | None = None
    until_at: datetime | None = None
    after_kw: float | None = None
    why: RoofWhy = RoofWhy.FREE


class Standing(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a member was told and what it made of that: it outlives every process.

    `fallback` is what its Station has acknowledged to keep to by itself, None: nothing yet; `fallback_asked_at` when it
    was asked last. `session_id` is there `since_at`, or nobody is. `leases` are those of that charge, the last of them
    has this `number`; `phases` are those that its car uses, once that was seen. `ban`: it is taken out, for `ban_why`,
    and its Station was told so last at `out_told_at`; `outs`: how often it was, until somebody brought it back. Of all
    other fields an Outlet says what they are. Instants that control keeps are on the clock of the wall (`pace.py`).
    """

    station_id: str
    evse_no: int
    fallback: Decimal | None = None
    fallback_asked_at: datetime | None = None
    session_id: str | None = None
    since_at: datetime | None = None
    number: int = 0
    leases: tuple[Lease, ...] = ()
    phases: tuple[int, ...] | None = None
    on_since_at: datetime | None = None
    waits_since_at: datetime | None = None
    paused: bool = False
    over_since_at: datetime | None = None
    ban: Ban | None = None
    ban_why: Said = ""
    out_told_at: datetime | None = None
    outs: int = 0
