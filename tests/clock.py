"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

# One row of numbers for all clocks of a run: two installations in one test never make the same id.
_numbers = count(1)


class SetClock:
    """Begins on a Monday morning; ids are UUIDs version 7 that sort in the order in which they were made."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def wall(self, length: timedelta) -> timedelta:
        return length

    def new_id(self) -> str:
        milliseconds = int(self._now.timestamp() * 1000)
        return str(UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62) | next(_numbers)))

    def advance(self, length: timedelta) -> datetime:
        """Let so much time pass; returns the new now."""
        self._now += length
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now
