"""Words, numbers, times and dates of fleets, as somebody writes them down; each raises Unfit, which names its field."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal, InvalidOperation

from laddnav.fleets.rules import Unfit
from laddnav.kit.json import sane

WORD_MAX = 60


def word(field: str, text: str, *, may_be_empty: bool = False, most: int = WORD_MAX) -> str:
    said = text.strip()
    if not said and not may_be_empty:
        raise Unfit(field, "it is empty")
    if len(said) > most or not said.isprintable():
        raise Unfit(field, f"it has 1 to {most} printable characters")
    return said


def between(field: str, value: Decimal, least: str, most: str) -> Decimal:
    try:
        number = sane(value)
    except (ValueError, InvalidOperation) as error:
        raise Unfit(field, f"it is a number from {least} to {most}") from error
    if not Decimal(least) <= number <= Decimal(most):
        raise Unfit(field, f"{number:f} is not from {least} to {most}")
    return number


def time_of_day(field: str, text: str) -> time:
    try:
        if re.fullmatch(r"\d\d?:\d\d", text.strip()):
            return time.fromisoformat(text.strip().zfill(5))
    except ValueError:
        pass
    raise Unfit(field, f"{text[:20]!r} is no time of day as 06:30")


def one_date(text: str) -> date | None:
    return a_date("days", text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip()) else None


def date_or_nothing(field: str, text: str) -> date | None:
    return a_date(field, text) if text.strip() else None


def a_date(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Unfit(field, f"{text[:20]!r} is no date as 2026-11-23") from error


def percent(value: Decimal) -> Decimal:
    """A state of charge. Raises Unfit."""
    return between("percent", value, "0", "100")


def plain(number: Decimal) -> Decimal:
    """Without noughts at its end."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
