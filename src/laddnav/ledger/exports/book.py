"""What an export is told, and what it can refuse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

from laddnav.kit.refusal import Refusal
from laddnav.ledger.chart import Chart
from laddnav.ledger.model import Balance, Month, Posted


class Format(StrEnum):
    SIE = "sie"
    BEANCOUNT = "beancount"
    CSV = "csv"

    @property
    def suffix(self) -> str:
        """Of a file of it."""
        return {Format.SIE: "se", Format.BEANCOUNT: "beancount", Format.CSV: "csv"}[self]

    @property
    def media_type(self) -> str:
        return "text/csv; charset=utf-8" if self is Format.CSV else "text/plain"


class YearsApart(Refusal):
    """A SIE file is of one year."""

    def __init__(self, since: str, until: str) -> None:
        super().__init__(f"{since} and {until} are not months of one year, the first not after the last")


class WhichCurrency(Refusal):
    """A SIE file is of one currency."""

    def __init__(self, currencies: tuple[str, ...]) -> None:
        super().__init__(f"A SIE file is of one currency; name one of {', '.join(currencies)}")
        self.currencies = currencies


class Book(Struct, frozen=True, kw_only=True):
    """What an export says beside the entries. `currency` None: of all.

    The trial balances are those `before` the year, before the first month (`opening`), and after the last (`closing`).
    """

    name: str
    vat_number: str | None
    zone: ZoneInfo
    currency: str | None
    since: Month
    until: Month
    now: datetime
    chart: Chart
    before: tuple[Balance, ...]
    opening: tuple[Balance, ...]
    closing: tuple[Balance, ...]

    def day(self, instant: datetime) -> date:
        """On the calendar of who keeps the books."""
        return instant.astimezone(self.zone).date()

    def has(self, currency: str) -> bool:
        return self.currency in (None, currency)


class Export(Protocol):
    def begin(self) -> Iterator[str]: ...

    def one(self, posted: Posted) -> Iterator[str]: ...

    def end(self) -> Iterator[str]: ...

    def encoded(self, line: str) -> bytes: ...
