"""Many charges priced at once, to the last digit as one by one: columns of them times their compiled tariffs.

Whole numbers of 64 bits all the way. Charges that do not fit are left out, and counted; `left_singly` prices them with
the single engine.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo

import numpy as np
from msgspec import Struct

from laddnav.kit.ids import fold
from laddnav.pricing.bulk.bills import Bills, Counted, Sides, bills
from laddnav.pricing.bulk.clocks import DAY_US, local_minutes
from laddnav.pricing.bulk.columns import ABSENT, Columns, Place, Volumes, all_of, owners
from laddnav.pricing.bulk.compiled import USUAL_DAYS, USUAL_PERIODS, Compiled, Flow, Moments, NotForColumns, compiled
from laddnav.pricing.bulk.digits import Marks, Numbers
from laddnav.pricing.bulk.exact import none_yet
from laddnav.pricing.charge import price
from laddnav.pricing.model import CannotPrice, Charge, Priced
from laddnav.pricing.policy import OURS, Policy
from laddnav.pricing.zones import zone_guessed, zone_named
from laddnav.tariffs.model import Tariff


class Totals(Struct, frozen=True, kw_only=True):
    """The price of each charge and its parts, all exact; of those that are `left` nothing is said.

    A currency is that of the charge's tariff.
    """

    total: Sides
    fixed: Sides
    energy: Sides
    time: Sides
    parking: Sides
    left: Marks


def totals(
    columns: Columns, *, tariffs: tuple[Tariff, ...] = (), zone: str | None = None, policy: Policy = OURS
) -> Totals:
    """As `charge.price` for each: `tariffs` replace those that the charges carry, and `zone` those that they name."""
    clock = _Clock(columns, zone, policy)
    groups = [tariffs] if tariffs else columns.promised
    number = np.zeros(len(columns), np.int64) if tariffs else columns.tariffs
    fits = columns.fits & _usual(columns) & _in_order(columns) & _unreserved(columns)
    found: list[tuple[Numbers, Bills]] = []
    for place, promised in enumerate(groups):
        if len(promised) != 1 or (tariff := compiled(promised[0], policy)) is None:
            continue
        holds = fits & (number == place) & _held(columns, promised[0], asked=bool(tariffs))
        if tariff.offers.asks_clock:
            holds &= clock.known
        if (these := np.flatnonzero(holds)).size:
            try:
                found.append((these, _bills(columns, these, tariff, clock)))
            except NotForColumns:
                continue
    return _together(len(columns), found)


def left_singly(
    totals: Totals,
    charge_at: Callable[[int], Charge],
    *,
    tariffs: tuple[Tariff, ...] = (),
    zone: str | None = None,
    policy: Policy = OURS,
) -> dict[int, Priced | CannotPrice]:
    """What was left, by its place in the columns, priced by itself or with the reason why it cannot be."""
    found: dict[int, Priced | CannotPrice] = {}
    for place in np.flatnonzero(totals.left).tolist():
        try:
            found[place] = price(charge_at(place), tariffs=tariffs, zone=zone, policy=policy)
        except CannotPrice as refusal:
            found[place] = refusal
    return found


# ---- What fits


def _usual(columns: Columns) -> Marks:
    """What has some periods, and not so many or so long that the single engine would have to think before it begins."""
    first, last = columns.started_at.copy(), columns.ended_at.copy()
    some = np.flatnonzero(columns.many)
    begins = _firsts(columns.many)[some]
    first[some] = np.minimum(first[some], columns.begins_at[begins])
    last[some] = np.maximum(last[some], columns.begins_at[begins + columns.many[some] - 1])
    return (columns.many > 0) & (columns.many <= USUAL_PERIODS) & (last - first < USUAL_DAYS * DAY_US)


def _in_order(columns: Columns) -> Marks:
    """Periods that are not in order of time are put so first, singly."""
    in_order = np.ones(len(columns.begins_at), np.bool_)
    in_order[1:] = columns.begins_at[1:] >= columns.begins_at[:-1]
    in_order[_firsts(columns.many)[columns.many > 0]] = True
    return all_of(in_order, columns.many)


def _unreserved(columns: Columns) -> Marks:
    """A reservation before the charge has prices, and a rounding, of its own."""
    reserved = columns.volumes.get("RESERVATION_TIME")
    return np.ones(len(columns), np.bool_) if reserved is None else all_of(reserved.values == 0, columns.many)


def _held(columns: Columns, tariff: Tariff, *, asked: bool) -> Marks:
    """Which charges have this tariff in all their periods: each names it, or none names any.

    One that is `asked` for holds as well where all name others.
    """
    own = fold(tariff.id)
    names = [None if id is None else fold(id) == own for id in columns.ids]
    held = np.zeros(len(columns), np.bool_)
    for kind in (None, True, False) if asked else (None, True):
        held |= all_of(np.array([name is kind for name in names], np.bool_)[columns.name], columns.many)
    return held


class _Clock:
    """The wall clock at the start of each period; `known` of a charge: somebody knows where it was, or can tell."""

    def __init__(self, columns: Columns, asked: str | None, policy: Policy) -> None:
        self._columns = columns
        self._zones = [_zone(site, asked, policy) for site in columns.sites]
        self._shown: Numbers | None = None
        self.known = np.array([zone is not None for zone in self._zones], np.bool_)[columns.place]

    def shown(self) -> Numbers:
        """In minutes since the epoch; where nobody knows the zone, anything."""
        if self._shown is None:
            columns = self._columns
            self._shown = np.zeros(len(columns.begins_at), np.int64)
            place = columns.place[owners(columns.many)]
            for number, zone in enumerate(self._zones):
                if zone is not None:
                    these = np.flatnonzero(place == number)
                    self._shown[these] = local_minutes(columns.begins_at[these], zone)
        return self._shown


def _zone(site: Place, asked: str | None, policy: Policy) -> tzinfo | None:
    name = asked if asked is not None else site.zone
    try:
        return zone_named(name, policy) if name is not None else zone_guessed(site.country, policy, asked=True)[0]
    except CannotPrice:
        return None


# ---- What it costs


def _bills(columns: Columns, these: Numbers, tariff: Compiled, clock: _Clock) -> Bills:
    many = columns.many[these]
    periods = _periods(columns, these)
    energy, time, parking = (_volumes(columns, word, periods) for word in ("ENERGY", "TIME", "PARKING_TIME"))
    moments = _moments(columns, periods, many, energy, tariff, clock)
    return bills(Counted(many=many, energy=energy, time=time, parking=parking, rates=tariff.asked(moments)), tariff)


def _moments(
    columns: Columns, periods: Numbers, many: Numbers, energy: Volumes, tariff: Compiled, clock: _Clock
) -> Moments:
    """Only what this tariff asks about."""
    asked = tariff.offers
    started_at = columns.started_at[owners(columns.many)] if asked.lengths else columns.begins_at
    return Moments(
        count=len(periods),
        local=clock.shown()[periods] if asked.asks_clock else None,
        elapsed=(columns.begins_at - started_at)[periods] if asked.lengths else None,
        used=Volumes(energy.places, _before(energy.values, many)) if asked.energies else None,
        power=_flow(columns, "POWER", periods) if asked.powers else None,
        current=_flow(columns, "CURRENT", periods) if asked.currents else None,
    )


def _before(values: Numbers, many: Numbers) -> Numbers:
    """What the earlier periods of the same charge add up to."""
    before = np.cumsum(values) - values
    return before - np.repeat(before[_firsts(many)], many)


def _flow(columns: Columns, of: str, periods: Numbers) -> Flow:
    """A mean stands for both the trough and the peak where neither of them is said."""
    low, high, mean = (_volumes(columns, word, periods, ABSENT) for word in (f"MIN_{of}", f"MAX_{of}", of))
    unsaid = (low.values == ABSENT) & (high.values == ABSENT) & (mean.values != ABSENT)
    if not unsaid.any():
        return Flow(low, high)
    return Flow(*(_filled(one, mean, unsaid) for one in (low, high)))


def _filled(volumes: Volumes, mean: Volumes, these: Marks) -> Volumes:
    places = max(volumes.places, mean.places)
    return Volumes(places, np.where(these, mean.at(places), volumes.at(places)))


def _volumes(columns: Columns, word: str, periods: Numbers, absent: int = 0) -> Volumes:
    volumes = columns.volumes.get(word)
    if volumes is None:
        return Volumes(0, np.full(len(periods), absent))
    return Volumes(volumes.places, volumes.values[periods])


def _firsts(many: Numbers) -> Numbers:
    """Where the things of each group begin."""
    return np.cumsum(many) - many


def _periods(columns: Columns, these: Numbers) -> Numbers:
    """The places of all periods of these charges."""
    chosen = np.zeros(len(columns), np.bool_)
    chosen[these] = True
    return np.flatnonzero(np.repeat(chosen, columns.many))


# ---- Together


def _together(count: int, found: list[tuple[Numbers, Bills]]) -> Totals:
    left = np.ones(count, np.bool_)
    for these, of_group in found:
        left[these] = of_group.left
    if len(found) == 1 and len(found[0][0]) == count:
        only = found[0][1]
        return Totals(
            total=only.total, fixed=only.fixed, energy=only.energy, time=only.time, parking=only.parking, left=left
        )

    def sides(part: str) -> Sides:
        excl, incl = none_yet(count), none_yet(count)
        for these, of_group in found:
            one: Sides = getattr(of_group, part)
            excl.put(these, one.excl)
            incl.put(these, one.incl)
        return Sides(excl, incl)

    return Totals(
        total=sides("total"),
        fixed=sides("fixed"),
        energy=sides("energy"),
        time=sides("time"),
        parking=sides("parking"),
        left=left,
    )
