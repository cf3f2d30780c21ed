"""The one place that asks what time it is: on the wall, or on a clock that runs faster and is shared by a demo."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.refusal import Refusal

_wall = partial(datetime.now, UTC)  # of which every request asks a few times, and a function would cost as much again
_IN_A_MILLISECOND = tuple(f"{number:03x}-" for number in range(1 << 12))

# How far ahead a shared clock writes down where it will have been; a restart skips at most so much of the wall's time.
AHEAD = timedelta(seconds=5)


class NotAClock(Refusal):
    """The clock file cannot be read."""


class Ids:
    """UUIDs version 7 that sort in the order in which this process made them, even when its clock steps back."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        """`seconds` since 1970 shows the clock."""
        self._seconds = seconds
        self._tails = _tails()
        self._milliseconds = 0
        self._until = 0.0  # the end of this millisecond
        self._heads: Iterator[str] = iter(())  # of the ids that are left of it; they are counted on, and so they sort

    def new(self) -> str:
        now = self._seconds()
        if now >= self._until:
            self._begin(int(now * 1000))
        head = next(self._heads, None) or self._next()
        return head + next(self._tails)

    def _begin(self, milliseconds: int) -> None:
        self._milliseconds = max(milliseconds, self._milliseconds + 1)
        self._until = (self._milliseconds + 1) / 1000
        one = self._milliseconds
        self._heads = map(f"{one >> 16:08x}-{one & 0xFFFF:04x}-7".__add__, _IN_A_MILLISECOND)

    def _next(self) -> str:
        """More than fit into one millisecond are of the next."""
        self._begin(self._milliseconds + 1)
        return next(self._heads)


class WallClock:
    """The time of day."""

    def __init__(self) -> None:
        self.now = _wall
        self.new_id = Ids(time.time).new

    def wall(self, length: timedelta) -> timedelta:
        return length


class _Dial(Struct, frozen=True, kw_only=True):
    """A clock file: `virtual` was shown at `real`; no process has shown anything later than `reached`."""

    real: datetime
    virtual: datetime
    speed: float
    reached: datetime


class ScaledClock:
    """Shows `anchor_virtual` at `anchor_real` and runs `speed` times as fast as the wall; never backwards."""

    def __init__(self, anchor_real: datetime, anchor_virtual: datetime, speed: float) -> None:
        self.speed = speed
        self._real = anchor_real
        self._virtual = anchor_virtual
        self._shown = anchor_virtual
        self._file: Path | None = None
        self._reached = anchor_virtual
        self.new_id = Ids(lambda: self.now().timestamp()).new

    @classmethod
    def started(cls, file: Path, speed: float | None = None, *, begin: datetime | None = None) -> ScaledClock:
        """Own the clock of this file: take it up where it cannot have been before, or begin one at `begin`, else now.

        `speed` None: as fast as before. Raises NotAClock.
        """
        before = _read(file) if file.exists() else None
        virtual = before.reached if before is not None else begin or _wall()
        clock = cls(_wall(), virtual, speed or (1.0 if before is None else before.speed))
        clock._file = file
        clock._write_ahead()
        return clock

    @classmethod
    def joined(cls, file: Path) -> ScaledClock:
        """The clock that another process owns. Raises NotAClock."""
        dial = _read(file)
        return cls(dial.real, dial.virtual, dial.speed)

    def now(self) -> datetime:
        # The wall's own clock may be set back; what has been shown stays shown.
        self._shown = max(self._shown, self._virtual + (_wall() - self._real) * self.speed)
        if self._file is not None and self._shown > self._reached:
            self._write_ahead()
        return self._shown

    def wall(self, length: timedelta) -> timedelta:
        return length * self.speed

    def _write_ahead(self) -> None:
        """Written before such a moment is shown to anybody, so that no restart can go back behind it."""
        assert self._file is not None
        self._reached = self._shown + self.wall(AHEAD)
        dial = _Dial(real=self._real, virtual=self._virtual, speed=self.speed, reached=self._reached)
        half = self._file.with_suffix(".half")
        half.write_bytes(json.encode(dial))
        half.replace(self._file)


def _tails() -> Iterator[str]:
    """The ends of ids, of which nobody can guess the next: 60 bits each, as `secrets` has them, behind the variant.

    Many at a time, for every object has an id, every request, every answer.
    """
    while True:
        digits = os.urandom(4080).hex()
        yield from [f"8{digits[at : at + 3]}-{digits[at + 3 : at + 15]}" for at in range(0, len(digits), 15)]


def dice() -> float:
    """From 0 to 1, never the same twice; for waits that must not fall together."""
    return secrets.randbits(53) / (1 << 53)


def _read(file: Path) -> _Dial:
    try:
        return json.decode(file.read_bytes(), _Dial)
    except (OSError, json.Unreadable) as error:
        raise NotAClock(f"{file} is no clock of ours: {error}") from error
