"""Why somebody's total differs from ours: the usual mistakes, each tried until one gives the total that is stated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.ids import fold
from laddnav.kit.money import minor_unit
from laddnav.pricing.charge import price
from laddnav.pricing.model import Amount, CannotPrice, Charge, Priced
from laddnav.pricing.policy import (
    DurationFrom,
    Flats,
    LocalTime,
    Pause,
    Policy,
    Rounding,
    Step,
    StepTime,
    StepVolume,
    Untold,
    UnwrittenTime,
    Volume,
    WindowDay,
)
from laddnav.pricing.rounding import rounded
from laddnav.tariffs.model import PriceComponent, Tariff, TariffDimension

MINUTES_OF_AN_HOUR = 60
TIMED = (TariffDimension.TIME, TariffDimension.PARKING_TIME)


class Cause(StrEnum):
    """One mistake that gives exactly the total that is stated."""

    ROUNDED_PER_COMPONENT = "rounded-per-component"
    CREDIT_NOT_NEGATED = "credit-not-negated"
    UTC_FOR_LOCAL_TIME = "utc-for-local-time"
    STEP_PER_PERIOD = "step-per-period"
    STEP_IGNORED = "step-ignored"
    STEP_ON_ALL_VOLUME = "step-on-all-volume"
    STEP_ON_THE_WRONG_TIME = "step-on-the-wrong-time"
    MAX_PRICE_IGNORED = "max-price-ignored"
    MIN_PRICE_IGNORED = "min-price-ignored"
    TAXES_FORGOTTEN = "taxes-forgotten"
    SIDES_SWAPPED = "sides-swapped"
    TAXES_TWICE = "taxes-twice"
    TAXES_IN_EXCL = "taxes-in-excl"
    OTHER_TAX_RATE = "other-tax-rate"
    RESERVATION_LEAK = "reservation-leak"
    TIME_PER_MINUTE = "time-per-minute"
    EARLIER_TARIFF = "earlier-tariff"
    ITS_OWN_TARIFF = "its-own-tariff"
    FIRST_TARIFF_FOR_ALL = "first-tariff-for-all"
    TIME_FROM_TIMESTAMPS = "time-from-timestamps"
    PAUSE_AS_PARKING = "pause-as-parking"
    DURATION_FROM_PARKING = "duration-from-parking"
    NIGHT_OF_THE_DAY_BEFORE = "night-of-the-day-before"
    FLAT_PER_ELEMENT = "flat-per-element"
    PART_LEFT_OUT = "part-left-out"
    PART_TWICE = "part-twice"


_SENTENCES = MappingProxyType(
    {
        Cause.ROUNDED_PER_COMPONENT: (
            "Each component was rounded by itself, rather than the sum once.",
            "Varje komponent avrundades för sig, i stället för summan en gång.",
        ),
        Cause.CREDIT_NOT_NEGATED: (
            "It credits, but its total is not negative.",
            "Den krediterar, men totalen är inte negativ.",
        ),
        Cause.UTC_FOR_LOCAL_TIME: (
            "The times of the tariff were read as UTC, not as local time of the place.",
            "Tariffens tider lästes som UTC och inte som platsens lokala tid.",
        ),
        Cause.STEP_PER_PERIOD: (
            "The step size was applied to every period, rather than once to the whole charge.",
            "Stegstorleken användes på varje period, i stället för en gång på hela laddningen.",
        ),
        Cause.STEP_IGNORED: (
            "The step size of the tariff was ignored.",
            "Tariffens stegstorlek användes inte.",
        ),
        Cause.STEP_ON_ALL_VOLUME: (
            "The step size was applied to volume that no price applies to.",
            "Stegstorleken användes även på volym som inget pris gäller för.",
        ),
        Cause.STEP_ON_THE_WRONG_TIME: (
            "The step size rounded up charging time, though parking was charged for.",
            "Stegstorleken avrundade laddningstid, fast parkering debiterades.",
        ),
        Cause.MAX_PRICE_IGNORED: (
            "The highest price of the tariff was ignored.",
            "Tariffens högsta pris användes inte.",
        ),
        Cause.MIN_PRICE_IGNORED: (
            "The lowest price of the tariff was ignored.",
            "Tariffens lägsta pris användes inte.",
        ),
        Cause.TAXES_FORGOTTEN: (
            "The taxes were left out: with taxes it is the same as before them.",
            "Skatten saknas: med skatt är beloppet detsamma som utan.",
        ),
        Cause.SIDES_SWAPPED: (
            "The amounts before and with taxes stand in each other's place.",
            "Beloppen utan och med skatt har bytt plats.",
        ),
        Cause.TAXES_TWICE: (
            "The taxes were added twice.",
            "Skatten lades på två gånger.",
        ),
        Cause.TAXES_IN_EXCL: (
            "The amount before taxes holds the taxes already.",
            "Beloppet före skatt innehåller redan skatten.",
        ),
        Cause.OTHER_TAX_RATE: (
            "The taxes were taken at another rate than the tariff's.",
            "Skatten beräknades med en annan sats än tariffens.",
        ),
        Cause.RESERVATION_LEAK: (
            "A price for reservations was used for the charge itself.",
            "Ett pris för reservationer användes för själva laddningen.",
        ),
        Cause.TIME_PER_MINUTE: (
            "A price per hour was taken as per minute, or the other way round.",
            "Ett pris per timme togs som per minut, eller tvärtom.",
        ),
        Cause.EARLIER_TARIFF: (
            "An earlier version of the tariff was used.",
            "En tidigare version av tariffen användes.",
        ),
        Cause.ITS_OWN_TARIFF: (
            "It follows the tariff that it carries itself, which is not the one that was published.",
            "Den följer den tariff som den själv innehåller, och den är inte den som publicerades.",
        ),
        Cause.FIRST_TARIFF_FOR_ALL: (
            "The first tariff was used for periods that name none.",
            "Den första tariffen användes för perioder som inte anger någon.",
        ),
        Cause.TIME_FROM_TIMESTAMPS: (
            "Time was billed from the timestamps, though the periods do not say it.",
            "Tid debiterades efter tidsstämplarna, fast perioderna inte anger den.",
        ),
        Cause.PAUSE_AS_PARKING: (
            "Time in which the station held the power back was billed as parking.",
            "Tid då laddstationen höll tillbaka effekten debiterades som parkering.",
        ),
        Cause.DURATION_FROM_PARKING: (
            "Durations were counted from the start of parking, not from the start of the session.",
            "Varaktigheter räknades från parkeringens början och inte från laddningens.",
        ),
        Cause.NIGHT_OF_THE_DAY_BEFORE: (
            "Hours after midnight were counted as the weekday before.",
            "Timmar efter midnatt räknades till veckodagen innan.",
        ),
        Cause.FLAT_PER_ELEMENT: (
            "The start fee was billed more than once.",
            "Startavgiften debiterades mer än en gång.",
        ),
        Cause.PART_LEFT_OUT: (
            "One kind of cost was left out.",
            "Ett slags kostnad utelämnades.",
        ),
        Cause.PART_TWICE: (
            "One kind of cost was counted twice.",
            "Ett slags kostnad räknades två gånger.",
        ),
    }
)


def said(cause: Cause, language: str = "en") -> str:
    """A sentence, in English where the language is not one of ours."""
    english, swedish = _SENTENCES[cause]
    return swedish if language == "sv" else english


class Case(Struct, frozen=True, kw_only=True):
    """A charge as it was checked, and what that came to. `asked` are tariffs that replace the charge's own, if any."""

    charge: Charge
    asked: tuple[Tariff, ...]
    earlier: tuple[Tariff, ...]
    zone: str | None
    policy: Policy
    ours: Priced

    @property
    def tariffs(self) -> tuple[Tariff, ...]:
        """Those that it was priced on."""
        return self.asked or self.charge.tariffs

    def under(self, **switches: object) -> Amount:
        """The total with other answers to some questions."""
        policy = replace(self.policy, **switches)
        return price(self.charge, tariffs=self.asked, zone=self.zone, policy=policy).total

    def on(self, *tariffs: Tariff) -> Amount:
        """The total on other tariffs."""
        return price(self.charge, tariffs=tariffs, zone=self.zone, policy=self.policy).total

    def on_changed(self, changed: Callable[[Tariff], Tariff]) -> Amount:
        return self.on(*(changed(tariff) for tariff in self.tariffs))


def likely_cause(case: Case) -> Cause | None:
    """The first mistake that gives the stated total, to the coin on every side that is known."""
    stated = case.charge.stated.total
    if stated is None:
        return None
    unit = minor_unit(case.charge.currency)
    for cause, total in _guesses(case):
        if reproduces(stated, total, unit):
            return cause
    return None


def reproduces(stated: Amount | None, total: Amount, unit: Decimal) -> bool:
    """Whether both are the same to the coin, on every side that both know."""
    if stated is None:
        return False
    sides = ((stated.excl, total.excl), (stated.incl, total.incl))
    known = [(said_, ours) for said_, ours in sides if said_ is not None and ours is not None]
    return bool(known) and all(abs(said_ - ours) <= unit for said_, ours in known)


def _guesses(case: Case) -> Iterator[tuple[Cause, Amount]]:
    """Cheapest and likeliest first. A guess that cannot be priced is none."""
    for cause, guess in (*_SWITCHES.items(), *_TARIFFS.items()):
        try:
            yield cause, guess(case)
        except CannotPrice:
            continue
    yield from _taxes(case)
    yield from _other_tariffs(case)
    for part in _parts(case.ours):
        yield Cause.PART_LEFT_OUT, _without(case.ours.total, part)
        yield Cause.PART_TWICE, case.ours.total + part


Guess = Callable[[Case], Amount]

_SWITCHES: dict[Cause, Guess] = {
    Cause.ROUNDED_PER_COMPONENT: lambda case: (
        rounded(case.ours, replace(case.policy, rounding=Rounding.PER_COMPONENT)).total
    ),
    Cause.UTC_FOR_LOCAL_TIME: lambda case: case.under(local_time=LocalTime.UTC),
    Cause.STEP_PER_PERIOD: lambda case: case.under(step=Step.PER_PERIOD),
    Cause.STEP_ON_ALL_VOLUME: lambda case: case.under(step_volume=StepVolume.ALL),
    Cause.STEP_ON_THE_WRONG_TIME: lambda case: case.under(step_time=StepTime.LAST),
    Cause.RESERVATION_LEAK: lambda case: case.under(reservation_leaks=True),
    Cause.TIME_FROM_TIMESTAMPS: lambda case: case.under(
        unwritten_time=UnwrittenTime.TIMESTAMPS, volume=Volume.TIMESTAMPS
    ),
    Cause.FIRST_TARIFF_FOR_ALL: lambda case: case.under(untold=Untold.FIRST),
    Cause.PAUSE_AS_PARKING: lambda case: case.under(pause=Pause.PARKING),
    Cause.DURATION_FROM_PARKING: lambda case: case.under(duration_from=DurationFrom.PARKING),
    Cause.NIGHT_OF_THE_DAY_BEFORE: lambda case: case.under(window_day=WindowDay.START),
    Cause.FLAT_PER_ELEMENT: lambda case: case.under(flats=Flats.PER_ELEMENT),
}

_TARIFFS: dict[Cause, Guess] = {
    Cause.MAX_PRICE_IGNORED: lambda case: case.on_changed(lambda tariff: replace(tariff, price_max=None)),
    Cause.MIN_PRICE_IGNORED: lambda case: case.on_changed(lambda tariff: replace(tariff, price_min=None)),
    Cause.STEP_IGNORED: lambda case: case.on_changed(
        lambda tariff: _with_components(tariff, lambda one: replace(one, step_size=1))
    ),
}


def _taxes(case: Case) -> Iterator[tuple[Cause, Amount]]:
    before, after = case.ours.total.excl, case.ours.total.incl
    stated = case.charge.stated.total
    if before is None or after is None or not before or stated is None:
        return
    yield Cause.TAXES_FORGOTTEN, Amount(before, before)
    yield Cause.SIDES_SWAPPED, Amount(after, before)
    yield Cause.TAXES_TWICE, Amount(before, after + (after - before))
    yield Cause.TAXES_TWICE, Amount(after, after * after / before)
    yield Cause.TAXES_IN_EXCL, Amount(after, after)
    yield Cause.OTHER_TAX_RATE, Amount(before, stated.incl)


def _other_tariffs(case: Case) -> Iterator[tuple[Cause, Amount]]:
    for factor in (Decimal(MINUTES_OF_AN_HOUR), 1 / Decimal(MINUTES_OF_AN_HOUR)):
        with_factor = [_with_components(tariff, lambda one: _timed(one, factor)) for tariff in case.tariffs]  # noqa: B023 - used at once
        yield Cause.TIME_PER_MINUTE, case.on(*with_factor)
    for before in case.earlier:
        versions = [before if fold(one.id) == fold(before.id) else one for one in case.tariffs]
        if before in versions:
            yield Cause.EARLIER_TARIFF, case.on(*versions)
    if case.charge.tariffs and case.charge.tariffs != case.tariffs:
        yield Cause.ITS_OWN_TARIFF, case.on(*case.charge.tariffs)


def _with_components(tariff: Tariff, changed: Callable[[PriceComponent], PriceComponent]) -> Tariff:
    elements = [replace(one, components=tuple(changed(each) for each in one.components)) for one in tariff.elements]
    return replace(tariff, elements=tuple(elements))


def _timed(component: PriceComponent, factor: Decimal) -> PriceComponent:
    return replace(component, price=component.price * factor) if component.type in TIMED else component


def _without(total: Amount, part: Amount) -> Amount:
    return Amount(
        None if total.excl is None or part.excl is None else total.excl - part.excl,
        None if total.incl is None or part.incl is None else total.incl - part.incl,
    )


def _parts(ours: Priced) -> tuple[Amount, ...]:
    parts = (ours.fixed, ours.energy, ours.time, ours.parking, ours.reservation)
    return tuple(part for part in parts if part.excl or part.incl)
