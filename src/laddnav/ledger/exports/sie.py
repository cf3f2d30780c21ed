"""SIE 4 (sie.se, utgåva 4B, type 4E): what Swedish bookkeeping programs read; in CP437 with CR LF, as it asks."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from importlib.metadata import version

from laddnav.ledger.exports.book import Book
from laddnav.ledger.model import Balance, Kind, Posted

# #KTYP: T an asset, S a liability or equity, I income, K an expense.
_KINDS = {Kind.ASSET: "T", Kind.LIABILITY: "S", Kind.EQUITY: "S", Kind.INCOME: "I", Kind.EXPENSE: "K"}
_SWEDISH = re.compile(r"SE(\d{6})(\d{4})\d\d")
_STAYS = (Kind.ASSET, Kind.LIABILITY, Kind.EQUITY)  # from one year to the next


class Sie:
    """A voucher an Entry, in a series a month: its number is final when the month is closed."""

    def __init__(self, book: Book) -> None:
        assert book.currency is not None, "a SIE file is of one currency"
        self._book = book
        self._counted: dict[str, int] = defaultdict(int)

    def begin(self) -> Iterator[str]:
        book = self._book
        year = book.day(book.since.begin_at).year
        yield "#FLAGGA 0"
        yield f"#PROGRAM {_quoted('Laddnav')} {version('laddnav')}"
        yield "#FORMAT PC8"
        yield f"#GEN {_day(book.day(book.now))}"
        yield "#SIETYP 4"
        if book.vat_number is not None:
            yield f"#ORGNR {_company_number(book.vat_number)}"
        yield f"#FNAMN {_quoted(book.name)}"
        yield f"#RAR 0 {year}0101 {year}1231"
        yield f"#OMFATTN {_day(book.day(book.until.end_at) - date.resolution)}"
        yield "#KPTYP EUBAS97"
        yield f"#VALUTA {book.currency}"
        yield from self._accounts()
        yield from self._balances()

    def _accounts(self) -> Iterator[str]:
        named: dict[str, tuple[str, Kind]] = {
            self._book.chart.retained.number: (self._book.chart.retained.name, Kind.EQUITY)
        }
        for balance in self._of_ours(self._book.closing):
            number = self._book.chart.of(balance.account)
            named.setdefault(number.number, (number.name, balance.account.head.kind))
        for key, (name, kind) in sorted(named.items()):
            yield f"#KONTO {key} {_quoted(name)}"
            yield f"#KTYP {key} {_KINDS[kind]}"

    def _balances(self) -> Iterator[str]:
        """What former years earned, and nobody took out, is on the account of equity: the year begins balanced."""
        before, after = list(self._of_ours(self._book.before)), list(self._of_ours(self._book.closing))
        retained = self._book.chart.retained.number
        for tag, balances in (("#IB", before), ("#UB", after)):
            stays = self._by_number(one for one in balances if one.account.head.kind in _STAYS)
            earned = sum((one.amount for one in before if one.account.head.kind not in _STAYS), Decimal(0))
            stays[retained] = stays.get(retained, Decimal(0)) + earned
            for number, amount in sorted(stays.items()):
                if amount:
                    yield f"{tag} 0 {number} {_amount(amount)}"
        results = self._by_number(one for one in after if one.account.head.kind not in _STAYS)
        earlier = self._by_number(one for one in before if one.account.head.kind not in _STAYS)
        for number, amount in sorted(results.items()):
            if amount != earlier.get(number, Decimal(0)):
                yield f"#RES 0 {number} {_amount(amount - earlier.get(number, Decimal(0)))}"

    def _of_ours(self, balances: Iterable[Balance]) -> Iterator[Balance]:
        return (one for one in balances if one.currency == self._book.currency)

    def _by_number(self, balances: Iterable[Balance]) -> dict[str, Decimal]:
        found: dict[str, Decimal] = defaultdict(Decimal)
        for one in balances:
            found[self._book.chart.of(one.account).number] += one.amount
        return found

    def one(self, posted: Posted) -> Iterator[str]:
        postings = [one for one in posted.entry.postings if one.currency == self._book.currency]
        if not postings:
            return
        day = self._book.day(posted.booked_at)
        series = f"{day:%Y%m}"
        self._counted[series] += 1
        said = _quoted(f"{posted.entry.what} ({posted.entry.key})")
        yield f"#VER {series} {self._counted[series]} {_day(day)} {said} {_day(self._book.day(posted.at))}"
        yield "{"
        for posting in postings:
            number = self._book.chart.of(posting.account).number
            yield f"   #TRANS {number} {{}} {_amount(posting.amount)} {_day(day)} {_quoted(str(posting.account))}"
        yield "}"

    def end(self) -> Iterator[str]:
        return iter(())

    def encoded(self, line: str) -> bytes:
        return _told(line).encode("cp437") + b"\r\n"


def _company_number(vat_number: str) -> str:
    """A Swedish VAT number has it in its middle; for others their VAT number has to do."""
    said = _SWEDISH.fullmatch(vat_number.replace(" ", ""))
    return f"{said[1]}-{said[2]}" if said else _quoted(vat_number)


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _amount(amount: Decimal) -> str:
    """With the two decimals that SIE has at most."""
    return f"{amount:.2f}"


def _quoted(text: str) -> str:
    plain = "".join(one if one.isprintable() else " " for one in text)
    return '"' + plain.replace("\\", "/").replace('"', '\\"') + '"'


def _told(line: str) -> str:
    """What CP437 cannot say is said without its accents, else with a question mark."""
    if line.isascii():
        return line
    return "".join(_nearest(one) for one in line)


def _nearest(character: str) -> str:
    for one in (character, unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()):
        if one and _sayable(one):
            return one
    return "?"


def _sayable(text: str) -> bool:
    try:
        text.encode("cp437")
    except UnicodeEncodeError:
        return False
    return True
