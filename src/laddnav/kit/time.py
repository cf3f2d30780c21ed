"""Instants, lengths of time, and the clock that everybody asks."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

EARLIEST = 1970  # the first year that anything here can be of; what was in the year 1 cannot be shown in every zone
_written = msgspec.json.Encoder().encode


class Clock(Protocol):
    """The one source of time and of new ids; it may run faster than the wall clock (a demo) or stand still (a test)."""

    def now(self) -> datetime:
        """Aware, UTC."""
        ...

    def wall(self, length: timedelta) -> timedelta:
        """How far this clock moves while a clock on the wall moves `length`."""
        ...

    def new_id(self) -> str:
        """A UUID version 7 as text, so that ids sort by the moment they were made."""
        ...


def utc(instant: datetime) -> datetime:
    """An instant without a zone is UTC (OCPI 2.2.1 types_datetime_type)."""
    if instant.tzinfo is UTC:
        return instant
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def local(instant: datetime, zone: str) -> datetime:
    """An instant as somebody at a place says it: without a zone of its own it is what the clock there shows."""
    return utc(instant.replace(tzinfo=ZoneInfo(zone)) if instant.tzinfo is None else instant)


def rfc3339(instant: datetime) -> str:
    """`2026-11-21T09:47:00Z`, with milliseconds only where there are any; at most 25 characters as OCPI allows."""
    moment = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    # As JSON it is `"2026-11-21T09:47:00.123456Z"`, in a sixth of the time that `isoformat` takes.
    return _written(moment)[1 : 24 if moment.microsecond >= 1000 else 20].decode() + "Z"


def as_told(instant: datetime) -> datetime:
    """To the millisecond, as `rfc3339` says it: what comes back from who was told it is as new, and not older."""
    return instant - timedelta(microseconds=instant.microsecond % 1000)


def hours(length: timedelta) -> Decimal:
    """Exact to the microsecond before the division."""
    return Decimal(length // timedelta(microseconds=1)) / Decimal(3_600_000_000)
