"""Values as a reader sees them: a number with its unit, a time with its zone, an amount with its currency."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal, get_decimal_symbol
from markupsafe import Markup

from laddnav.kit.energy import Energy
from laddnav.kit.money import minor_unit
from laddnav.kit.power import Power
from laddnav.kit.time import rfc3339
from laddnav.web.words import LOCALES

_MOST_DIGITS = 6  # of an amount shown in full: more than any tariff names

SIZES = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))
UNITS = {
    "CURRENT": "A",
    "ENERGY": "kWh",
    "ENERGY_EXPORT": "kWh",
    "ENERGY_IMPORT": "kWh",
    "MAX_CURRENT": "A",
    "MIN_CURRENT": "A",
    "MAX_POWER": "kW",
    "MIN_POWER": "kW",
    "PARKING_TIME": "h",
    "POWER": "kW",
    "RESERVATION_TIME": "h",
    "STATE_OF_CHARGE": "%",
    "TIME": "h",
}


class Format:
    """How one language writes values. Instants look as ISO 8601 has them in every language, so that columns align."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.locale = LOCALES[language]

    def number(self, value: Decimal | int, least: int = 0, most: int = 3) -> str:
        """With at least and at most so many digits after the separator."""
        pattern = "#,##0" + ("." + "0" * least + "#" * (most - least) if most else "")
        return format_decimal(value, format=pattern, locale=self.locale)

    def quantity(self, value: Decimal | int, unit: str, least: int = 0, most: int = 3) -> Markup:
        return _with_unit(self.number(value, least, most), unit)

    def volume(self, value: Decimal, unit: str) -> Markup:
        """What a line of a price counts: kWh to the Wh, hours to the second's fraction of one, `x` for times."""
        return self.quantity(value, "×" if unit == "x" else unit, 0 if unit == "x" else 3, 0 if unit == "x" else 4)

    def counted(self, volume: Decimal, dimension: str) -> Markup | str:
        """A Dimension of a ChargingPeriod (OCPI 2.2.1 mod_cdrs_cdrdimensiontype_enum says its unit)."""
        unit = UNITS.get(dimension)
        return self.number(volume) if unit is None else self.quantity(volume, unit, 0, 4)

    def energy(self, energy: Energy) -> Markup:
        """In kWh, to the Wh that meters count in."""
        return self.quantity(energy.kwh, "kWh", 3, 3)

    def power(self, power: Power) -> Markup:
        return self.quantity(power.kw, "kW", 1, 1)

    def amount(self, amount: Decimal, currency: str, like: int = 0) -> Markup:
        """As it is paid: in whole minor units of the currency. `like` as `exact` has it."""
        digits = _minor_digits(currency)
        return _with_unit(self._as_wide(self.number(amount, digits, digits), like), currency)

    def exact(self, amount: Decimal, currency: str, like: int = 0) -> Markup:
        """With every digit that it has, where the reader wants to add up; the minor unit at least.

        It takes as much room as one with `like` digits, so that the numbers of a column stand one below the other.
        """
        return _with_unit(self._as_wide(self.coins(amount, currency), like), currency)

    def coins(self, amount: Decimal, currency: str) -> str:
        """As `exact`, where the currency stands behind several."""
        least = _minor_digits(currency)
        return self.number(amount, least, max(least, _MOST_DIGITS))

    def digits(self, amounts: Iterable[Decimal | None], currency: str) -> int:
        """How many the longest of these has after its separator, where `exact` writes it."""
        longest = (-int(_as_shown(amount).as_tuple().exponent) for amount in amounts if amount is not None)
        return max(_minor_digits(currency), *longest, 0)

    def _as_wide(self, number: str, digits: int) -> Markup:
        separator = get_decimal_symbol(self.locale)
        _, fraction, written = number.partition(separator)
        if len(written) >= digits:
            return Markup("{}").format(number)
        missing = ("" if fraction else separator) + "0" * (digits - len(written))
        return Markup('{}<span class="room" data-digits="{}"></span>').format(number, missing)

    def price_of_one(self, amount: Decimal, currency: str, unit: str) -> Markup:
        """What one of something comes to on average, to the minor unit: nobody pays it as it stands."""
        digits = _minor_digits(currency)
        return self.quantity(amount, f"{currency}/{unit}", digits, digits)

    def size(self, octets: int) -> Markup:
        """What was carried, in the largest unit of which there is a whole one."""
        unit, many = next(((unit, many) for unit, many in SIZES if octets >= many), ("B", 1))
        return self.quantity(Decimal(octets) / many, unit, 0, 0 if many == 1 else 1)

    def percent(self, value: Decimal) -> Markup:
        return self.quantity(value, "%", 0, 2)

    def instant(self, at: datetime, zone: str, seconds: bool = False) -> Markup:
        """`2026-11-21 14:32 CET`."""
        local = at.astimezone(ZoneInfo(zone))
        return _time(at, local, local.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M"))

    def clock(self, at: datetime, zone: str) -> Markup:
        """`14:32:05 CET`, where the day stands beside it."""
        local = at.astimezone(ZoneInfo(zone))
        return _time(at, local, local.strftime("%H:%M:%S"))

    def hour(self, at: datetime, zone: str, now: datetime) -> Markup:
        """`14:32 CET`, with the weekday where it is not today: for what lies within some days."""
        local = at.astimezone(ZoneInfo(zone))
        today = local.date() == now.astimezone(ZoneInfo(zone)).date()
        weekday = "" if today else f"{format_date(local, format='EEE', locale=self.locale)} "
        return _time(at, local, f"{weekday}{local:%H:%M}")

    def day(self, at: datetime, zone: str) -> str:
        """`Saturday, 21 November 2026`."""
        return format_date(at.astimezone(ZoneInfo(zone)), format="full", locale=self.locale)

    def weekday(self, day: date, whole: bool = False) -> str:
        """`Sat`, or `Saturday`, with a capital where the language writes one within a sentence."""
        return format_date(day, format="EEEE" if whole else "EEE", locale=self.locale)

    def date(self, at: datetime, zone: str) -> str:
        """`2026-12-21`, where the hour does not matter."""
        return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d")

    def hours(self, volume: Decimal) -> Markup:
        """Hours as a clock counts them: `5 min 18 s`."""
        return self.length(timedelta(seconds=round(volume * 3600)))

    def length(self, length: timedelta) -> Markup:
        """`1 h 23 min`: the two largest units of it."""
        seconds = int(abs(length).total_seconds())
        units = [
            (seconds // 86_400, "d"),
            (seconds // 3600 % 24, "h"),
            (seconds // 60 % 60, "min"),
            (seconds % 60, "s"),
        ]
        first = next((at for at, (count, _) in enumerate(units) if count), 3)
        parts = [
            _with_unit(self.number(count), unit) for count, unit in units[first : first + 2] if count or first == 3
        ]
        return Markup("−" if length < timedelta(0) else "") + Markup(" ").join(parts)


def _minor_digits(currency: str) -> int:
    return -int(minor_unit(currency).as_tuple().exponent)


def _as_shown(amount: Decimal) -> Decimal:
    """With no more digits than anybody sees, and without the zeros at its end."""
    return round(amount, _MOST_DIGITS).normalize()


def _with_unit(number: str | Markup, unit: str) -> Markup:
    # A no-break space, so that a number never stands on another line than its unit.
    return Markup('<span class="nowrap">{}\N{NO-BREAK SPACE}<span class="unit">{}</span></span>').format(number, unit)


def _time(at: datetime, local: datetime, text: str) -> Markup:
    return Markup('<time datetime="{}">{} <span class="zone">{}</span></time>').format(
        rfc3339(at), text, local.tzname() or ""
    )
