"""What is wrong with a Tariff, with where and how to mend it.

It looks at the meaning; what only the JSON as it came can show is looked for where that is read
(`ocpi/wire/lint.py`). Unclear text is read by our own policy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.currencies import CURRENCIES, TO_A_EURO
from laddnav.kit.energy import Energy
from laddnav.kit.power import Power
from laddnav.pricing.lint.findings import MOST_FINDINGS, Code, Fact, Finding, Found, Severity, Why, told
from laddnav.pricing.lint.regions import EVERY, MIDNIGHT, UPWARDS, WEEK, Bounds, Grid, Region, TooEntangled
from laddnav.tariffs.model import PriceComponent, Restriction, Tariff, TariffDimension, TaxIncluded

# A cent a minute: nobody asks less for time, and a price that does was meant for a minute.
LEAST_PER_HOUR = Decimal("0.60")
# What a driver may be billed without having used it: more than a tenth of a kWh or five minutes is worth a word.
MOST_ENERGY_STEP = Energy(Decimal(100))
MOST_TIME_STEP = timedelta(minutes=5)
RESERVATIONS = ("RESERVATION", "RESERVATION_EXPIRES")
_RANK = (Severity.ERROR, Severity.WARNING, Severity.HINT)
_MONEY = r"(?:[€$£¢]|\b(?:eur|euro|usd|gbp|chf|sek|nok|dkk|pln|czk|kr|ct|cent)\b)"
_NUMBER = r"\d+(?:[.,]\d+)?"
_PRICE = re.compile(rf"{_MONEY}\s?{_NUMBER}|{_NUMBER}\s?{_MONEY}|{_NUMBER}(?:kr|ct|euro?)\b", re.I)


class Place(Struct, frozen=True):
    """A PriceComponent, with where it stands and what must hold for it."""

    element: int
    position: int
    component: PriceComponent
    restriction: Restriction

    @property
    def pointer(self) -> str:
        return f"/elements/{self.element}/price_components/{self.position}"


def linted(tariff: Tariff, language: str = "en") -> tuple[Finding, ...]:
    """The gravest first, then from the top of the tariff to its bottom."""
    found = islice((one for look in LOOKS for one in look(tariff)), MOST_FINDINGS)
    return gravest_first(told(one, language) for one in found)


def gravest_first(some: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(some, key=lambda one: (_RANK.index(one.severity), _by_number(one.pointer))))


def places(tariff: Tariff) -> tuple[Place, ...]:
    return tuple(
        Place(number, position, component, element.restriction)
        for number, element in enumerate(tariff.elements)
        for position, component in enumerate(element.components)
    )


# Who wins, and when nobody does -------------------------------------------------------------------------------------


def compared(tariff: Tariff) -> Iterator[Found]:
    """Prices that an earlier element always beats, and times that have none."""
    grid = Grid(tariff)
    try:
        found = [*_beaten(tariff, grid), *_gaps(tariff, grid)]
    except TooEntangled:
        found = [Found(code=Code.TOO_ENTANGLED, pointer="/elements")]
    yield from found


def unreachable(tariff: Tariff) -> frozenset[tuple[int, int]]:
    """(element, component) of every price that is never used, as far as that can be told."""
    grid = Grid(tariff)
    try:
        beaten = {found.pointer for found in _beaten(tariff, grid)}
    except TooEntangled:
        beaten = set()
    return frozenset(
        (place.element, place.position)
        for place in places(tariff)
        if place.pointer in beaten or _never_holds(place, grid)
    )


def _beaten(tariff: Tariff, grid: Grid) -> Iterator[Found]:
    for _, group in _groups(tariff):
        before: list[tuple[Place, Region]] = []
        alike: dict[Restriction, Place] = {}
        for place in group:
            first = alike.setdefault(place.restriction, place)
            if first is not place:
                yield _beaten_by(Code.DUPLICATE_COMPONENT, place, first.pointer)
                continue
            region = grid.region(place.restriction)
            covered = bool(region) and not grid.left_over(region, (other for _, other in before))
            if covered:
                winner = next(other for other, its in before if its.meets(region))
                yield _beaten_by(Code.UNREACHABLE_COMPONENT, place, f"/elements/{winner.element}")
            elif region:
                before.append((place, region))


def _beaten_by(code: Code, place: Place, winner: str) -> Found:
    return Found(code=code, pointer=place.pointer, facts={"dimension": place.component.type, "by": winner})


def _groups(tariff: Tariff) -> Iterator[tuple[tuple[TariffDimension, str | None], list[Place]]]:
    """Components that can stand in each other's way: of one dimension, for charging or for one kind of reservation."""
    groups: dict[tuple[TariffDimension, str | None], list[Place]] = {}
    for place in places(tariff):
        if place.restriction.booking is None:
            at_start = place.component.type is TariffDimension.FLAT
            decided = _as_at_start(place) if at_start else place
            if decided is not None:
                groups.setdefault((place.component.type, place.restriction.reservation), []).append(decided)
    yield from groups.items()


def _as_at_start(place: Place) -> Place | None:
    """A flat fee is decided before any energy has flowed; None where that rules it out."""
    restriction = at_start(place.restriction)
    return None if restriction is None else replace(place, restriction=restriction)


def at_start(restriction: Restriction) -> Restriction | None:
    """What of a restriction is still open when no energy has flowed; None: it cannot hold then."""
    least, most = restriction.energy_min, restriction.energy_max
    if (least is not None and least.wh > 0) or (most is not None and most.wh <= 0):
        return None
    return replace(restriction, energy_min=None, energy_max=None)


def _gaps(tariff: Tariff, grid: Grid) -> Iterator[Found]:
    groups = {kind: group for kind, group in _groups(tariff) if kind[1] is None}
    main = TariffDimension.ENERGY if (TariffDimension.ENERGY, None) in groups else TariffDimension.TIME
    for (dimension, _), group in groups.items():
        if not any(place.component.price for place in group):
            continue
        rest = left_open(tariff, grid, [place.restriction for place in group])
        if rest is not None:
            yield Found(
                code=Code.GAP if dimension is main else Code.PARTLY_FREE,
                pointer=f"/elements/{group[-1].element}",
                facts={"dimension": dimension, "when": rest},
            )


def left_open(tariff: Tariff, grid: Grid, restrictions: Iterable[Restriction]) -> Restriction | None:
    """Some condition under which none of these holds while the tariff is valid; None where there is none.

    Raises TooEntangled.
    """
    every = everywhere(tariff, grid)
    rest = grid.left_over(every, (region for one in restrictions if (region := grid.region(one))))
    # Where all of it is left over none of them ever holds, which is another finding.
    return grid.in_words(rest[0], within=every) if rest and rest[0] != every else None


def everywhere(tariff: Tariff, grid: Grid) -> Region:
    """All that can happen under a tariff: not what was before it was written, nor below zero."""
    since = (tariff.starts_at or tariff.last_updated).date().toordinal()
    until = EVERY.high if tariff.ends_at is None else Decimal(tariff.ends_at.date().toordinal() + 1)
    return Region(grid.whole_week, (Bounds(Decimal(since), until), UPWARDS, UPWARDS, UPWARDS, UPWARDS))


# Restrictions ---------------------------------------------------------------------------------------------------------


def crossed(tariff: Tariff) -> Iterator[Found]:
    """Limits the wrong way round. Equal ones too: the lower is within, the upper is not, so nothing is between."""
    for number, element in enumerate(tariff.elements):
        r = element.restriction
        for lower, low, upper, high in (
            ("min_kwh", _kwh(r.energy_min), "max_kwh", _kwh(r.energy_max)),
            ("min_power", _kw(r.power_min), "max_power", _kw(r.power_max)),
            ("min_current", r.current_min, "max_current", r.current_max),
            ("min_duration", _seconds(r.duration_min), "max_duration", _seconds(r.duration_max)),
        ):
            if low is not None and high is not None and low >= high:
                yield _crossed(f"/elements/{number}/restrictions/{lower}", lower, low, upper, high)
        if r.start_date is not None and r.end_date is not None and r.start_date >= r.end_date:
            pointer = f"/elements/{number}/restrictions/start_date"
            yield _crossed(pointer, "start_date", r.start_date, "end_date", r.end_date)
    least, most = tariff.price_min, tariff.price_max
    if least is not None and most is not None:
        if least.excl > most.excl:
            yield _crossed("/min_price", "min_price", least.excl, "max_price", most.excl)
        elif least.incl is not None and most.incl is not None and least.incl > most.incl:
            yield _crossed("/min_price", "min_price", least.incl, "max_price", most.incl)
    if tariff.starts_at is not None and tariff.ends_at is not None and tariff.starts_at >= tariff.ends_at:
        yield _crossed("/start_date_time", "start_date_time", tariff.starts_at, "end_date_time", tariff.ends_at)


def _crossed(pointer: str, lower: str, low: Fact, upper: str, high: Fact) -> Found:
    return Found(
        code=Code.CROSSED_LIMITS, pointer=pointer, facts={"lower": lower, "low": low, "upper": upper, "high": high}
    )


def impossible(tariff: Tariff) -> Iterator[Found]:
    """Restrictions that can never hold, beside limits the wrong way round."""
    for number, element in enumerate(tariff.elements):
        r, where = element.restriction, f"/elements/{number}/restrictions"
        if r.energy_max is not None and r.energy_max.wh <= 0:
            yield _never(f"{where}/max_kwh", Why.BELOW_NOTHING)
        if r.duration_max is not None and r.duration_max <= timedelta():
            yield _never(f"{where}/max_duration", Why.BELOW_NOTHING)
        if r.weekdays and _no_such_day(r):
            yield _never(f"{where}/day_of_week", Why.NO_SUCH_DAY)
        if _not_valid_then(tariff, r):
            yield _never(f"{where}/{'start_date' if r.start_date else 'end_date'}", Why.NOT_VALID_THEN)
        if r.reservation is not None and r.reservation not in RESERVATIONS:
            yield _never(f"{where}/reservation", Why.NOT_A_RESERVATION)
    for place in places(tariff):
        least = place.restriction.energy_min
        if place.component.type is TariffDimension.FLAT and least is not None and least.wh > 0:
            yield _never(place.pointer, Why.NO_ENERGY_YET)


def _never(pointer: str, why: Why) -> Found:
    return Found(code=Code.NEVER_MATCHES, pointer=pointer, facts={"why": why})


def _never_holds(place: Place, grid: Grid) -> bool:
    """Whatever happens. Energy may flow back, and power that nobody measured is between any two limits."""
    r = place.restriction
    return (
        not grid.region(replace(r, power_min=None, power_max=None, current_min=None, current_max=None))
        or (bool(r.weekdays) and _no_such_day(r))
        or (r.duration_max is not None and r.duration_max <= timedelta())
        or (r.reservation is not None and r.reservation not in RESERVATIONS)
        or r.booking is not None
        or (place.component.type is TariffDimension.FLAT and at_start(r) is None)
    )


def _no_such_day(r: Restriction) -> bool:
    if r.start_date is None or r.end_date is None or not 0 < (r.end_date - r.start_date).days < 7:
        return False
    days = {WEEK[(r.start_date + timedelta(days=after)).weekday()] for after in range((r.end_date - r.start_date).days)}
    return days.isdisjoint(r.weekdays)


def _not_valid_then(tariff: Tariff, r: Restriction) -> bool:
    """With a day to spare on both sides, for the Location's clock may be ahead of UTC or behind it."""
    spare = timedelta(days=1)
    too_late = r.start_date and tariff.ends_at and r.start_date > tariff.ends_at.date() + spare
    too_early = r.end_date and tariff.starts_at and r.end_date < tariff.starts_at.date() - spare
    return bool(too_late or too_early)


def windows(tariff: Tariff) -> Iterator[Found]:
    """Hours and weekdays that restrict nothing, or nobody knows what."""
    for number, element in enumerate(tariff.elements):
        r, where = element.restriction, f"/elements/{number}/restrictions"
        if r.start_time is not None or r.end_time is not None:
            start, end = r.start_time or MIDNIGHT, r.end_time or MIDNIGHT
            if start == end == MIDNIGHT:
                yield Found(code=Code.NEEDLESS_WINDOW, pointer=where)
            elif start == end:
                yield Found(code=Code.EQUAL_WINDOW, pointer=where, facts={"time": start})
        if set(r.weekdays) == set(WEEK):
            yield Found(code=Code.ALL_WEEKDAYS, pointer=f"{where}/day_of_week")


def misplaced(tariff: Tariff) -> Iterator[Found]:
    """OCPI 2.2.1 mod_tariffs_reservation_restriction_type allows FLAT and TIME."""
    for place in places(tariff):
        special = place.restriction.reservation is not None or place.restriction.booking is not None
        if special and place.component.type not in (TariffDimension.FLAT, TariffDimension.TIME):
            facts: dict[str, Fact] = {"dimension": place.component.type}
            yield Found(code=Code.RESERVATION_DIMENSION, pointer=place.pointer, facts=facts)


# Amounts --------------------------------------------------------------------------------------------------------------


def taxes(tariff: Tariff) -> Iterator[Found]:
    for place in places(tariff):
        vat = place.component.vat
        if tariff.tax_included is TaxIncluded.NOT_APPLICABLE and vat is not None:
            yield Found(code=Code.VAT_NOT_APPLICABLE, pointer=f"{place.pointer}/vat", facts={"vat": vat})
        if tariff.tax_included is TaxIncluded.YES and vat is None and place.component.price:
            yield Found(code=Code.TAX_NOT_NAMED, pointer=place.pointer)


def currency(tariff: Tariff) -> Iterator[Found]:
    if tariff.currency not in CURRENCIES:
        yield Found(code=Code.UNKNOWN_CURRENCY, pointer="/currency", facts={"currency": tariff.currency})


def prices(tariff: Tariff) -> Iterator[Found]:
    """That of a minute is told where we know what a coin of the currency is worth."""
    least = LEAST_PER_HOUR * TO_A_EURO.get(tariff.currency, 0)
    for place in places(tariff):
        price, pointer = place.component.price, f"{place.pointer}/price"
        if price < 0:
            facts: dict[str, Fact] = {"price": price, "currency": tariff.currency}
            yield Found(code=Code.NEGATIVE_PRICE, pointer=pointer, facts=facts)
        elif place.component.type in (TariffDimension.TIME, TariffDimension.PARKING_TIME) and 0 < price < least:
            yield Found(
                code=Code.PER_MINUTE_PRICE,
                pointer=pointer,
                facts={"price": price, "currency": tariff.currency, "per_hour": price * 60},
            )


def steps(tariff: Tariff) -> Iterator[Found]:
    for place in places(tariff):
        one, pointer = place.component, f"{place.pointer}/step_size"
        flat = one.type is TariffDimension.FLAT
        if not one.price:
            continue  # whatever is counted of what is free, it stays free
        if (flat and one.step_size > 1) or (not flat and one.step_size == 0):
            yield Found(code=Code.UNUSED_STEP_SIZE, pointer=pointer, facts={"step": one.step_size})
        elif one.type is TariffDimension.ENERGY:
            yield from _energy_step(one.step_size, pointer)
        elif not flat:
            yield from _time_step(one.step_size, pointer)


def _energy_step(step: int, pointer: str) -> Iterator[Found]:
    if step % 60 == 0:
        yield _unit(pointer, step, "Wh", "s")
    elif Energy(Decimal(step)) > MOST_ENERGY_STEP:
        yield Found(code=Code.LARGE_STEP_SIZE, pointer=pointer, facts={"step": Energy(Decimal(step))})


def _time_step(step: int, pointer: str) -> Iterator[Found]:
    if step % 60 and step % 100 == 0:
        yield _unit(pointer, step, "s", "Wh")
    elif timedelta(seconds=step) > MOST_TIME_STEP:
        yield Found(code=Code.LARGE_STEP_SIZE, pointer=pointer, facts={"step": timedelta(seconds=step)})


def _unit(pointer: str, step: int, unit: str, other: str) -> Found:
    return Found(code=Code.STEP_SIZE_UNIT, pointer=pointer, facts={"step": step, "unit": unit, "other": other})


def texts(tariff: Tariff) -> Iterator[Found]:
    """OCPI 2.2.1 mod_tariffs_tariff_object: where elements say the price, the text only adds what they cannot."""
    for number, text in enumerate(tariff.texts):
        priced = _PRICE.search(text.text)
        if priced is not None:
            yield Found(
                code=Code.PRICE_IN_TEXT, pointer=f"/tariff_alt_text/{number}/text", facts={"price": priced[0].strip()}
            )


def free(tariff: Tariff) -> Iterator[Found]:
    """What costs nothing has a shape of its own (OCPI 2.2.1 mod_tariffs_free_of_charge_tariff_example)."""
    every = places(tariff)
    as_asked = len(every) == 1 and every[0].component.type is TariffDimension.FLAT
    as_asked = as_asked and every[0].restriction == Restriction()
    if tariff.price_min is None and not as_asked and not any(place.component.price for place in every):
        yield Found(code=Code.FREE_SHAPE, pointer="/elements")


LOOKS: tuple[Callable[[Tariff], Iterable[Found]], ...] = (
    compared,
    crossed,
    impossible,
    windows,
    misplaced,
    taxes,
    currency,
    prices,
    steps,
    texts,
    free,
)


def _kwh(energy: Energy | None) -> Decimal | None:
    return None if energy is None else energy.kwh


def _kw(power: Power | None) -> Decimal | None:
    return None if power is None else power.kw


def _seconds(length: timedelta | None) -> Decimal | None:
    return None if length is None else Decimal(length // timedelta(seconds=1))


def _by_number(pointer: str) -> tuple[tuple[int, int | str], ...]:
    """So that the tenth element stands after the ninth."""
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in pointer.split("/"))
