"""A grid tariff in plain words, in English or Swedish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from babel import Locale
from babel.dates import get_day_names, get_month_names
from babel.numbers import format_decimal

from laddnav.market.model import (
    WORKDAYS,
    Day,
    EnergyPart,
    GridTariff,
    Measured,
    PeakCharge,
    Rate,
    Window,
)

_DAYS = tuple(Day)
_WORDS = {
    "en": {
        "every": "{name}: {rates}.",
        "while": "{price} {when}",
        "else": "otherwise {price}",
        "per_kwh": "{number} {currency}/kWh",
        "tax": "Energy tax: {price}.",
        "markup": "The seller adds {price}.",
        "month": "{number} {currency} a month.",
        "fuse": "With a main fuse of {amps} A at most: {number} {currency} a month.",
        "ampere": "{number} {currency} a month for each ampere of the main fuse.",
        "peak": "{name}: {number} {currency} per kW of {what}{when}.",
        "highest": "your highest {one} of the month",
        "mean": "the mean of your {count} highest {many} of the month",
        "days": ", of different days",
        "per_day": ", at most {count} of one day",
        "hour": "hour",
        "hours": "hours",
        "quarter": "quarter of an hour",
        "quarters": "quarters of an hour",
        "weight": "What you draw {when} counts by {factor} there.",
        "half": "half",
        "always": "always",
        "feed_in": "What you feed in earns {rates} ({name}).",
        "feed_in_spot": "What you feed in earns the market's price.",
        "feed_in_share": "What you feed in earns {number} % of the market's price.",
        "vat": "VAT of {number} % comes on top.",
        "holidays": "{count} holidays count as Sundays.",
        "workdays": "Monday to Friday",
        "weekend": "Saturday and Sunday",
        "and": "and",
        "or": "or",
        "in": "in {months}",
        "to": "{first} to {last}",
        "counts": "one two three four five six seven eight nine ten",
    },
    "sv": {
        "every": "{name}: {rates}.",
        "while": "{price} {when}",
        "else": "annars {price}",
        "per_kwh": "{number} {currency}/kWh",
        "tax": "Energiskatt: {price}.",
        "markup": "Elhandlaren lägger på {price}.",
        "month": "{number} {currency} i månaden.",
        "fuse": "Med högst {amps} A huvudsäkring: {number} {currency} i månaden.",
        "ampere": "{number} {currency} i månaden för varje ampere huvudsäkring.",
        "peak": "{name}: {number} {currency} per kW av {what}{when}.",
        "highest": "månadens högsta {one}",
        "mean": "medelvärdet av månadens {count} högsta {many}",
        "days": ", på olika dagar",
        "per_day": ", högst {count} per dag",
        "hour": "timme",
        "hours": "timmar",
        "quarter": "kvart",
        "quarters": "kvartar",
        "weight": "Det du tar ut {when} räknas där till {factor}.",
        "half": "hälften",
        "always": "alltid",
        "feed_in": "Det du matar in ger {rates} ({name}).",
        "feed_in_spot": "Det du matar in ger marknadens pris.",
        "feed_in_share": "Det du matar in ger {number} % av marknadens pris.",
        "vat": "Moms på {number} % tillkommer.",
        "holidays": "{count} helgdagar räknas som söndagar.",
        "workdays": "måndag–fredag",
        "weekend": "lördag och söndag",
        "and": "och",
        "or": "eller",
        "in": "i {months}",
        "to": "{first}–{last}",
        "counts": "en två tre fyra fem sex sju åtta nio tio",
    },
}


def explained(tariff: GridTariff, language: str = "en") -> tuple[str, ...]:
    """A sentence each; amounts are before VAT, which the last but one says."""
    return tuple(_Speaker(language, tariff.currency).sentences(tariff))


class _Speaker:
    def __init__(self, language: str, currency: str) -> None:
        self._words = _WORDS[language]
        self._locale = Locale.parse(language)
        self._currency = currency

    def sentences(self, tariff: GridTariff) -> Iterator[str]:
        for part in tariff.energy:
            yield self._say("every", name=part.name, rates=self._rates(part))
        for word, value in (("tax", tariff.energy_tax), ("markup", tariff.markup)):
            if value:
                yield self._say(word, price=self._price(value))
        if tariff.per_month:
            yield self._say("month", number=self._number(tariff.per_month))
        for fee in tariff.fuse_fees:
            yield self._say("fuse", amps=fee.amps_max, number=self._number(fee.per_month))
        if tariff.per_ampere:
            yield self._say("ampere", number=self._number(tariff.per_ampere))
        for peak in tariff.peaks:
            yield from self._peak(peak)
        for part in tariff.feed_in:
            yield self._say("feed_in", name=part.name, rates=self._rates(part))
        if tariff.feed_in_spot:
            share = tariff.feed_in_spot * 100
            yield self._say("feed_in_spot" if share == 100 else "feed_in_share", number=self._number(share))
        if tariff.vat:
            yield self._say("vat", number=self._number(tariff.vat))
        if tariff.holidays:
            yield self._say("holidays", count=len(tariff.holidays))

    def _peak(self, peak: PeakCharge) -> Iterator[str]:
        one, many = ("hour", "hours") if peak.measured is Measured.HOUR else ("quarter", "quarters")
        if peak.top_n == 1:
            what = self._say("highest", one=self._words[one])
        else:
            what = self._say("mean", count=self._count(peak.top_n), many=self._words[many])
            if peak.per_day == 1:
                what += self._words["days"]
            elif peak.per_day is not None:
                what += self._say("per_day", count=self._count(peak.per_day))
        when = f", {self._when(peak.windows)}" if peak.windows else ""
        yield self._say("peak", name=peak.name, number=self._number(peak.per_kw), what=what, when=when)
        for weight in peak.weights:
            factor = (
                self._words["half"] if weight.factor == Decimal("0.5") else f"{self._number(weight.factor * 100)} %"
            )
            yield self._say("weight", when=self._when(weight.windows), factor=factor)

    def _rates(self, part: EnergyPart) -> str:
        return ", ".join(self._rate(rate, first=n == 0) for n, rate in enumerate(part.rates))

    def _rate(self, rate: Rate, *, first: bool) -> str:
        price = self._price(rate.per_kwh)
        if rate.windows:
            return self._say("while", price=price, when=self._when(rate.windows))
        return price if first else self._say("else", price=price)

    def _when(self, windows: Sequence[Window]) -> str:
        if not windows:
            return self._words["always"]
        return f" {self._words['or']} ".join(self._window(one) for one in windows)

    def _window(self, window: Window) -> str:
        parts = []
        if window.days:
            parts.append(self._days(window.days))
        if (window.begins, window.ends) != ("00:00", "24:00"):
            parts.append(f"{window.begins}–{window.ends}")
        if window.months:
            parts.append(self._say("in", months=self._months(window.months)))
        return " ".join(parts) or self._words["always"]

    def _days(self, days: Iterable[Day]) -> str:
        these = sorted(set(days), key=_DAYS.index)
        if tuple(these) == WORKDAYS:
            return self._words["workdays"]
        if these == [Day.SATURDAY, Day.SUNDAY]:
            return self._words["weekend"]
        names = get_day_names("wide", locale=self._locale)
        return self._listed([str(names[_DAYS.index(day)]) for day in these])

    def _months(self, months: Sequence[int]) -> str:
        """As a stretch where they follow each other, over the end of the year too."""
        names = get_month_names("wide", locale=self._locale)
        these = set(months)
        firsts = [month for month in these if (month - 2) % 12 + 1 not in these]
        if len(firsts) == 1 and len(these) > 2:
            last = (firsts[0] + len(these) - 2) % 12 + 1
            return self._say("to", first=names[firsts[0]], last=names[last])
        return self._listed([str(names[month]) for month in sorted(these)])

    def _listed(self, words: Sequence[str]) -> str:
        *before, last = words
        return f"{', '.join(before)} {self._words['and']} {last}" if before else last

    def _count(self, count: int) -> str:
        names = self._words["counts"].split()
        return names[count - 1] if count <= len(names) else str(count)

    def _price(self, value: Decimal) -> str:
        return self._say("per_kwh", number=self._number(value))

    def _number(self, value: Decimal) -> str:
        return format_decimal(value, format="#,##0.#####", locale=self._locale)

    def _say(self, word: str, **facts: object) -> str:
        return self._words[word].format(currency=self._currency, **facts)
