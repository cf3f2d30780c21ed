"""What a month of charges and meters comes to, and why less was billed than delivered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from laddnav.analytics.model import (
    Cause,
    Charges,
    Counted,
    EnergyDifference,
    EnergyRow,
    LocationLossRow,
    LossRow,
    MainsCourse,
    MainsDoubt,
    MainsDoubtKind,
)
from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.refusal import Refusal

SECOND = timedelta(seconds=1)
_MONTH = re.compile(r"2\d{3}-(0[1-9]|1[0-2])")


class NoMonth(Refusal):
    """A report is of months, as 2026-11, the first not after the last."""

    def __init__(self, since: str, until: str) -> None:
        super().__init__(f"{since!r} to {until!r} are no months: write them as 2026-11, the first not after the last")


def months(since: str, until: str) -> tuple[str, str]:
    """Raises NoMonth."""
    if not _MONTH.fullmatch(since) or not _MONTH.fullmatch(until) or since > until:
        raise NoMonth(since, until)
    return since, until


def cause(of: Charges) -> str:
    """What of them comes first: a charge that was refused is not billed, whatever its meter said."""
    if of.status == "INVALID":
        return Cause.REFUSED
    if of.status != "COMPLETED":
        return Cause.UNDER_WAY
    if not of.closed:
        return Cause.CREDITED if of.credited else Cause.NOT_CLOSED
    return of.doubts or Cause.UNEXPLAINED


def rows(many: Iterable[Charges]) -> tuple[EnergyRow, ...]:
    """A row for each month and thing; its differences add up to what was delivered less what was billed."""
    together: dict[tuple[str, str, str], list[Charges]] = {}
    for one in many:
        together.setdefault((str(one.holder), one.month, one.of), []).append(one)
    return tuple(_row(alike) for _, alike in sorted(together.items()))


def _row(alike: list[Charges]) -> EnergyRow:
    first, found = alike[0], dict[str, EnergyDifference]()
    for one in alike:
        missing = one.delivered - one.billed
        if missing:
            why = cause(one)
            before = found.get(why, EnergyDifference(cause=why, energy=NO_ENERGY, charges=0))
            found[why] = EnergyDifference(cause=why, energy=before.energy + missing, charges=before.charges + one.many)
    return EnergyRow(
        holder=first.holder,
        month=first.month,
        of=first.of,
        charges=sum(one.many for one in alike),
        delivered=_sum(one.delivered for one in alike),
        billed=_sum(one.billed for one in alike),
        difference=_sum(one.delivered - one.billed for one in alike),
        differences=tuple(found[why] for why in sorted(found)),
    )


def losses(many: Iterable[Counted]) -> tuple[LossRow, ...]:
    """The grid's side is the Station's own meter, best at its inlet, else the inlets of its Evses."""
    together: dict[tuple[str, str, str], list[Counted]] = {}
    for one in many:
        together.setdefault((one.month, str(one.holder), one.station_id), []).append(one)
    found = list[LossRow]()
    for _, meters in sorted(together.items()):
        outlets = [one.energy for one in meters if one.evse_no and one.place == "Outlet"]
        grid = next(filter(None, (_side(meters, *side) for side in _GRID)), [])
        if grid and outlets:
            first = meters[0]
            found.append(
                LossRow(
                    holder=first.holder,
                    month=first.month,
                    station_id=first.station_id,
                    location_id=first.location_id,
                    grid=_sum(grid),
                    outlets=_sum(outlets),
                    lost=_sum(grid) - _sum(outlets),
                )
            )
    return tuple(found)


def location_losses(
    mains: Iterable[MainsCourse], counted: Iterable[Counted], months: Iterable[str]
) -> tuple[LocationLossRow, ...]:
    """A row for each month whose beginning and end lie between readings of the Location's mains, or that has doubts."""
    months = tuple(months)
    outlets: dict[tuple[str, str, str], Energy] = {}
    for one in counted:
        if one.evse_no and one.place == "Outlet":
            key = (str(one.holder), one.location_id, one.month)
            outlets[key] = outlets.get(key, NO_ENERGY) + one.energy
    places: dict[tuple[str, str], list[MainsCourse]] = {}
    for meter in mains:
        places.setdefault((str(meter.holder), meter.location_id), []).append(meter)
    found = list[LocationLossRow]()
    for month in months:
        for (holder, location_id), meters in sorted(places.items()):
            taken = taken_in(meters, *_span(month, meters[0].time_zone))
            if taken is not None:
                given = outlets.get((holder, location_id, month), NO_ENERGY)
                row = LocationLossRow(
                    holder=meters[0].holder,
                    month=month,
                    location_id=location_id,
                    mains=taken.energy,
                    outlets=given,
                    lost=None if taken.energy is None else taken.energy - given,
                    doubts=taken.doubts,
                )
                found.append(row)
    return tuple(found)


class Taken(Struct, frozen=True):
    """`energy` None: nothing is told, for the reason that the doubts say."""

    energy: Energy | None
    doubts: tuple[MainsDoubt, ...] = ()


def taken_in(meters: Iterable[MainsCourse], since: datetime, until: datetime) -> Taken | None:
    """Between the two, by all meters that were read over the whole of it, and by the others one after another.

    None where they do not say all of it. Of a meter that fell nobody knows which reading is wrong.
    """
    alone, twice = _by_one_name(meters)
    there = [one for one in map(counted_on, alone) if one.shown[0][0] < until and one.shown[-1][0] > since]
    again = tuple(
        _doubt(MainsDoubtKind.TWICE, one, max(one.shown[0][0], since))
        for one in twice
        if one.shown[0][0] < until and one.shown[-1][0] > since
    )
    if fell := [_doubt(MainsDoubtKind.BACKWARD, one, at) for one in there if (at := _fell_at(one))]:
        return Taken(None, (*fell, *again))
    whole = [one for one in there if one.shown[0][0] <= since and one.shown[-1][0] >= until]
    parts = [one for one in there if one not in whole]
    taken = sum((_shown_at(one, until) - _shown_at(one, since) for one in whole), Decimal(0))
    after_another, known, beside = Decimal(0), since, list[MainsDoubt]()
    for meter in parts:
        first, last = meter.shown[0][0], meter.shown[-1][0]
        if max(first, since) < known:
            beside.append(_doubt(MainsDoubtKind.SIDE_BY_SIDE, meter, max(first, since)))
        if first <= known < last:
            end = min(last, until)
            after_another += _shown_at(meter, end) - _shown_at(meter, known)
            known = end
    if known >= until:
        return Taken(Energy(taken + after_another), (*beside, *again))
    if not whole:
        return None
    # What is known of only a part of it says nothing of the whole.
    uncounted = [_doubt(MainsDoubtKind.SIDE_BY_SIDE, one, max(one.shown[0][0], since)) for one in parts]
    return Taken(Energy(taken), (*uncounted, *again))


def counted_on(meter: MainsCourse) -> MainsCourse:
    """As one register, whatever came in its place; what was read at the very instant of that is the exchange's word."""
    ats = {at for at, _, _ in meter.exchanged}
    read = [(at, register, register) for at, register in meter.shown if at not in ats]
    shown, since = list[tuple[datetime, Decimal]](), Decimal(0)
    for at, before, after in sorted((*read, *meter.exchanged)):
        shown.append((at, since + before))
        since += before - after
    return replace(meter, shown=tuple(shown))


def _by_one_name(meters: Iterable[MainsCourse]) -> tuple[list[MainsCourse], list[MainsCourse]]:
    """(each once, with what it showed by any name; those that are another by a second name)."""
    alone, twice = list[MainsCourse](), list[MainsCourse]()
    for meter in meters:
        number = next((number for number, one in enumerate(alone) if _is(one, meter)), None)
        if number is None:
            alone.append(meter)
            continue
        twice.append(meter)
        first = alone[number]
        alone[number] = replace(
            first,
            shown=tuple(sorted({*first.shown, *meter.shown})),
            exchanged=tuple(sorted({*first.exchanged, *meter.exchanged})),
        )
    return alone, twice


def _is(one: MainsCourse, other: MainsCourse) -> bool:
    """Whether both showed the same whenever both were read, and that was not one register alone."""
    known = dict(one.shown)
    same = [(known[at], register) for at, register in other.shown if at in known]
    return all(mine == its for mine, its in same) and len({register for _, register in same}) > 1


def _doubt(kind: MainsDoubtKind, meter: MainsCourse, at: datetime) -> MainsDoubt:
    return MainsDoubt(kind=kind, meter=meter.meter, at=at)


def _fell_at(meter: MainsCourse) -> datetime | None:
    return next((at for (_, before), (at, after) in pairwise(meter.shown) if after < before), None)


def _shown_at(meter: MainsCourse, at: datetime) -> Decimal:
    """Between two readings as though it flowed evenly."""
    for (before, low), (after, high) in pairwise(meter.shown):
        if before <= at <= after:
            share = Decimal((at - before) // SECOND) / Decimal((after - before) // SECOND)
            return (low + (high - low) * share).quantize(Decimal(1))
    raise AssertionError("the instant lies between two readings")


def _span(month: str, zone: str) -> tuple[datetime, datetime]:
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=ZoneInfo(zone))
    return first.astimezone(UTC), (first + timedelta(days=32)).replace(day=1).astimezone(UTC)


_GRID = ((True, "Inlet"), (True, "Outlet"), (False, "Inlet"))  # (the Station's own, where)


def _side(meters: list[Counted], own: bool, place: str) -> list[Energy]:
    return [one.energy for one in meters if (one.evse_no == 0) is own and one.place == place]


def _sum(energies: Iterable[Energy]) -> Energy:
    return sum(energies, NO_ENERGY)
