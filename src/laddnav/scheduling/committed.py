"""What a Station may draw at most by what it has been told and has answered, whatever becomes of what it has not.

A tick of control: `targets = control.shared(moment)`, then `asking.asks(moment, targets)` are sent, each is written
down by `asked` before it goes out, and each answer by `acknowledged` or `refused`. What is never answered just stays.
Stations carry out what they are asked in the order in which it was asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from msgspec.structs import replace

from laddnav.kit.refusal import Refusal
from laddnav.scheduling.notes import NoteKind, noted
from laddnav.scheduling.outlets import Amps, Ask, Lease, Moment, Outcast, Outlet
from laddnav.scheduling.room import at_connection, fallback_of, fallbacks_of, fuses_of, ratings_of
from laddnav.scheduling.site import Panel

# A limit above the fallback lasts so long unless it is renewed, so a site without a line is down to its fallbacks soon.
LEASE = timedelta(minutes=5)
# What meters and cars are off by, without drawing more than they may.
TOLERANCE = 1.0
# How long what is over is remembered, so that a sample from before can be judged.
REMEMBERED = timedelta(minutes=2)
# A Station that was out may come back after drawing nothing for so long; the second time after four times as much.
QUARANTINE = timedelta(minutes=15)
CHANCES = 2
SLIP = 1e-9  # amperes: floats are off by less


def relief(reaction: timedelta) -> timedelta:
    """How long a fuse may carry more than its rating at the longest, whatever happens: until all leases are over."""
    return LEASE + 2 * reaction


class TooMuch(Refusal):
    """What Stations fall back to by themselves does not fit a panel."""


def accepted(panels: Sequence[Panel], outlets: Sequence[Outlet], building_max: Amps) -> None:
    """Raises TooMuch unless all fallbacks together, beside the building at its most, fit every panel and phase.

    Without this nothing could be promised: when no Station hears anything, all of them draw their fallback.
    """
    needed = fuses_of(panels, outlets) @ fallbacks_of(outlets) + at_connection(panels, building_max)
    beyond = needed - ratings_of(panels)
    words = [
        f"{panels[row // 3].name} L{row % 3 + 1} by {beyond[row]:.1f} A ({needed[row]:.1f} A on a fuse of"
        f" {panels[row // 3].amps_max[row % 3]:.1f} A)"
        for row in np.flatnonzero(beyond > SLIP).tolist()
    ]
    if words:
        raise TooMuch(
            "What stations fall back to without a line, beside the building at its most, is more than the fuses give: "
            + "; ".join(words)
            + ". Lower their fallback, or have fewer of them."
        )


def asked(leases: tuple[Lease, ...], ask: Ask, at: datetime, number: int) -> tuple[Lease, ...]:
    """It is on its way: from now on the Station may follow it. `number` is higher than any before, of that Evse."""
    return (*leases, Lease(number=number, amps=ask.amps, asked_at=at, until_at=ask.until_at, phases=ask.phases))


def acknowledged(leases: tuple[Lease, ...], number: int, at: datetime) -> tuple[Lease, ...]:
    """The Station follows it, and nothing older. One that was replaced before is not followed again."""
    if not any(one.number == number and one.replaced_at is None for one in leases):
        return leases
    return tuple(
        replace(one, replaced_at=one.replaced_at or at)
        if one.number < number
        else replace(one, acknowledged_at=one.acknowledged_at or at)
        if one.number == number
        else one
        for one in leases
    )


def refused(leases: tuple[Lease, ...], number: int) -> tuple[Lease, ...]:
    """The Station does not follow it; what it followed before still holds."""
    return tuple(one for one in leases if one.number != number or one.acknowledged_at is not None)


def ended(leases: tuple[Lease, ...], outlet: Outlet) -> tuple[Lease, ...]:
    """What is left of them when the charge is over."""
    return leases if outlet.keeps_for_newcomers else ()


def pruned(leases: tuple[Lease, ...], outlet: Outlet, at: datetime) -> tuple[Lease, ...]:
    """Without those that count no more. One that was not answered stays as long as any older one does."""
    kept: list[Lease] = []
    for one in sorted(leases, key=lambda one: one.number):
        over = end_of(one) + outlet.reaction + REMEMBERED <= at
        if not over or (one.acknowledged_at is None and one.replaced_at is None and kept):
            kept.append(one)
    return tuple(kept)


def end_of(lease: Lease) -> datetime:
    """Until when a Station may keep to it."""
    return lease.until_at if lease.replaced_at is None else min(lease.until_at, lease.replaced_at)


def most(outlet: Outlet, begin_at: datetime, end_at: datetime) -> float:
    """Amperes per phase that it may draw at most at any time from the one to the other, if nothing more is said to it.

    A Station that is measured to draw more than it may counts with that at once, and with all that it can when it is
    taken out and not known to draw nothing.
    """
    if outlet.ban is not None and not _quiet(outlet, begin_at):
        return outlet.amps_max
    drawn = max(outlet.drawn or (0.0,)) if over(outlet) else 0.0
    return min(max(told(outlet, begin_at, end_at), drawn), outlet.amps_max)


def by_this_charge(outlet: Outlet, begin_at: datetime, end_at: datetime) -> float:
    """As `most`, of the charge that is there: limits from outside are not held against what a newcomer begins with."""
    return most(replace(outlet, keeps_for_newcomers=True), begin_at, end_at)


def told(outlet: Outlet, begin_at: datetime, end_at: datetime) -> float:
    """As `most`, for a Station that follows.

    Within its reaction of a change, both what held before and what holds after count. One that is to give back counts
    with its fallback: whoever does not follow, or cannot any more, draws that.
    """
    fallback = fallback_of(outlet)
    amps = [
        one.amps if one.amps >= 0 else fallback for one in outlet.leases if end_of(one) + outlet.reaction > begin_at
    ]
    if not outlet.keeps_for_newcomers or not _surely(outlet, begin_at, end_at):
        amps.append(fallback)
    return min(max(amps, default=fallback), outlet.amps_max)


def given_back(outlet: Outlet, begin_at: datetime, end_at: datetime) -> float:
    """Amperes per phase that it may give back at most from the one to the other, if nothing more is said to it.

    A Station that is measured to give more than it was told counts with that at once, and with all that it can when it
    is taken out and not known to be quiet.
    """
    if outlet.ban is not None and not _quiet(outlet, begin_at):
        return outlet.discharge_amps_max
    told = _told_to_give(outlet, begin_at, end_at)
    return max(told, -min(outlet.drawn or (0.0,))) if gives_too_much(outlet) else told


def _told_to_give(outlet: Outlet, begin_at: datetime, end_at: datetime) -> float:
    leases = [one for one in outlet.leases if end_of(one) + outlet.reaction > begin_at and one.asked_at <= end_at]
    most_of_it = max((-one.amps for one in leases), default=0.0)
    return min(max(most_of_it, 0.0), outlet.discharge_amps_max)


def kept_to(outlet: Outlet, begin_at: datetime, end_at: datetime) -> tuple[float, float]:
    """The least and the most of the limits that this charge may have been under between the two.

    Of one that was changed, both the old and the new count within its reaction; a renewal changes nothing.
    """
    under = [one.amps for one in outlet.leases if end_of(one) + outlet.reaction > begin_at and one.asked_at <= end_at]
    if not _surely(outlet, begin_at, end_at):
        under.append(fallback_of(outlet))
    return min(min(under), outlet.amps_max), min(max(under), outlet.amps_max)


def _surely(outlet: Outlet, begin_at: datetime, end_at: datetime) -> bool:
    """Whether it keeps to some lease all the time.

    When an ask was not answered, it may have replaced the lease before, and end earlier.
    """
    holding = [one for one in outlet.leases if one.replaced_at is None]
    if not any(one.acknowledged_at is not None and _sure_at(outlet, one, begin_at) for one in holding):
        return False
    return all(one.until_at - outlet.reaction >= end_at for one in holding)


def _sure_at(outlet: Outlet, lease: Lease, at: datetime) -> bool:
    """It has followed for its reaction, or followed one before all the while until it came to this one."""
    if lease.acknowledged_at is None or lease.until_at - outlet.reaction < at:
        return False
    if lease.acknowledged_at + outlet.reaction <= at:
        return True
    before = [one for one in outlet.leases if one.replaced_at == lease.acknowledged_at and one.number < lease.number]
    return any(_sure_at(outlet, one, lease.acknowledged_at) for one in before)


def over(outlet: Outlet) -> bool:
    """Whether it was measured to draw more than it might by what it had been told at that time."""
    if outlet.drawn is None or outlet.drawn_at is None:
        return False
    return max(outlet.drawn) > told(outlet, outlet.drawn_at, outlet.drawn_at) + TOLERANCE


def gives_too_much(outlet: Outlet) -> bool:
    """Whether it was measured to give back more than it was told to at that time."""
    if outlet.drawn is None or outlet.drawn_at is None:
        return False
    return -min(outlet.drawn) > _told_to_give(outlet, outlet.drawn_at, outlet.drawn_at) + TOLERANCE


def out_of_hand(outlet: Outlet) -> bool:
    """Whether it was measured to do more than it might, either way."""
    return over(outlet) or gives_too_much(outlet)


def outcasts(moment: Moment) -> tuple[Outcast, ...]:
    """Stations to take out now: they were told, had time, and are measured again to draw more than they may."""
    found: list[Outcast] = []
    for one in moment.outlets:
        if one.ban is not None or one.drawn is None or one.drawn_at is None or one.over_since_at is None:
            continue
        for_so_long = moment.at - one.over_since_at
        # One sample, however old it has become, shows nothing of what was done since.
        again = one.drawn_at - one.over_since_at >= one.reaction / 2
        if for_so_long >= one.reaction and again and out_of_hand(one):
            seconds, at = round(for_so_long.total_seconds()), one.drawn_at
            if over(one):
                drawn, most = round(float(max(one.drawn)), 1), round(float(told(one, at, at)), 1)
                why = noted(NoteKind.DRAWS_TOO_MUCH, drawn=drawn, most=most, seconds=seconds)
            else:
                given, may = round(float(-min(one.drawn)), 1), round(float(_told_to_give(one, at, at)), 1)
                why = noted(NoteKind.GIVES_TOO_MUCH, given=given, told=may, seconds=seconds)
            found.append(Outcast(outlet_id=one.id, why=why))
    return tuple(found)


def may_return(outlet: Outlet, at: datetime) -> bool:
    """Whether one that is out may come back by itself; after it was out so often, only a person brings it back."""
    ban = outlet.ban
    if ban is None or ban.quiet_since_at is None or ban.times > CHANCES:
        return False
    wait = QUARANTINE * int(4 ** (ban.times - 1))
    return at - ban.quiet_since_at >= wait


def _quiet(outlet: Outlet, at: datetime) -> bool:
    since_at = outlet.ban.quiet_since_at if outlet.ban else None
    return since_at is not None and at - since_at >= outlet.reaction and outlet.drawn is not None
