"""Bars and lines over time as pages draw them: in percent across and in pixels down, so that they fit any width."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil, floor, log10
from zoneinfo import ZoneInfo

from babel.dates import format_date
from msgspec import Struct

TOP, BOTTOM = 18.0, 22.0  # pixels for what stands above the highest bar, and for the hours below
HOURS_APART = 6


class Bar(Struct, frozen=True):
    """`x` and `width` in percent, `y` and `height` in pixels; `look` names its colour, `title` is said of it."""

    x: float
    width: float
    y: float
    height: float
    look: str
    title: str = ""


class Stroke(Struct, frozen=True):
    """A straight line; across in percent, down in pixels."""

    x1: float
    y1: float
    x2: float
    y2: float
    look: str


class Tick(Struct, frozen=True):
    at: float
    text: str
    strong: bool = False


class Chart(Struct, frozen=True, kw_only=True):
    """`across` are ticks in percent, `up` in pixels; `now` in percent, None: it is not in the picture."""

    height: float
    bars: tuple[Bar, ...]
    strokes: tuple[Stroke, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    zero: float
    now: float | None


class Paper:
    """Where an instant and a value stand. `low` and `high` are the least and the most that have to fit."""

    def __init__(
        self,
        begin_at: datetime,
        end_at: datetime,
        values: Iterable[float],
        *,
        height: float = 220.0,
        write: Callable[[float], str] = str,
        zone: str,
        language: str,
        bottom: float = BOTTOM,
    ) -> None:
        known = [0.0, *values]
        self._step = _round_step((max(known) - min(known)) or 1.0)
        half = self._step / 2
        self._low = floor(min(known) / half) * half
        self._high = max(ceil(max(known) / half) * half, self._low + self._step)
        self._begin_at, self._end_at = begin_at, end_at
        self._height, self._bottom = height, bottom
        self._write, self._zone, self._language = write, ZoneInfo(zone), language

    def x(self, at: datetime) -> float:
        return round(100 * ((at - self._begin_at) / (self._end_at - self._begin_at)), 4)

    def y(self, value: float) -> float:
        whole = self._height - TOP - self._bottom
        return round(TOP + whole * (self._high - value) / (self._high - self._low), 2)

    def bar(self, at: datetime, length: timedelta, low: float, high: float, look: str, title: str = "") -> Bar:
        x = self.x(max(at, self._begin_at))
        upper, lower = self.y(max(low, high)), self.y(min(low, high))
        width = round(self.x(min(at + length, self._end_at)) - x, 4)
        return Bar(x, width, upper, round(max(lower - upper, 0.0), 2), look, title)

    def steps(self, points: Sequence[tuple[datetime, datetime, float]], look: str) -> list[Stroke]:
        """A line that stays and jumps: from, until, value; where one ends before the next begins there is a gap."""
        found: list[Stroke] = []
        before: tuple[datetime, float] | None = None
        for begin, end, value in points:
            first, last = max(begin, self._begin_at), min(end, self._end_at)
            if first >= last:
                continue
            if before is not None and before[0] == begin and before[1] != value:
                found.append(Stroke(self.x(begin), self.y(before[1]), self.x(begin), self.y(value), look))
            if found and before == (begin, value) and found[-1].y1 == found[-1].y2:
                longer = found.pop()
                found.append(Stroke(longer.x1, longer.y1, self.x(last), longer.y2, look))
            else:
                found.append(Stroke(self.x(first), self.y(value), self.x(last), self.y(value), look))
            before = (end, value)
        return found

    def chart(self, bars: Iterable[Bar], strokes: Iterable[Stroke] = (), *, now: datetime | None = None) -> Chart:
        inside = now is not None and self._begin_at <= now <= self._end_at
        return Chart(
            height=self._height,
            bars=tuple(bars),
            strokes=tuple(strokes),
            across=tuple(self._across()),
            up=tuple(self._up()),
            zero=self.y(0),
            now=self.x(now) if inside and now is not None else None,
        )

    def _up(self) -> Iterable[Tick]:
        first = ceil(round(self._low / self._step, 6))
        for n in range(first, floor(round(self._high / self._step, 6)) + 1):
            value = n * self._step
            yield Tick(self.y(value), self._write(round(value, 9)))

    def _across(self) -> Iterable[Tick]:
        """Every six hours by the clock of the place; midnight is said by its day."""
        at = self._begin_at.replace(minute=0, second=0, microsecond=0)
        while at < self._end_at:
            here = at.astimezone(self._zone)
            if at >= self._begin_at and here.hour % HOURS_APART == 0 and here.minute == 0:
                midnight = here.hour == 0
                text = format_date(here, "EEE d", locale=self._language) if midnight else f"{here:%H}"
                yield Tick(self.x(at), text, strong=midnight)
            at += timedelta(hours=1)


def _round_step(span: float) -> float:
    """Of 1, 2 and 5 in some power of ten that of which two to four make the span, or nearly."""
    rough = span / 4
    power = 10.0 ** floor(log10(rough))
    return next((power * n for n in (1, 2, 5) if power * n >= rough), power * 10)
