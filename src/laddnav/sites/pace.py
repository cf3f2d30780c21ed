"""Control counts seconds on the wall: stations, lines and people hurry no more when the clock of a demo does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec import Struct

from laddnav.kit.time import Clock

_SINCE = datetime(2020, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


class Pace(Struct, frozen=True):
    """How many times as fast as the wall the clock of the installation runs."""

    times: float = 1.0

    def wall(self, at: datetime) -> datetime:
        """An instant of ours, where as much time has passed since then as on the wall."""
        return at if self.times == 1 else _SINCE + (at - _SINCE) / self.times

    def ours(self, at: datetime) -> datetime:
        """The instant of our clock again."""
        return at if self.times == 1 else _SINCE + (at - _SINCE) * self.times

    def length(self, length: timedelta) -> timedelta:
        """How far our clock goes meanwhile."""
        return length * self.times


def pace_of(clock: Clock) -> Pace:
    return Pace(clock.wall(_SECOND) / _SECOND)
