"""A Tariff made ready to be asked: at this moment, for this dimension, which PriceComponent applies?"""

from __future__ import annotations

from datetime import time, timedelta
from functools import lru_cache

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.pricing.model import Choice
from laddnav.pricing.restrictions import Condition, Moment, conditions
from laddnav.tariffs.model import Tariff, TariffDimension


class Offer(Struct, frozen=True):
    """One PriceComponent and all that must hold for it."""

    choice: Choice
    conditions: tuple[Condition, ...]

    def applies(self, moment: Moment) -> bool:
        for condition in self.conditions:  # as all(…), without its generator: asked for every stretch of every session
            if not condition.holds(moment):
                return False
        return True


class Offers(Struct, frozen=True):
    """The components of a tariff by dimension, in the tariff's order, and every border at which one may change."""

    by_dimension: dict[TariffDimension, tuple[Offer, ...]]
    times_of_day: tuple[time, ...]
    lengths: tuple[timedelta, ...]
    energies: tuple[Energy, ...]

    def choice(self, dimension: TariffDimension, moment: Moment) -> Choice | None:
        """The first that applies wins; None where none does and the dimension is free.

        OCPI 2.2.1 mod_tariffs_tariff_object. An Element that applies but lacks the dimension does not end the search.
        """
        for offer in self.by_dimension[dimension]:
            if offer.applies(moment):
                return offer.choice
        return None


@lru_cache(maxsize=1024)
def offers(tariff: Tariff) -> Offers:
    by_dimension: dict[TariffDimension, list[Offer]] = {dimension: [] for dimension in TariffDimension}
    times_of_day: set[time] = set()
    lengths: set[timedelta] = set()
    energies: set[Energy] = set()
    for number, element in enumerate(tariff.elements):
        demanded = conditions(element.restriction)
        for position, component in enumerate(element.components):
            by_dimension[component.type].append(Offer(Choice(number, position), demanded))
        for border in (border for condition in demanded for border in condition.borders):
            if isinstance(border, time):
                times_of_day.add(border)
            elif isinstance(border, timedelta):
                lengths.add(border)
            else:
                energies.add(border)
    return Offers(
        by_dimension={dimension: tuple(found) for dimension, found in by_dimension.items()},
        times_of_day=tuple(sorted(times_of_day)),
        lengths=tuple(sorted(lengths)),
        energies=tuple(sorted(energies)),
    )
