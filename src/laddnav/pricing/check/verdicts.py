"""Is a CDR right? What it states against what its periods and tariffs come to, field by field, and likely why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.money import minor_unit
from laddnav.kit.power import Power
from laddnav.kit.time import hours
from laddnav.pricing.charge import price
from laddnav.pricing.check.causes import Case, Cause, likely_cause, reproduces
from laddnav.pricing.check.plausible import Implausible, energy_of, implausible
from laddnav.pricing.flags import Flag, Flagged
from laddnav.pricing.model import Amount, CannotPrice, Charge, Priced
from laddnav.pricing.policy import OURS, Missing, Partials, Policy
from laddnav.pricing.spread import Spread, spread
from laddnav.tariffs.model import Tariff

# JSON drops the zeros at a number's end, so a number may have been printed with more digits than it shows.
LEAST_DIGITS = 2
MOST_DIGITS = 6


class Verdict(StrEnum):
    """From good to bad; of several, the worst one holds."""

    MATCH = "match"
    WITHIN_ROUNDING = "within-rounding"  # as far apart as rounding each printed number can bring it
    NOT_VERIFIABLE = "not-verifiable"  # it may be right: what would decide is not in the CDR
    MISMATCH = "mismatch"


class FieldChecked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A field by its name in OCPI. Costs before taxes, and `…_incl` with them; energy in kWh, times in hours.

    None: not stated, or not to be known.
    """

    name: str
    verdict: Verdict
    stated: Decimal | None = None
    ours: Decimal | None = None
    stated_incl: Decimal | None = None
    ours_incl: Decimal | None = None


class Checked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of the check. `why` says in a sentence what could not be decided; `spread` is what may be right."""

    verdict: Verdict
    fields: tuple[FieldChecked, ...]
    likely_cause: Cause | None = None
    implausible: tuple[Implausible, ...] = ()
    why: str | None = None
    spread: Spread | None = None
    flags: tuple[Flagged, ...] = ()

    @property
    def mismatching_fields(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.fields if one.verdict is Verdict.MISMATCH)

    def field(self, name: str) -> FieldChecked | None:
        return next((one for one in self.fields if one.name == name), None)


def checked(
    charge: Charge,
    *,
    tariffs: tuple[Tariff, ...] = (),
    zone: str | None = None,
    earlier: tuple[Tariff, ...] = (),
    policy: Policy = OURS,
    power_max: Power | None = None,
) -> Checked:
    """Price the charge anew and compare. `tariffs` replace the CDR's own; `earlier` are versions it may have used.

    `power_max` is what the Connector can give, where that is known. What cannot be priced is not verifiable.
    """
    odd = implausible(charge, power_max)
    if charge.credit:
        taken_back = checked(_taken_back(charge), tariffs=tariffs, zone=zone, earlier=earlier, policy=policy)
        return replace(_as_credit(taken_back, charge), implausible=odd)
    volumes = tuple(_volumes(charge))
    try:
        ours = _priced(charge, tariffs, zone, policy)
    except CannotPrice as refusal:
        fields = (*(_unknown(name, stated) for name, stated in _stated_costs(charge)), *volumes)
        return Checked(verdict=worst(fields), fields=fields, implausible=odd, why=str(refusal))
    case = Case(charge=charge, asked=tariffs, earlier=earlier, zone=zone, policy=policy, ours=ours)
    total, *parts = _costs(case)
    cause = possible = why = None
    if total.verdict is Verdict.MISMATCH:
        possible = spread(charge, ours, tariffs=tariffs, zone=zone, policy=policy)
        why = _undecided(case, possible)
        cause = None if why else likely_cause(case)
        if why or cause is Cause.ROUNDED_PER_COMPONENT:
            total = replace(total, verdict=Verdict.NOT_VERIFIABLE if why else Verdict.WITHIN_ROUNDING)
        if why:  # what leaves the total open leaves its parts open
            parts = [replace(one, verdict=min(one.verdict, Verdict.NOT_VERIFIABLE, key=_badness)) for one in parts]
    fields = (total, *parts, *volumes)
    return Checked(
        verdict=worst(fields),
        fields=fields,
        likely_cause=cause,
        implausible=odd,
        why=why,
        spread=possible,
        flags=ours.flags,
    )


def _undecided(case: Case, possible: Spread | None) -> str | None:
    """Why a total that is not ours may be right all the same; None where nothing says so."""
    stated = case.charge.stated.total
    if possible is not None and possible.holds(stated):
        return "A period lies across a border of the price and does not say how much of its energy came before it"
    unknown = next((one for one in case.ours.flags if one.flag is Flag.UNKNOWN_TARIFF), None)
    if unknown is not None:
        return f"A period is priced on tariff {unknown.tariff_id!r}, which is not known here"
    if any(one.flag is Flag.POWER_UNKNOWN for one in case.ours.flags):
        failing = case.under(missing=Missing.FAILS)
        if reproduces(stated, failing, minor_unit(case.charge.currency)):
            return "The tariff asks for a power or a current that the periods do not say"
    return None


def _taken_back(credit: Charge) -> Charge:
    """The charge that a Credit CDR takes back: only the total is negative (OCPI 2.2.1 mod_cdrs_credit_cdrs)."""
    total = credit.stated.total
    return replace(credit, credit=False, stated=replace(credit.stated, total=total and _negated(total)))


def _negated(amount: Amount) -> Amount:
    return Amount(None if amount.excl is None else -amount.excl, None if amount.incl is None else -amount.incl)


def _as_credit(taken_back: Checked, credit: Charge) -> Checked:
    """The total with its sign again; one that is not negative is told for what it is."""
    total, *others = taken_back.fields
    turned = replace(
        total,
        stated=None if total.stated is None else -total.stated,
        ours=None if total.ours is None else -total.ours,
        stated_incl=None if total.stated_incl is None else -total.stated_incl,
        ours_incl=None if total.ours_incl is None else -total.ours_incl,
    )
    cause, coin = taken_back.likely_cause, minor_unit(credit.currency)
    if total.verdict is Verdict.MISMATCH and total.stated is not None and total.ours is not None:
        cause = Cause.CREDIT_NOT_NEGATED if abs(total.stated + total.ours) <= coin else cause
    return replace(taken_back, fields=(turned, *others), likely_cause=cause, spread=None)


def worst(fields: Iterable[FieldChecked]) -> Verdict:
    return max((one.verdict for one in fields), key=_badness, default=Verdict.NOT_VERIFIABLE)


def _badness(verdict: Verdict) -> int:
    return list(Verdict).index(verdict)


def _priced(charge: Charge, tariffs: tuple[Tariff, ...], zone: str | None, policy: Policy) -> Priced:
    """Raises CannotPrice, also for what can be priced but not compared."""
    if charge.ended_at < charge.started_at:
        raise CannotPrice("The CDR ends before it starts")
    if not tariffs and not charge.tariffs:
        raise CannotPrice("The CDR carries no tariff, and none was given")
    ours = price(charge, tariffs=tariffs, zone=zone, policy=policy)
    if any(one.flag is Flag.CURRENCIES_DIFFER for one in ours.flags):
        raise CannotPrice("The tariff is in another currency than the CDR")
    return ours


# ---- Costs


def _stated_costs(charge: Charge) -> Iterator[tuple[str, Amount | None]]:
    stated = charge.stated
    yield "total_cost", stated.total
    for name, cost in (
        ("total_fixed_cost", stated.fixed),
        ("total_energy_cost", stated.energy),
        ("total_time_cost", stated.time),
        ("total_parking_cost", stated.parking),
        ("total_reservation_cost", stated.reservation),
    ):
        if cost is not None:
            yield name, cost


def _costs(case: Case) -> Iterator[FieldChecked]:
    """The total first."""
    ours, unit = case.ours, minor_unit(case.charge.currency)
    amounts = _amounts(ours)
    parts = sum(bool(amount.excl or amount.incl) for amount in amounts.values()) or 1
    spread_out = None
    # A tax that was never named may have been added, and rightly so.
    open_tax = any(one.flag is Flag.TAXES_MAY_BE_ADDED for one in ours.flags)
    for name, stated in _stated_costs(case.charge):
        if name == "total_cost":
            yield _cost(name, stated, ours.total, unit * parts, open_tax)
            continue
        field = _cost(name, stated, amounts[name], unit, open_tax)
        if field.verdict is Verdict.MISMATCH and _limited(ours):
            # What a limit does to the parts is nowhere said; some spread it over them.
            spread_out = spread_out or _amounts(_spread_out(case))
            other = _cost(name, stated, spread_out[name], unit, open_tax)
            field = other if other.verdict is not Verdict.MISMATCH else field
        yield field


def _amounts(priced: Priced) -> dict[str, Amount]:
    return {
        "total_fixed_cost": priced.fixed,
        "total_energy_cost": priced.energy,
        "total_time_cost": priced.time,
        "total_parking_cost": priced.parking,
        "total_reservation_cost": priced.reservation,
    }


def _limited(ours: Priced) -> bool:
    return any(one.flag is Flag.PARTS_DO_NOT_ADD_UP for one in ours.flags)


def _spread_out(case: Case) -> Priced:
    policy = replace(case.policy, partials=Partials.SPREAD)
    return price(case.charge, tariffs=case.asked, zone=case.zone, policy=policy)


def _unknown(name: str, stated: Amount | None) -> FieldChecked:
    return FieldChecked(
        name=name,
        verdict=Verdict.NOT_VERIFIABLE,
        stated=None if stated is None else stated.excl,
        stated_incl=None if stated is None else stated.incl,
    )


def _cost(name: str, stated: Amount | None, ours: Amount, tolerance: Decimal, open_tax: bool) -> FieldChecked:
    """Each side that both know is compared."""
    if stated is None:
        return _unknown(name, stated)
    sides = [(stated.excl, ours.excl), (stated.incl, None if open_tax else ours.incl)]
    verdicts = [_close(told, own, tolerance) for told, own in sides if told is not None and own is not None]
    return FieldChecked(
        name=name,
        verdict=max(verdicts, key=list(Verdict).index, default=Verdict.NOT_VERIFIABLE),
        stated=stated.excl,
        ours=ours.excl,
        stated_incl=stated.incl,
        ours_incl=ours.incl,
    )


def _close(stated: Decimal, ours: Decimal, tolerance: Decimal) -> Verdict:
    if stated == ours:
        return Verdict.MATCH
    return Verdict.WITHIN_ROUNDING if abs(stated - ours) <= tolerance else Verdict.MISMATCH


# ---- Volumes


def _volumes(charge: Charge) -> Iterator[FieldChecked]:
    """What the periods add up to against the sums that the CDR states itself.

    Where no period counts ENERGY, as in the specification's own example, nothing speaks against what is stated.
    """
    if charge.energy is not None and any(one.type == "ENERGY" for each in charge.periods for one in each.dimensions):
        digits = _digits(charge, "ENERGY")
        yield _volume("total_energy", charge.energy.kwh, energy_of(charge).kwh, digits, len(charge.periods))
    if charge.time is not None:
        yield _time(charge, charge.time)
    if charge.parking_time is not None:
        yield _parking(charge, charge.parking_time)


def _time(charge: Charge, stated: timedelta) -> FieldChecked:
    """The whole session (OCPI 2.2.1 mod_cdrs_cdr_object); by the clock, and by its periods where they tell time."""
    by_clock = _volume("total_time", hours(stated), hours(charge.ended_at - charge.started_at), MOST_DIGITS, 1)
    kinds = ("TIME", "PARKING_TIME", "RESERVATION_TIME")
    told = [kind for kind in kinds if any(one.type == kind for each in charge.periods for one in each.dimensions)]
    if not told or by_clock.verdict is not Verdict.MISMATCH:
        return by_clock
    counted = sum((period.volume(*kinds) for period in charge.periods), Decimal(0))
    by_periods = _volume("total_time", hours(stated), counted, _digits(charge, *kinds), len(charge.periods))
    return by_clock if by_periods.verdict is Verdict.MISMATCH else by_periods


def _parking(charge: Charge, stated: timedelta) -> FieldChecked:
    """The sum of PARKING_TIME. It may be more: since that is parking only when the vehicle asks for nothing, time
    without energy may be in TIME, and who counts it among the parking time is not wrong (OCPI 2.2.1
    mod_cdrs_cdr_object).
    """
    counted = sum((period.volume("PARKING_TIME") for period in charge.periods), Decimal(0))
    digits = _digits(charge, "PARKING_TIME", "TIME")
    field = _volume("total_parking_time", hours(stated), counted, digits, len(charge.periods))
    if field.verdict is not Verdict.MISMATCH or hours(stated) < counted:
        return field
    idle = sum((each.volume("TIME") for each in charge.periods if not each.volume("ENERGY")), Decimal(0))
    most = _volume("total_parking_time", hours(stated), counted + idle, digits, len(charge.periods))
    possible = hours(stated) <= counted + idle or most.verdict is not Verdict.MISMATCH
    return replace(field, verdict=Verdict.NOT_VERIFIABLE) if possible else field


def _volume(name: str, stated: Decimal, ours: Decimal, digits: int, parts: int) -> FieldChecked:
    """Each printed number may be off by half of its last digit."""
    own = _half_of_last(digits) * parts
    told = _half_of_last(_printed(stated))
    if stated == ours:
        verdict = Verdict.MATCH
    else:
        verdict = Verdict.WITHIN_ROUNDING if abs(stated - ours) <= own + told else Verdict.MISMATCH
    return FieldChecked(name=name, verdict=verdict, stated=stated, ours=ours)


def _digits(charge: Charge, *types: str) -> int:
    """With how many the periods print these volumes."""
    volumes = (one.volume for period in charge.periods for one in period.dimensions if one.type in types)
    return max((_printed(volume) for volume in volumes), default=LEAST_DIGITS)


def _printed(number: Decimal) -> int:
    """Places after the point. A length of time was printed in hours and is kept in microseconds, so one looks for the
    fewest places that still say it.
    """
    for places in range(LEAST_DIGITS, MOST_DIGITS):
        if abs(number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) - number) <= Decimal("1e-9"):
            return places
    return MOST_DIGITS


def _half_of_last(digits: int) -> Decimal:
    return Decimal(5).scaleb(-digits - 1)
