"""What the second opinion counted becomes a bill: steps, taxes, limits and sums, in exact fractions.

Written from the texts of OCPI and docs/reference/pricing-readings.md. Of Laddnav it knows only the words: what a tariff
holds, and which answers a policy may give.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from laddnav.pricing.policy import (
    LimitScope,
    LimitSides,
    LimitTax,
    MissingVat,
    NotApplicable,
    Partials,
    Policy,
    Step,
    StepReservation,
    StepTime,
    StepVolume,
    WithoutVat,
)
from laddnav.tariffs.model import Limit, PriceComponent, Tariff, TaxIncluded

NOTHING = Fraction(0)
UNITS = {"ENERGY": 1000, "TIME": 3600, "PARKING_TIME": 3600, "RESERVATION_TIME": 3600}  # of a kWh and of an hour
RESERVATION = ("RESERVATION_TIME", "RESERVATION_FLAT")


class By(NamedTuple):
    """A component by its place in its Tariff."""

    tariff: Tariff
    element: int
    component: int

    @property
    def own(self) -> PriceComponent:
        return self.tariff.elements[self.element].components[self.component]


class Used(NamedTuple):
    """So much of a dimension (Wh, seconds, or times) in one period; `by` None: nothing prices it."""

    dimension: str
    volume: Fraction
    by: By | None
    period: int = 0


class Row(NamedTuple):
    """What one component priced of one dimension, as it was counted and as it is billed, in the units of `Used`."""

    dimension: str
    by: By
    volume: Fraction
    billed: Fraction


class Sides(NamedTuple):
    """Before and after taxes, None where that side is unknown; of each percentage of tax its amount and its base."""

    excl: Fraction | None
    incl: Fraction | None
    taxes: Mapping[Fraction, tuple[Fraction, Fraction]]


FREE = Sides(NOTHING, NOTHING, {})


class Bill(NamedTuple):
    """What it costs in all, limits applied, and of what kind the costs are, limits not applied; and of what rows."""

    total: Sides
    fixed: Sides
    energy: Sides
    time: Sides
    parking: Sides
    reservation: Sides
    rows: tuple[Row, ...]


KINDS = {
    "fixed": ("FLAT",),
    "energy": ("ENERGY",),
    "time": ("TIME",),
    "parking": ("PARKING_TIME",),
    "reservation": RESERVATION,
}


def reckoned(counted: Sequence[Used], held: Iterable[Tariff], policy: Policy) -> Bill:
    """The limits of each Tariff that held bound what it priced, and all that it priced."""
    rows = _rows(counted, policy)
    parts = {part: _cost((row for row in rows if row.dimension in kind), policy) for part, kind in KINDS.items()}
    whole = total = _cost(rows, policy)
    if not policy.without_limits:
        total = _limited(rows, {tariff.id: tariff for tariff in held}.values(), policy)
    if policy.partials is Partials.SPREAD and total[:2] != whole[:2]:
        parts = {part: _share(cost, whole, total) for part, cost in parts.items()}
    return Bill(total=total, rows=tuple(rows), **parts)


# ---- Steps (OCPI 2.2.1 mod_cdrs_step_size)


def _rows(counted: Sequence[Used], policy: Policy) -> list[Row]:
    """Of each period on its own, or of the whole session, in the order in which they were last used."""
    if policy.step is Step.PER_PERIOD:
        return [
            Row(used.dimension, used.by, used.volume, _up(used.volume, _step(used)))
            for used in _summed(counted)
            if used.by is not None
        ]
    summed = _summed(used._replace(period=0) for used in counted)
    rounding = dict(_roundings(summed, policy))
    return [
        Row(used.dimension, used.by, used.volume, used.volume + rounding.get(used, 0))
        for used in summed
        if used.by is not None
    ]


def _summed(counted: Iterable[Used]) -> list[Used]:
    found: dict[Used, Fraction] = {}
    for used in counted:
        kind = used._replace(volume=NOTHING)
        found[kind] = found.pop(kind, NOTHING) + used.volume
    return [kind._replace(volume=volume) for kind, volume in found.items() if volume or kind.by is not None]


def _roundings(summed: Sequence[Used], policy: Policy) -> Iterable[tuple[Used, Fraction]]:
    """What takes a rounding, and how much it adds: once each for energy, for time, and for reserved time."""
    groups = [("ENERGY",), ("TIME", "PARKING_TIME"), ("RESERVATION_TIME",)]
    if policy.step_reservation is StepReservation.SHARED:
        groups = [("ENERGY",), ("RESERVATION_TIME", "TIME", "PARKING_TIME")]
    for group in groups:
        priced = [used for used in summed if used.dimension in group and used.by is not None]
        # Parking time takes the rounding of time if any of it is priced, whenever it was.
        parked = [used for used in priced if used.dimension == "PARKING_TIME"]
        takes = parked if parked and policy.step_time is StepTime.PARKING else priced
        if not takes:
            continue
        together = {takes[-1].dimension} if takes[-1].dimension == "PARKING_TIME" else {*group} - {"PARKING_TIME"}
        every = policy.step_volume is StepVolume.ALL
        volumes = [used.volume for used in summed if used.dimension in together and (every or used.by is not None)]
        total = sum(volumes, NOTHING)
        yield takes[-1], _up(total, _step(takes[-1])) - total


def _step(used: Used) -> int:
    """Of a flat fee it says nothing."""
    assert used.by is not None
    return used.by.own.step_size if used.dimension in UNITS else 0


def _up(volume: Fraction, step: int) -> Fraction:
    """Energy that was fed back is not consumed, and nothing is rounded up."""
    return Fraction(ceil(volume / step) * step) if step and volume > 0 else volume


# ---- Taxes (OCPI 2.3.0 mod_tariffs_taxincluded_enum)


def _cost(rows: Iterable[Row], policy: Policy) -> Sides:
    total = FREE
    for row in rows:
        total = _added(total, _sides(row, policy))
    return total


def _added(one: Sides, other: Sides) -> Sides:
    """A side that is unknown in one is unknown in the sum."""
    taxes = dict(one.taxes)
    for percentage, (amount, base) in other.taxes.items():
        before = taxes.get(percentage, (NOTHING, NOTHING))
        taxes[percentage] = (before[0] + amount, before[1] + base)
    return Sides(
        None if one.excl is None or other.excl is None else one.excl + other.excl,
        None if one.incl is None or other.incl is None else one.incl + other.incl,
        taxes,
    )


def _sides(row: Row, policy: Policy) -> Sides:
    """A price is before taxes, or after them where the Tariff says so."""
    component, included = row.by.own, row.by.tariff.tax_included
    cost = row.billed / UNITS.get(row.dimension, 1) * Fraction(component.price)
    vat = None if component.vat is None else Fraction(component.vat)
    if included is TaxIncluded.UNSAID:
        return Sides(cost, None, {})
    if included is TaxIncluded.NOT_APPLICABLE and (vat is None or policy.not_applicable is NotApplicable.WINS):
        return Sides(cost, cost, {})
    if included is TaxIncluded.YES and vat is None:
        return Sides(cost if policy.without_vat is WithoutVat.SAME else None, cost, {})
    if vat is None:
        return Sides(cost, None if policy.missing_vat is MissingVat.UNKNOWN else cost, {})
    base = cost / (1 + vat / 100) if included is TaxIncluded.YES else cost
    return Sides(base, base * (1 + vat / 100), {vat: (base * vat / 100, base)})


# ---- Limits (OCPI 2.2.1 mod_tariffs_tariff_object)


def _limited(rows: Sequence[Row], tariffs: Iterable[Tariff], policy: Policy) -> Sides:
    total = _cost(rows, policy)
    for tariff in tariffs:
        part = before = _cost((row for row in rows if _is_limited(row, tariff, policy)), policy)
        for limit, highest in ((tariff.price_min, False), (tariff.price_max, True)):
            if limit is not None:
                part = _bounded(part, limit, policy, highest=highest)
        total = Sides(_moved(total.excl, before.excl, part.excl), _moved(total.incl, before.incl, part.incl), {})
    return total


def _is_limited(row: Row, tariff: Tariff, policy: Policy) -> bool:
    return row.by.tariff.id == tariff.id and not (
        policy.limit_scope is LimitScope.SESSION and row.dimension in RESERVATION
    )


def _moved(total: Fraction | None, before: Fraction | None, after: Fraction | None) -> Fraction | None:
    """As much as a part of it moves; what is unknown of the part is unknown of the total, and cannot be limited."""
    return total if total is None or before is None or after is None else total - before + after


def _bounded(cost: Sides, limit: Limit, policy: Policy, *, highest: bool) -> Sides:
    """Each side on its own; where the limit has no side after taxes, the taxes move with what they are taken of."""
    bound = min if highest else max
    excl = None if cost.excl is None else bound(cost.excl, Fraction(limit.excl))
    if cost.incl is None:
        return Sides(excl, None, {})
    if limit.incl is not None and policy.limit_sides is LimitSides.EACH:
        return Sides(excl, bound(cost.incl, Fraction(limit.incl)), {})
    if excl is None or cost.excl is None or excl == cost.excl:
        return Sides(excl, cost.incl, {})
    if limit.incl is not None:
        return Sides(excl, Fraction(limit.incl), {})
    if policy.limit_tax is LimitTax.UNTOUCHED:
        return Sides(excl, cost.incl, {})
    return Sides(excl, cost.incl * excl / cost.excl if cost.excl else excl, {})


def _share(part: Sides, whole: Sides, total: Sides) -> Sides:
    def share(side: Fraction | None, of: Fraction | None, to: Fraction | None) -> Fraction | None:
        return side if side is None or not of or to is None else side * to / of

    taxes = {
        percentage: (amount * part_of_it, base * part_of_it)
        for percentage, (amount, base) in part.taxes.items()
        if (part_of_it := _proportion(whole, total)) is not None
    }
    return Sides(share(part.excl, whole.excl, total.excl), share(part.incl, whole.incl, total.incl), taxes)


def _proportion(whole: Sides, total: Sides) -> Fraction | None:
    """By how much both sides are more, and so every tax; None where each side is bounded on its own."""
    if not whole.excl or not whole.incl or total.excl is None or total.incl is None:
        return None
    by = total.excl / whole.excl
    return by if by == total.incl / whole.incl else None
