"""The clock of a Station beside ours: what it says before its time shows that one of them is wrong.

And what it says of two instants, beside when each was heard, that its own was set in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from laddnav.metering.model import Doubt, DoubtKind, Fact
from laddnav.metering.notes import NoteKind, noted

# As far as clocks differ that are set by the network now and then.
CLOCKS_DIFFER = timedelta(minutes=5)
# A Station that comes back tells what it kept meanwhile, and what happens while it tells that waits behind it.
CATCHES_UP = timedelta(minutes=15)
KEPT_AT_MOST = timedelta(days=30)  # by a Station that is away; what seems older is from a clock that was never set
# What a queue lets out comes faster than it went in: what lags as much minutes later was told as it happened.
STEADY_FOR = timedelta(minutes=5)
STEADY = timedelta(minutes=1)


class Word(Struct, frozen=True, kw_only=True):
    """What a Station said of an instant, when that was heard, and since when it was on the line; None: nobody knows."""

    at: datetime
    heard_at: datetime
    on_line_since: datetime | None = None

    @property
    def lag(self) -> timedelta:
        """How long it was under way, and by how much its clock was behind, together."""
        return self.heard_at - self.at


def ahead(facts: Iterable[Fact], heard_at: datetime, started_at: datetime) -> tuple[Doubt, ...]:
    """One for the charge, however many of its facts."""
    if max([fact.at for fact in facts], default=heard_at) <= heard_at + CLOCKS_DIFFER:
        return ()
    return (_off(started_at, NoteKind.CLOCK_AHEAD, CLOCKS_DIFFER),)


def behind(
    facts: Iterable[Fact], heard_at: datetime, started_at: datetime, on_line_since: datetime | None
) -> tuple[Doubt, ...]:
    """One for the charge, where even the newest fact is older than the Station had a reason to keep it.

    It has one for what was before it came on the line, by its own clock: what it kept meanwhile is late and right.
    """
    newest = max([fact.at for fact in facts], default=heard_at)
    kept = on_line_since is None or newest < on_line_since + CLOCKS_DIFFER
    if heard_at - newest <= (KEPT_AT_MOST if kept else CATCHES_UP):
        return ()
    return (_off(started_at, NoteKind.CLOCK_BEHIND, heard_at - newest),)


def _off(started_at: datetime, how: NoteKind, by: timedelta) -> Doubt:
    return Doubt(kind=DoubtKind.CLOCK_OFF, at=started_at, note=noted(how, minutes=by // timedelta(minutes=1)))


def was_set(began: Word, read: Iterable[Word], ended: Word, beside: Iterable[Word] = ()) -> bool:
    """Whether the clock of a Station was set by more than it takes to catch up, between the ends of a charge.

    Nothing arrives before it happens, and what a Station kept while it was away may come hours late: only what no
    delay explains shows it. A clock that is off by hours all along delays nothing. `beside` is what it read and not for
    this charge, whatever line that came on.
    """
    if ended.at < began.at - CLOCKS_DIFFER:
        return True
    if abs((ended.at - began.at) - (ended.heard_at - began.heard_at)) <= CATCHES_UP:
        return False
    if _was_right(began, beside=ended) or _was_right(ended, beside=began):
        return True
    words = sorted({(one.heard_at, one.at): one for one in (began, *read, ended)}.items())
    return _leaps([one for _, one in words], tuple(beside))


def _leaps(words: Sequence[Word], beside: Sequence[Word]) -> bool:
    """Whether the clock leaps between two of them, in the order in which they were heard.

    The one that would have been under way so much longer than its neighbour was not kept while the Station was away,
    and on its side of the leap another lags as much, of the charge or beside it.
    """
    for number, (one, other) in enumerate(pairwise(words), 1):
        leap = one.lag - other.lag
        late, its_side = (one, words[:number]) if leap > timedelta() else (other, words[number:])
        if abs(leap) <= CATCHES_UP or _was_kept(late, abs(leap)):
            continue
        company = (*its_side, *_on_its_line(late, beside, abs(leap)))
        if any(_steady(late, each) for each in company):
            return True
    return False


def _on_its_line(word: Word, beside: Sequence[Word], delay: timedelta) -> tuple[Word, ...]:
    """Heard before it on the same line, and not kept either; what was heard before that line came counts as kept."""
    before = (replace(one, on_line_since=word.on_line_since) for one in beside if one.heard_at <= word.heard_at)
    return tuple(one for one in before if not _was_kept(one, delay))


def _was_kept(word: Word, delay: timedelta) -> bool:
    """Whether its Station was not on the line, or had just come, when it happened so long before it was heard."""
    return word.on_line_since is None or word.heard_at - word.on_line_since < delay + CLOCKS_DIFFER


def _steady(one: Word, other: Word) -> bool:
    return abs(one.lag - other.lag) <= STEADY and abs(one.at - other.at) >= STEADY_FOR


def _was_right(word: Word, *, beside: Word) -> bool:
    """Whether this was right and on time, while that is of an instant that was still to come.

    Else the clock was ahead all along, and by just as much as this one was under way.
    """
    if abs(word.lag) > CLOCKS_DIFFER or -beside.lag <= CATCHES_UP:
        return False
    return not _was_kept(word, word.lag - beside.lag)
