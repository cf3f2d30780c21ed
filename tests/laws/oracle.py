"""A second opinion on prices, so naive that it can be checked by reading: tick by tick, in exact fractions.

Written from the texts of OCPI and docs/reference/pricing-readings.md, and from nothing that Laddnav computes with: no
borders, no folds, no caches. It only asks, of one small piece of time after the other, which component prices it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import NamedTuple
from zoneinfo import ZoneInfo

from laddnav.kit.energy import Energy
from laddnav.metering.model import Activity, Stretch
from laddnav.pricing.model import Charge
from laddnav.tariffs.model import Limit, PriceComponent, Restriction, Tariff, TaxIncluded

NOTHING = Fraction(0)
HOUR = 3600
KWH = 1000


class Range(NamedTuple):
    """Trough and peak of power in W or of current in A; None where nobody said."""

    low: Fraction | None = None
    high: Fraction | None = None


UNKNOWN = Range()


class Moment(NamedTuple):
    """All that a restriction may ask about."""

    local: datetime
    elapsed: Fraction  # seconds since the CDR's start, a reservation included
    used: Fraction  # Wh
    power: Range = UNKNOWN
    current: Range = UNKNOWN


class Used(NamedTuple):
    """So much (Wh, seconds, or times) of a dimension, priced by this component."""

    dimension: str
    volume: Fraction
    component: PriceComponent
    tariff_id: str
    tax_included: TaxIncluded | None


class Sides(NamedTuple):
    """Before and after taxes; None where that side is unknown."""

    excl: Fraction | None
    incl: Fraction | None


FREE = Sides(NOTHING, NOTHING)


class Bill(NamedTuple):
    """What it costs in all, limits applied, and of what kind the costs are, limits not applied."""

    total: Sides
    fixed: Sides
    energy: Sides
    time: Sides
    parking: Sides
    reservation: Sides


# ---- A session that we metered


def metered(stretches: Sequence[tuple[Tariff, Stretch]], zone: ZoneInfo, tick: timedelta) -> Bill:
    """A whole session: each stretch, in order, with the Tariff that held; all of them are of whole ticks."""
    expired = all(stretch.activity is Activity.RESERVED for _, stretch in stretches)
    started_at, used = stretches[0][1].started_at, NOTHING
    bill: list[Used] = []
    reserved = charged = False
    for tariff, stretch in stretches:
        local, elapsed = stretch.started_at.astimezone(zone), _seconds(stretch.started_at - started_at)
        first = Moment(local, elapsed, used, *_flow(stretch))
        if stretch.activity is Activity.RESERVED:
            if not reserved:
                bill += _flat_of_reservation(tariff, first, expired)
            reserved = True
        else:
            if not charged:
                bill += _priced(tariff, "FLAT", Fraction(1), first)
            charged = True
        for moment, seconds, energy in _pieces(tariff, stretch, zone, started_at, used, tick):
            if stretch.activity is Activity.RESERVED:
                bill += _time_of_reservation(tariff, seconds, moment, expired)
                continue
            parked = stretch.activity is Activity.SUSPENDED_EV
            bill += _priced(tariff, "ENERGY", energy, moment)
            bill += _priced(tariff, "PARKING_TIME" if parked else "TIME", seconds, moment)
        used += Fraction(stretch.energy.wh)
    return _billed(bill, [tariff for tariff, _ in stretches])


def _pieces(
    tariff: Tariff, stretch: Stretch, zone: ZoneInfo, started_at: datetime, used: Fraction, tick: timedelta
) -> Iterator[tuple[Moment, Fraction, Fraction]]:
    """Moment, seconds and Wh of each tick; a tick in which a border of energy is crossed counts as several.

    What holds in a piece is what holds in its middle. Power and current are one in all of a stretch.
    """
    ticks, rest = divmod(stretch.length, tick)
    assert not rest and ticks, "the session is of whole ticks"
    step, energy = _seconds(tick), Fraction(stretch.energy.wh) / ticks
    power, current = _flow(stretch)
    borders = _energies(tariff)
    for number in range(ticks):
        inside = {(border - used) / energy for border in borders} if energy else set()
        cuts = [NOTHING, *sorted(cut for cut in inside if 0 < cut < 1), Fraction(1)]
        at = stretch.started_at + number * tick
        for since, until in pairwise(cuts):
            middle = (since + until) / 2
            now = at + timedelta(microseconds=int(middle * step * 1_000_000))
            moment = Moment(
                now.astimezone(zone),
                _seconds(at - started_at) + middle * step,
                used + middle * energy,
                power,
                current,
            )
            yield moment, (until - since) * step, (until - since) * energy
        used += energy


def _flow(stretch: Stretch) -> tuple[Range, Range]:
    """Power and current, of which a stretch knows only the mean."""
    watts = Fraction(stretch.energy.wh) * HOUR / _seconds(stretch.length)
    amperes = None if stretch.current is None else Fraction(stretch.current)
    return Range(watts, watts), Range(amperes, amperes)


def _energies(tariff: Tariff) -> set[Fraction]:
    found: list[Energy | None] = []
    for element in tariff.elements:
        found += [element.restriction.energy_min, element.restriction.energy_max]
    return {Fraction(energy.wh) for energy in found if energy is not None}


# ---- A CDR that somebody wrote


def written(charge: Charge, zone: ZoneInfo) -> Bill:
    """Each period as it is written, at the prices of its first moment (OCPI 2.2.1 mod_cdrs_chargingperiod_class)."""
    periods = [({d.type: Fraction(d.volume) for d in p.dimensions}, p) for p in charge.periods]
    expired = all(set(volumes) <= {"RESERVATION_TIME"} for volumes, _ in periods)
    named = any(period.tariff_id is not None for _, period in periods)
    used, bill = NOTHING, list[Used]()
    reserved = charged = False
    held: list[Tariff] = []
    for volumes, period in periods:
        energy = volumes.get("ENERGY", NOTHING) * KWH
        tariff = _tariff(charge.tariffs, period.tariff_id, named)
        # A fee is due where it applies as its phase begins, even if the Tariff of that period is none.
        reserves, charges = "RESERVATION_TIME" in volumes, not set(volumes) <= {"RESERVATION_TIME"}
        first_reserved, first_charged = reserves and not reserved, charges and not charged
        reserved, charged = reserved or reserves, charged or charges
        if tariff is None:
            used += energy
            continue
        held.append(tariff)
        local, elapsed = period.started_at.astimezone(zone), _seconds(period.started_at - charge.started_at)
        power, current = _range(volumes, "POWER", KWH), _range(volumes, "CURRENT", 1)
        moment = Moment(local, elapsed, used, power, current)
        if first_reserved:
            bill += _flat_of_reservation(tariff, moment, expired)
        if first_charged:
            bill += _priced(tariff, "FLAT", Fraction(1), moment)
        bill += _time_of_reservation(tariff, volumes.get("RESERVATION_TIME", NOTHING) * HOUR, moment, expired)
        bill += _priced(tariff, "ENERGY", energy, moment)
        bill += _priced(tariff, "TIME", volumes.get("TIME", NOTHING) * HOUR, moment)
        bill += _priced(tariff, "PARKING_TIME", volumes.get("PARKING_TIME", NOTHING) * HOUR, moment)
        used += energy
    return _billed(bill, held)


def _tariff(tariffs: Sequence[Tariff], id: str | None, named: bool) -> Tariff | None:
    """Without an id no Tariff is relevant, but where no period has one, there is no doubt which is meant."""
    if id is None:
        return tariffs[0] if not named and len(tariffs) == 1 else None
    return next((tariff for tariff in tariffs if tariff.id == id), None)


def _range(volumes: dict[str, Fraction], of: str, unit: int) -> Range:
    low, high = volumes.get(f"MIN_{of}"), volumes.get(f"MAX_{of}")
    return Range(None if low is None else low * unit, None if high is None else high * unit)


# ---- Which component, and when (OCPI 2.2.1 mod_tariffs_tariff_object, mod_tariffs_tariffrestrictions_class)


def _priced(tariff: Tariff, dimension: str, volume: Fraction, moment: Moment, reservation: str = "") -> list[Used]:
    """The first element that has the dimension and whose restrictions match; else it is free."""
    if not volume:
        return []
    for element in tariff.elements:
        if (element.restriction.reservation or "") == reservation and _matches(element.restriction, moment):
            for component in element.components:
                if component.type == dimension:
                    name = f"{reservation} {dimension}" if reservation else dimension
                    return [Used(name, volume, component, tariff.id, tariff.tax_included)]
    return []


def _time_of_reservation(tariff: Tariff, seconds: Fraction, moment: Moment, expired: bool) -> list[Used]:
    """An expired one has its own element, if there is one (OCPI 2.2.1 mod_tariffs_reservation_restriction_type)."""
    own = _priced(tariff, "TIME", seconds, moment, "RESERVATION_EXPIRES") if expired else []
    return own or _priced(tariff, "TIME", seconds, moment, "RESERVATION")


def _flat_of_reservation(tariff: Tariff, moment: Moment, expired: bool) -> list[Used]:
    own = _priced(tariff, "FLAT", Fraction(1), moment, "RESERVATION_EXPIRES") if expired else []
    return own or _priced(tariff, "FLAT", Fraction(1), moment, "RESERVATION")


def _matches(r: Restriction, moment: Moment) -> bool:
    """Every restriction, taken one by one as the text has them; minimum inclusive, maximum exclusive."""
    local = moment.local
    return (
        r.booking is None
        and _in_window(r, local)
        and (r.start_date is None or local.date() >= r.start_date)
        and (r.end_date is None or local.date() < r.end_date)
        and (not r.weekdays or local.strftime("%A").upper() in r.weekdays)
        and (r.energy_min is None or moment.used >= Fraction(r.energy_min.wh))
        and (r.energy_max is None or moment.used < Fraction(r.energy_max.wh))
        and (r.duration_min is None or moment.elapsed >= _seconds(r.duration_min))
        and (r.duration_max is None or moment.elapsed < _seconds(r.duration_max))
        and (r.current_min is None or moment.current.high is None or moment.current.high >= Fraction(r.current_min))
        and (r.current_max is None or moment.current.low is None or moment.current.low < Fraction(r.current_max))
        and (r.power_min is None or moment.power.high is None or moment.power.high >= Fraction(r.power_min.watts))
        and (r.power_max is None or moment.power.low is None or moment.power.low < Fraction(r.power_max.watts))
    )


def _in_window(r: Restriction, local: datetime) -> bool:
    """On a clock face: from its start so many minutes on, over midnight if need be; of no length is the whole day."""
    minutes = local.hour * 60 + local.minute
    opens = 0 if r.start_time is None else r.start_time.hour * 60 + r.start_time.minute
    closes = 0 if r.end_time is None else r.end_time.hour * 60 + r.end_time.minute
    return (minutes - opens) % 1440 < ((closes - opens) % 1440 or 1440)


# ---- What is billed (OCPI 2.2.1 mod_cdrs_step_size, mod_tariffs_tariff_object)

RESERVED_TIME = ("RESERVATION TIME", "RESERVATION_EXPIRES TIME")
RESERVED_FLAT = ("RESERVATION FLAT", "RESERVATION_EXPIRES FLAT")


def _billed(bill: Sequence[Used], held: Iterable[Tariff]) -> Bill:
    """The limits of each Tariff that held bound what it priced, and all that it priced."""
    bill = _summed(bill)
    bill += _steps(bill)
    total = FREE
    for tariff in {tariff.id: tariff for tariff in held}.values():
        part = _cost(used for used in bill if used.tariff_id == tariff.id)
        for limit, highest in ((tariff.price_min, False), (tariff.price_max, True)):
            if limit is not None:
                part = _limited(part, limit, highest=highest)
        total = _added(total, part)
    return Bill(
        total,
        fixed=_cost(bill, "FLAT"),
        energy=_cost(bill, "ENERGY"),
        time=_cost(bill, "TIME"),
        parking=_cost(bill, "PARKING_TIME"),
        reservation=_cost(bill, *RESERVED_TIME, *RESERVED_FLAT),
    )


def _summed(bill: Sequence[Used]) -> list[Used]:
    """One of each component, in the order in which they were last used."""
    found: dict[Used, Fraction] = {}
    for used in bill:
        kind = used._replace(volume=NOTHING)
        found[kind] = found.pop(kind, NOTHING) + used.volume
    return [kind._replace(volume=volume) for kind, volume in found.items()]


def _steps(bill: Sequence[Used]) -> list[Used]:
    """What rounding up adds, once each for energy, for time, and for reserved time, at the last price of each.

    Parking time takes the rounding of time if any of it is priced, whenever it was.
    """
    parked = any(used.dimension == "PARKING_TIME" for used in bill)
    added: list[Used] = []
    for dimensions in (("ENERGY",), ("PARKING_TIME",) if parked else ("TIME",), RESERVED_TIME):
        of_it = [used for used in bill if used.dimension in dimensions]
        total = sum((used.volume for used in of_it), NOTHING)
        step = of_it[-1].component.step_size if of_it else 0
        # Energy that was fed back is not consumed, and nothing is rounded up.
        if step and total > 0:
            added.append(of_it[-1]._replace(volume=ceil(total / step) * step - total))
    return added


def _cost(bill: Iterable[Used], *dimensions: str) -> Sides:
    """Of these dimensions, or of all."""
    total = FREE
    for used in bill:
        if not dimensions or used.dimension in dimensions:
            total = _added(total, _sides(used))
    return total


def _added(one: Sides, other: Sides) -> Sides:
    """A side that is unknown in one is unknown in the sum."""
    return Sides(
        None if one.excl is None or other.excl is None else one.excl + other.excl,
        None if one.incl is None or other.incl is None else one.incl + other.incl,
    )


def _sides(used: Used) -> Sides:
    """A price is before taxes, or after them where the Tariff says so (OCPI 2.3.0 mod_tariffs_taxincluded_enum)."""
    unit = {"ENERGY": KWH, "FLAT": 1}.get(used.dimension.split(" ")[-1], HOUR)
    cost = used.volume / unit * Fraction(used.component.price)
    vat = None if used.component.vat is None else 1 + Fraction(used.component.vat) / 100
    match used.tax_included:
        case TaxIncluded.YES:
            return Sides(None if vat is None else cost / vat, cost)
        case TaxIncluded.NOT_APPLICABLE:
            return Sides(cost, cost)
        case TaxIncluded.UNSAID:
            return Sides(cost, None)
        case _:
            return Sides(cost, cost if vat is None else cost * vat)


def _limited(total: Sides, limit: Limit, *, highest: bool) -> Sides:
    """Each side on its own; where the limit has no side after taxes, the taxes move with what they are taken of."""
    bound = min if highest else max
    excl = None if total.excl is None else bound(total.excl, Fraction(limit.excl))
    if total.incl is None:
        return Sides(excl, None)
    if limit.incl is not None:
        return Sides(excl, bound(total.incl, Fraction(limit.incl)))
    if excl is None or total.excl is None or excl == total.excl:
        return Sides(excl, total.incl)
    return Sides(excl, total.incl * excl / total.excl if total.excl else excl)


def _seconds(length: timedelta) -> Fraction:
    return Fraction(length // timedelta(microseconds=1), 1_000_000)
