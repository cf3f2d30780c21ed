"""A Tariff made ready to be asked: at this moment, for this dimension, which PriceComponent applies?

Whatever the tariff and the policy settle is settled here, once, and not again for each charge.
"""

from __future__ import annotations

import datetime as moments
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.pricing.flags import Flag
from laddnav.pricing.model import CannotPrice, Choice
from laddnav.pricing.policy import OURS, Policy
from laddnav.pricing.reasons import Because, Reason
from laddnav.pricing.restrictions import Asks, Condition, Moment, SinceParking, conditions
from laddnav.pricing.rounding import exact
from laddnav.pricing.taxes import Taxed, taxing
from laddnav.tariffs.model import Element, PriceComponent, Restriction, Tariff, TariffDimension

UNRESTRICTED = Restriction()
RESERVATION = "RESERVATION"
RESERVATION_EXPIRES = "RESERVATION_EXPIRES"

MOST_COMPONENTS = 10_000  # the largest tariff that anybody publishes has some hundred
# A tariff larger than this is compiled anew each time rather than kept.
_LARGE = 500


class Rate(Struct, frozen=True, eq=False, kw_only=True):
    """One PriceComponent with all that does not depend on what is used; `step` in kWh or s, 0 for none."""

    tariff_id: str
    choice: Choice
    component: PriceComponent
    step: Decimal
    taxed: Taxed
    flags: tuple[Flag, ...]
    reason: Reason
    reason_when_stepped: Reason


class Offer(Struct, frozen=True, eq=False):
    """A Rate and all that must hold for it."""

    rate: Rate
    conditions: tuple[Condition, ...]


Shelf = tuple[Offer, ...]


def first(shelf: Shelf, moment: Moment) -> Rate | None:
    """The first that applies wins; None where none does and the dimension is free.

    OCPI 2.2.1 mod_tariffs_tariff_object. An Element that applies but lacks the dimension does not end the search.
    """
    for offer in shelf:
        for condition in offer.conditions:
            if not condition.holds(moment):
                break
        else:
            return offer.rate
    return None


class Offers(Struct, frozen=True, eq=False, kw_only=True):
    """What a tariff has for each dimension, in its own order, and every border at which another may begin to apply.

    `powers` and `currents` are all limits of these, in kW and A; `asks_power` and `asks_current` the dimensions of a
    charge whose price depends on them.

    `borders_each` counts those that any stretch may have, which are all but the times of day.

    `expiry_time` and `expiry_flat` price a reservation that expired: with what the tariff has for that, else as one
    that was used. `rates` has each component at its place: `rates[element][component]`.
    """

    energy: Shelf
    time: Shelf
    parking_time: Shelf
    flat: Shelf
    reservation_time: Shelf
    reservation_flat: Shelf
    expiry_time: Shelf
    expiry_flat: Shelf
    rates: tuple[tuple[Rate, ...], ...]
    size: int
    times_of_day: tuple[moments.time, ...]
    lengths: tuple[timedelta, ...]
    parking_lengths: tuple[timedelta, ...]
    energies: tuple[Energy, ...]
    powers: tuple[Decimal, ...]
    currents: tuple[Decimal, ...]
    asks_power: frozenset[str]
    asks_current: frozenset[str]
    asks_clock: bool
    borders_each: int
    borderless: bool

    def choice(self, dimension: TariffDimension, moment: Moment) -> Choice | None:
        """The place of what prices a dimension of a charge."""
        rate = first(self._shelf(dimension), moment)
        return None if rate is None else rate.choice

    def rate(self, choice: Choice | None) -> Rate | None:
        return None if choice is None else self.rates[choice.element][choice.component]

    def _shelf(self, dimension: TariffDimension) -> Shelf:
        match dimension:
            case TariffDimension.ENERGY:
                return self.energy
            case TariffDimension.TIME:
                return self.time
            case TariffDimension.PARKING_TIME:
                return self.parking_time
            case TariffDimension.FLAT:
                return self.flat


def offers(tariff: Tariff, policy: Policy = OURS) -> Offers:
    """Raises CannotPrice for a tariff of more than ten thousand components, or with what is no number at all."""
    try:
        hash(tariff)
    except TypeError as unhashable:  # of all numbers only a signaling NaN has no hash
        raise CannotPrice(f"A number of tariff {tariff.id!r} is none") from unhashable
    try:
        return _kept(tariff, policy)
    except _TooLargeToKeep:
        return _compiled(tariff, policy)


@exact
def _compiled(tariff: Tariff, policy: Policy) -> Offers:
    rates = tuple(
        tuple(_rate(tariff, Choice(place, position), policy) for position in range(len(element.components)))
        for place, element in enumerate(tariff.elements)
    )
    charging = {dimension: list[Offer]() for dimension in TariffDimension}
    reserving = {dimension: list[Offer]() for dimension in TariffDimension}
    expiring = {dimension: list[Offer]() for dimension in TariffDimension}
    for element, of_element in zip(tariff.elements, rates, strict=True):
        demanded = conditions(element.restriction, policy)
        while_parking = conditions(element.restriction, policy, parking=True)
        shelves = []
        if _prices_charges(element, policy):
            shelves.append(charging)
        if element.restriction.booking is None and element.restriction.reservation == RESERVATION:
            shelves.append(reserving)
        if element.restriction.booking is None and element.restriction.reservation == RESERVATION_EXPIRES:
            shelves.append(expiring)
        for rate in of_element:
            parking = rate.component.type is TariffDimension.PARKING_TIME
            offer = Offer(rate, while_parking if parking else demanded)
            for shelf in shelves:
                shelf[rate.component.type].append(offer)
    # A reservation has no energy and no parking (OCPI 2.2.1 mod_tariffs_tariffrestrictions_class).
    reserved_time, reserved_flat = reserving[TariffDimension.TIME], reserving[TariffDimension.FLAT]
    expired_time, expired_flat = expiring[TariffDimension.TIME], expiring[TariffDimension.FLAT]
    asked = [
        condition
        for shelf in (*charging.values(), reserved_time, reserved_flat, expired_time, expired_flat)
        for offer in shelf
        for condition in offer.conditions
    ]
    borders = {border for condition in asked for border in condition.borders}
    times_of_day = tuple(sorted(border for border in borders if isinstance(border, moments.time)))
    return Offers(
        energy=tuple(charging[TariffDimension.ENERGY]),
        time=tuple(charging[TariffDimension.TIME]),
        parking_time=tuple(charging[TariffDimension.PARKING_TIME]),
        flat=tuple(charging[TariffDimension.FLAT]),
        reservation_time=tuple(reserved_time),
        reservation_flat=tuple(reserved_flat),
        expiry_time=(*expired_time, *reserved_time),
        expiry_flat=(*expired_flat, *reserved_flat),
        rates=rates,
        size=sum(map(len, rates)),
        times_of_day=times_of_day,
        lengths=tuple(sorted(border for border in borders if isinstance(border, timedelta))),
        parking_lengths=tuple(sorted(border.length for border in borders if isinstance(border, SinceParking))),
        energies=tuple(sorted(border for border in borders if isinstance(border, Energy))),
        powers=_limits(asked, Asks.POWER),
        currents=_limits(asked, Asks.CURRENT),
        asks_power=_asking(charging, Asks.POWER),
        asks_current=_asking(charging, Asks.CURRENT),
        asks_clock=any(condition.asks is Asks.CLOCK for condition in asked),
        borders_each=len(borders) - len(times_of_day),
        borderless=not borders,
    )


class _TooLargeToKeep(Exception):
    pass


@lru_cache(maxsize=1024)
def _kept(tariff: Tariff, policy: Policy) -> Offers:
    """What raises is not kept. Raises _TooLargeToKeep, CannotPrice."""
    size = sum(len(element.components) for element in tariff.elements)
    if size > MOST_COMPONENTS:
        raise CannotPrice(f"Tariff {tariff.id!r} has {size} components; more than {MOST_COMPONENTS} are not priced")
    if size > _LARGE:
        raise _TooLargeToKeep
    return _compiled(tariff, policy)


def _prices_charges(element: Element, policy: Policy) -> bool:
    """An Element that speaks of reservations never prices a charge, whatever kind of reservation it names."""
    restriction = element.restriction
    return restriction.booking is None and (restriction.reservation is None or policy.reservation_leaks)


def _limits(asked: Iterable[Condition], asks: Asks) -> tuple[Decimal, ...]:
    return tuple(sorted({one.limit for one in asked if one.asks is asks and one.limit is not None}))


def _asking(shelves: dict[TariffDimension, list[Offer]], asks: Asks) -> frozenset[str]:
    return frozenset(
        str(dimension)
        for dimension, shelf in shelves.items()
        if any(condition.asks is asks for offer in shelf for condition in offer.conditions)
    )


def _rate(tariff: Tariff, choice: Choice, policy: Policy) -> Rate:
    component = tariff.elements[choice.element].components[choice.component]
    taxed, flags = taxing(component.vat, tariff.tax_included, policy)
    steps = Decimal(max(component.step_size, 0))
    size: Energy | timedelta | None = None
    if component.type is TariffDimension.ENERGY:
        size = Energy(steps)
        steps = size.kwh
    elif steps:
        size = timedelta(seconds=int(steps))
    reason = _reason(tariff, choice)
    return Rate(
        tariff_id=tariff.id,
        choice=choice,
        component=component,
        step=steps,
        taxed=taxed,
        flags=flags,
        reason=reason,
        reason_when_stepped=Reason(code=reason.code, restriction=reason.restriction, step=size),
    )


def _reason(tariff: Tariff, choice: Choice) -> Reason:
    element = tariff.elements[choice.element]
    kind = element.components[choice.component].type
    if kind is TariffDimension.FLAT:
        return Reason(code=_FEES.get(element.restriction.reservation, Because.START), restriction=element.restriction)
    if element.restriction != UNRESTRICTED:
        return Reason(code=Because.WHILE, restriction=element.restriction)
    passed_over = any(
        component.type is kind
        for earlier in tariff.elements[: choice.element]
        for component in earlier.components
        if earlier.restriction.reservation is None
    )
    return Reason(code=Because.OTHERWISE if passed_over else Because.ALWAYS)


_FEES: dict[str | None, Because] = {RESERVATION: Because.RESERVED, RESERVATION_EXPIRES: Because.EXPIRED}
