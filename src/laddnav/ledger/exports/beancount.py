"""Beancount 3: the ledger as text that checks itself, for each file ends with what every account must hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from laddnav.ledger.exports.book import Book
from laddnav.ledger.model import Account, Kind, Posted

_ROOTS = {
    Kind.ASSET: "Assets",
    Kind.LIABILITY: "Liabilities",
    Kind.EQUITY: "Equity",
    Kind.INCOME: "Income",
    Kind.EXPENSE: "Expenses",
}
_NOT_SAID = re.compile(r"[^A-Za-z0-9]")
_WORD = re.compile(r"[a-wyz][a-z]*")
_PLAIN = re.compile(r"[A-WYZ0-9]")
_RAISED = re.compile(r"[A-WYZ][a-z]*")


class Beancount:
    def __init__(self, book: Book) -> None:
        self._book = book

    def begin(self) -> Iterator[str]:
        book = self._book
        yield f"option {_quoted('title')} {_quoted(book.name)}"
        for currency in sorted({one.currency for one in book.closing if book.has(one.currency)}):
            yield f"option {_quoted('operating_currency')} {_quoted(currency)}"
        first = book.day(book.since.begin_at)
        named: dict[Account, set[str]] = {}
        for one in (*book.opening, *book.closing):
            if book.has(one.currency):
                named.setdefault(one.account, set()).add(one.currency)
        for account, currencies in sorted(named.items()):
            yield f"{first} open {name(account)} {','.join(sorted(currencies))}"
            yield f"  account: {_quoted(str(account))}"
            yield f"  number: {_quoted(book.chart.of(account).number)}"
        brought = [one for one in book.opening if book.has(one.currency) and one.amount]
        if brought:
            yield f"{first} * {_quoted('Brought forward')}"
            for one in brought:
                yield _leg(one.account, one.amount, one.currency)

    def one(self, posted: Posted) -> Iterator[str]:
        postings = [one for one in posted.entry.postings if self._book.has(one.currency)]
        if not postings:
            return
        yield f"{self._book.day(posted.booked_at)} * {_quoted(posted.entry.what)}"
        for key, said in (("entry", posted.id), ("key", posted.entry.key), ("cites", posted.entry.cites)):
            yield f"  {key}: {_quoted(said)}"
        if posted.reverses is not None:
            yield f"  reverses: {_quoted(posted.reverses)}"
        for posting in postings:
            yield _leg(posting.account, posting.amount, posting.currency)

    def end(self) -> Iterator[str]:
        after = self._book.day(self._book.until.end_at)
        for one in self._book.closing:
            if self._book.has(one.currency):
                yield f"{after} balance {name(one.account)} {_plain(one.amount)} {one.currency}"

    def encoded(self, line: str) -> bytes:
        return line.encode() + b"\n"


def name(account: Account) -> str:
    """Its parts have letters, digits and dashes, and begin with a capital or a digit. No two accounts have the same."""
    head = "".join(word.capitalize() for word in account.head.split("_"))
    return ":".join([_ROOTS[account.head.kind], head, *(map(_part, account.of.split(":")) if account.of else ())])


def _part(text: str) -> str:
    """`partner` is Partner and `NL*TNM` is NL-2A-TNM; what then might be another part begins with an X."""
    if _WORD.fullmatch(text):
        return text.capitalize()
    said = _NOT_SAID.sub(lambda found: f"-{ord(found[0]):X}-", text)
    return said if _PLAIN.match(said) and not _RAISED.fullmatch(said) else f"X{said}"


def _leg(account: Account, amount: Decimal, currency: str) -> str:
    return f"  {name(account)}  {_plain(amount)} {currency}"


def _plain(amount: Decimal) -> str:
    """Without an exponent."""
    return f"{amount:f}"


def _quoted(text: str) -> str:
    plain = "".join(one if one.isprintable() else " " for one in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
