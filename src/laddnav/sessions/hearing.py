"""When a Station told of its charge, by our clock, beside when it says that things happened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from laddnav.metering import clocks
from laddnav.metering.clocks import Word
from laddnav.pricing.restrictions import Asks, conditions
from laddnav.sessions.model import Heard, Session
from laddnav.tariffs.model import Element, TariffDimension

LINES = 20  # of a Station whose line breaks all the time the newest are kept, and of what came before is known less
_TIME = (TariffDimension.TIME, TariffDimension.PARKING_TIME)
_NOT_OF_TIME = (Asks.ENERGY, Asks.CURRENT)


def beginning(session: Session, at: datetime | None, on_line_since: datetime | None, now: datetime) -> Session:
    """`at`: what is told just now of when it began; None: it was told before."""
    heard = Heard(began=None if at is None else (at, now))
    return on_line(replace(session, heard=heard), on_line_since)


def on_line(session: Session, since: datetime | None) -> Session:
    """Told something of while its Station is on the line since then; the same Session where that is known."""
    heard = session.heard
    if heard is None or since is None or since in heard.lines:
        return session
    return replace(session, heard=replace(heard, lines=(*heard.lines, since)[-LINES:]))


def ending(session: Session, at: datetime, on_line_since: datetime | None, now: datetime) -> Session:
    """Told just now that it is over; where nobody knows since when its Station is on the line, that was before."""
    session = on_line(session, on_line_since)
    if session.heard is None or on_line_since is None:
        return session
    return replace(session, heard=replace(session.heard, ended=(at, now)))


def spans(session: Session) -> tuple[timedelta, timedelta] | None:
    """How long it lasted by the clock of its Station, and how long by when both ends were heard; None: nobody knows."""
    heard = session.heard
    if heard is None or heard.began is None or heard.ended is None:
        return None
    return heard.ended[0] - heard.began[0], heard.ended[1] - heard.began[1]


def clock_was_set(
    session: Session, read: Iterable[tuple[datetime, datetime]], beside: Iterable[tuple[datetime, datetime]] = ()
) -> bool:
    """`read`: of its readings, what each said of when it was read, and when that was heard; `beside`: of others."""
    heard = session.heard
    if heard is None or heard.began is None or heard.ended is None:
        return False
    # What is told later is of a line that nobody noted, for it moves nothing any more.
    words = [_word(heard, at, heard_at) for at, heard_at in read if heard_at <= heard.ended[1]]
    others = [Word(at=at, heard_at=heard_at) for at, heard_at in beside]
    return clocks.was_set(_word(heard, *heard.began), words, _word(heard, *heard.ended), others)


def _word(heard: Heard, at: datetime, heard_at: datetime) -> Word:
    since = max((one for one in heard.lines if one <= heard_at), default=None)
    return Word(at=at, heard_at=heard_at, on_line_since=since)


def priced_by_time(session: Session) -> bool:
    """Whether it would cost something else had it happened at other times, or gone on for longer."""
    tab = session.tab
    if tab is None:
        return False
    return len(tab.tariffs) > 1 or any(_by_time(element) for element in tab.tariff.elements)


def _by_time(element: Element) -> bool:
    if any(component.type in _TIME and component.price for component in element.components):
        return True
    return any(condition.asks not in _NOT_OF_TIME for condition in conditions(element.restriction))
