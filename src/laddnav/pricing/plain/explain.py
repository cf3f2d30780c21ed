"""A whole Tariff in plain words: what is paid for what and when, for the people who pay it.

Base prices come first and what departs from them after; what is free is said too, and what nobody ever pays is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.energy import Energy
from laddnav.kit.money import minor_unit
from laddnav.pricing.lint.regions import Grid, TooEntangled, overlapping
from laddnav.pricing.lint.rules import Place, at_start, left_open, places, unreachable
from laddnav.pricing.plain.sentences import SENTENCES
from laddnav.tariffs.model import Limit, Restriction, Tariff, TariffDimension, TariffType, TaxIncluded
from laddnav.tariffs.words import length, number, when

ALWAYS = Restriction()
PER = {TariffDimension.ENERGY: "/kWh", TariffDimension.TIME: "/h", TariffDimension.PARKING_TIME: "/h"}
# What is priced, in the order in which a driver asks: the name of its sentences, and which components price it.
SUBJECTS: tuple[tuple[str, TariffDimension, str | None], ...] = (
    ("ENERGY", TariffDimension.ENERGY, None),
    ("TIME", TariffDimension.TIME, None),
    ("PARKING_TIME", TariffDimension.PARKING_TIME, None),
    ("FLAT", TariffDimension.FLAT, None),
    ("RESERVATION_TIME", TariffDimension.TIME, "RESERVATION"),
    ("RESERVATION_FLAT", TariffDimension.FLAT, "RESERVATION"),
    ("EXPIRES_TIME", TariffDimension.TIME, "RESERVATION_EXPIRES"),
    ("EXPIRES_FLAT", TariffDimension.FLAT, "RESERVATION_EXPIRES"),
)
OF_A_CHARGE = 4  # the first so many


class Passage(Struct, frozen=True):
    """A sentence or two, and the list that may follow."""

    text: str
    items: tuple[str, ...] = ()


def explained(tariff: Tariff, language: str = "en") -> str:
    """One sentence a line, and what departs from it on lines of its own. English where the language is not ours."""
    return "\n".join(
        line for passage in passages(tariff, language) for line in (passage.text, *(f"– {it}" for it in passage.items))
    )


def passages(tariff: Tariff, language: str = "en") -> tuple[Passage, ...]:
    return tuple(_Speaker(tariff, language).passages())


class _Speaker:
    """One tariff in one language."""

    def __init__(self, tariff: Tariff, language: str) -> None:
        self.tariff = tariff
        self.language = language
        self._words = SENTENCES.get(language, SENTENCES["en"])
        never = unreachable(tariff)
        self._used = tuple(place for place in places(tariff) if (place.element, place.position) not in never)
        self._same_vat = len({place.component.vat for place in self._used if place.component.price}) <= 1

    def passages(self) -> Iterator[Passage]:
        yield from self._for_whom()
        yield from self._prices()
        yield from self._steps()
        yield from self._limits()
        if any(place.component.price for place in self._used) or self.tariff.price_min is not None:
            yield from self._taxes()
        yield from self._beside()
        yield from self._valid()

    def _say(self, name: str, **facts: str) -> str:
        return self._words[name].format(**facts)

    # Prices ---------------------------------------------------------------------------------------------------------

    def _prices(self) -> Iterator[Passage]:
        free = []
        for place, (subject, dimension, reservation) in enumerate(SUBJECTS):
            offered = self._offered(dimension, reservation)
            if any(one.component.price for one in offered):
                yield self._price(subject, offered)
            elif place < OF_A_CHARGE:
                free.append(subject)
        if len(free) == OF_A_CHARGE:
            yield Passage(self._say("ALL_FREE"))
        elif free:
            names = [self._say(f"{subject}_NAME") for subject in free]
            listed = names[0] if len(names) == 1 else self._say("AND", first=", ".join(names[:-1]), last=names[-1])
            yield Passage(self._say("FREE_OF_CHARGE", what=listed))

    def _offered(self, dimension: TariffDimension, reservation: str | None) -> list[Place]:
        """In the order in which they are tried, with the condition that is left to say."""
        found = []
        for place in self._used:
            if place.component.type is dimension and place.restriction.reservation == reservation:
                condition: Restriction | None = replace(place.restriction, reservation=None)
                if dimension is TariffDimension.FLAT:
                    condition = at_start(place.restriction)
                if condition is not None:
                    found.append(replace(place, restriction=replace(condition, reservation=None)))
        return found

    def _price(self, subject: str, offered: list[Place]) -> Passage:
        what = self._say(subject)
        *special, last = offered
        if last.restriction == ALWAYS:
            if not special:
                return Passage(f"{what} {self._cost(last)}.")
            text = self._say("EXCEPT", what=what, cost=self._cost(last), order=self._order(special))
            return Passage(text, self._items(special))
        otherwise = self._otherwise(offered)
        if otherwise and not special:
            condition = when(last.restriction, self.language)
            return Passage(self._say("ONLY", what=what, cost=self._cost(last), when=condition))
        items = self._items(offered)
        if otherwise:
            items = (*items, self._say("OTHERWISE_FREE"))
        return Passage(self._say("COSTS", what=what, order=self._order(offered)), items)

    def _items(self, offered: list[Place]) -> tuple[str, ...]:
        return tuple(f"{_capital(when(one.restriction, self.language))}: {self._amount(one)}" for one in offered)

    def _order(self, offered: list[Place]) -> str:
        """Where several may hold at once it is worth saying which of them counts."""
        grid = Grid(self.tariff)
        overlap = overlapping([grid.region(one.restriction) for one in offered])
        return self._say("FIRST_COUNTS") if overlap else ""

    def _otherwise(self, offered: list[Place]) -> bool:
        """Whether there is an otherwise: times that none of these prices."""
        try:
            return left_open(self.tariff, Grid(self.tariff), [one.restriction for one in offered]) is not None
        except TooEntangled:
            return True

    def _cost(self, place: Place) -> str:
        if not place.component.price:
            return self._say("IS_FREE")
        return self._say("COST", amount=self._amount(place))

    def _amount(self, place: Place) -> str:
        one = place.component
        if not one.price:
            return self._say("FREE")
        amount = self._money(one.price) + PER.get(one.type, "")
        if not self._same_vat and one.vat is not None and self.tariff.tax_included is not TaxIncluded.NOT_APPLICABLE:
            included = self.tariff.tax_included is TaxIncluded.YES
            vat = number(one.vat, self.language)
            amount += self._say("VAT_WITHIN" if included else "VAT_ON_TOP", vat=vat)
        return amount

    def _money(self, amount: Decimal) -> str:
        """`12 SEK`, `4.50 SEK`, `0.255 EUR`: a coin is written whole, and no digit is left out."""
        coins = amount.quantize(minor_unit(self.tariff.currency)) if amount != amount.to_integral_value() else amount
        text = number(amount, self.language)
        if coins == amount and amount != amount.to_integral_value():
            text = f"{coins:f}".replace(".", "," if self.language == "sv" else ".")
        currency = self.tariff.currency
        return f"{text} {'kr' if (self.language, currency) == ('sv', 'SEK') else currency}"

    # What else changes a price --------------------------------------------------------------------------------------

    def _steps(self) -> Iterator[Passage]:
        """A step of a Wh or a second is none that anybody notices."""
        timed = False
        for subject, dimension, reservation in SUBJECTS:
            if dimension is TariffDimension.FLAT:
                continue
            offered = [one for one in self._offered(dimension, reservation) if one.component.price]
            steps = list(dict.fromkeys(one.component.step_size for one in offered if one.component.step_size > 1))
            if not steps:
                continue
            listed = [self._step(dimension, step) for step in steps]
            several = len(listed) > 1 or any(one.component.step_size <= 1 for one in offered)
            step = listed[0] if len(listed) == 1 else self._say("OR", first=", ".join(listed[:-1]), last=listed[-1])
            text = self._say("STEPS", what=_capital(self._say(f"{subject}_NAME")), step=step)
            if several:
                text += " " + self._say("LAST_STEP")
            if subject == "PARKING_TIME" and timed:
                text += " " + self._say("PARKING_TAKES_IT")
            timed = timed or subject == "TIME"
            yield Passage(text)

    def _step(self, dimension: TariffDimension, step: int) -> str:
        if dimension is TariffDimension.ENERGY:
            return f"{number(Energy(Decimal(step)).kwh, self.language)} kWh"
        return length(timedelta(seconds=step), self.language)

    def _limits(self) -> Iterator[Passage]:
        if self.tariff.price_min is not None:
            yield Passage(self._say("AT_LEAST", amount=self._limit(self.tariff.price_min)))
        if self.tariff.price_max is not None:
            yield Passage(self._say("AT_MOST", amount=self._limit(self.tariff.price_max)))

    def _limit(self, limit: Limit) -> str:
        if limit.incl is None or self.tariff.tax_included is TaxIncluded.NOT_APPLICABLE:
            plain = self.tariff.tax_included is TaxIncluded.NOT_APPLICABLE
            return self._money(limit.excl) if plain else self._say("BEFORE_TAXES", amount=self._money(limit.excl))
        return self._say("BOTH_SIDES", excl=self._money(limit.excl), incl=self._money(limit.incl))

    def _taxes(self) -> Iterator[Passage]:
        included = self.tariff.tax_included
        vats = {place.component.vat for place in self._used if place.component.price}
        vat = next(iter(vats)) if len(vats) == 1 else None
        if included is TaxIncluded.NOT_APPLICABLE:
            yield Passage(self._say("NO_TAXES"))
        elif included is TaxIncluded.UNSAID:
            yield Passage(self._say("TAXES_UNSAID"))
        elif vat is not None:
            name = "INCLUDING_VAT" if included is TaxIncluded.YES else "PLUS_VAT"
            yield Passage(self._say(name, vat=number(vat, self.language)))
        elif included is TaxIncluded.YES:
            yield Passage(self._say("INCLUDING_TAXES"))
        elif len(vats) > 1:
            yield Passage(self._say("PLUS_VATS"))
        else:
            yield Passage(self._say("NO_VAT" if included is None else "TAXES_MAY_BE_ADDED"))

    # The tariff itself ------------------------------------------------------------------------------------------------

    def _for_whom(self) -> Iterator[Passage]:
        if self.tariff.type in list(TariffType):
            yield Passage(self._say(str(self.tariff.type)))

    def _beside(self) -> Iterator[Passage]:
        if self.tariff.preauthorize_amount is not None:
            yield Passage(self._say("PREAUTHORIZED", amount=self._money(self.tariff.preauthorize_amount)))
        if self.tariff.is_green_energy:
            yield Passage(self._say("GREEN"))

    def _valid(self) -> Iterator[Passage]:
        since, until = self.tariff.starts_at, self.tariff.ends_at
        if since is not None and until is not None:
            yield Passage(self._say("VALID_BETWEEN", since=_instant(since), until=_instant(until)))
        elif since is not None:
            yield Passage(self._say("VALID_SINCE", since=_instant(since)))
        elif until is not None:
            yield Passage(self._say("VALID_UNTIL", until=_instant(until)))


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
