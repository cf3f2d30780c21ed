"""CSV: a line a posting, as a spreadsheet reads it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from laddnav.kit.time import rfc3339
from laddnav.ledger.exports.book import Book
from laddnav.ledger.model import Posted

COLUMNS = (
    *("booked_on", "entry", "key", "what", "cites", "account", "number", "name", "amount", "currency"),
    *("booked_at", "written_at", "reverses", "by"),
)
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # a text that begins so would be reckoned by a spreadsheet


class Table:
    def __init__(self, book: Book) -> None:
        self._book = book

    def begin(self) -> Iterator[str]:
        yield _row(COLUMNS)

    def one(self, posted: Posted) -> Iterator[str]:
        entry, day = posted.entry, str(self._book.day(posted.booked_at))
        for posting in entry.postings:
            if not self._book.has(posting.currency):
                continue
            number = self._book.chart.of(posting.account)
            yield _row(
                (
                    *(day, posted.id, _safe(entry.key), _safe(entry.what), _safe(entry.cites), str(posting.account)),
                    *(number.number, _safe(number.name), f"{posting.amount:f}", posting.currency),
                    *(rfc3339(posted.booked_at), rfc3339(posted.at), posted.reverses or "", _safe(posted.by)),
                )
            )

    def end(self) -> Iterator[str]:
        return iter(())

    def encoded(self, line: str) -> bytes:
        return line.encode()


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _row(cells: tuple[str, ...]) -> str:
    written = StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
