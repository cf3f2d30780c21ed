"""The ledger as other bookkeeping reads it: a file a format, which is told the entries in their order."""

from collections.abc import Callable, Mapping

from laddnav.ledger.exports.beancount import Beancount
from laddnav.ledger.exports.book import Book, Export, Format, WhichCurrency, YearsApart
from laddnav.ledger.exports.sie import Sie
from laddnav.ledger.exports.table import Table

WRITERS: Mapping[Format, Callable[[Book], Export]] = {
    Format.SIE: Sie,
    Format.BEANCOUNT: Beancount,
    Format.CSV: Table,
}

__all__ = ["WRITERS", "Book", "Export", "Format", "WhichCurrency", "YearsApart"]
