"""What goes to other bookkeeping is read there: Beancount does the sums again, and SIE is read by its own grammar."""

from __future__ import annotations

import csv
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.ledger.chart import BAS, Number
from laddnav.ledger.exports import Format, WhichCurrency, YearsApart
from laddnav.ledger.exports.beancount import name
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.ledger.rules import NotAMonth
from laddnav.parties import actions as parties
from tests import things
from tests.clock import SetClock

HOLDER = PartyId("SE", "LAD")
BEAN_CHECK = Path(__file__).parents[2] / ".cache" / "counterparts" / "beancount" / "bin" / "bean-check"


def moved(key: str, to: str, of: str, amount: str, currency: str = "SEK", what: str = "A charge") -> Entry:
    postings = (
        Posting(Account.parse(to), Decimal(amount), currency),
        Posting(Account.parse(of), -Decimal(amount), currency),
    )
    return Entry(key=key, what=what, cites=f"cdr/{key}", postings=postings)


@pytest.fixture
async def books(database: Database, clock: SetClock) -> Database:
    """Something in December, and more in January and February, in two currencies; one entry is taken back."""
    clock.set(datetime(2027, 2, 20, 12, tzinfo=UTC))
    async with database.unit() as unit:
        await parties.add(unit, things.party(HOLDER, vat_number="SE556012345601"))
        for entry, month, day in (
            (moved("1", "receivable:partner:NL*TNM", "revenue:charging", "100.00"), 12, 5),
            (moved("2", "receivable:driver:SE-LAD-C1", "revenue:roaming", "43.09", what='Öl & "kebab" – 5 €'), 1, 31),
            (moved("3", "bank:SEB", "receivable:partner:NL*TNM", "100"), 2, 1),
            (moved("4", "receivable:partner:nl-tnm", "revenue:charging", "7.5", "EUR"), 2, 2),
            (moved("5", "cost:roaming", "payable:partner:NO*XYZ", "9.99", what="=1+1"), 2, 3),
        ):
            booked_at = datetime(2026 + (month < 12), month, day, 12, tzinfo=UTC)
            await ledger.post(unit, HOLDER, entry, booked_at=booked_at)
        await ledger.reverse(unit, HOLDER, "2", "Billed to the wrong driver", "Ada")
    await ledger.sum_up(database)
    return database


async def exported(database: Database, format: Format, since: str, until: str, currency: str | None = None) -> bytes:
    return b"".join([line async for line in ledger.export(database, HOLDER, format, since, until, currency)])


# ---- Beancount


async def test_beancount_comes_to_the_same_balances(books: Database, tmp_path: Path) -> None:
    for since, until in (
        ("2026-12", "2027-02"),
        ("2027-01", "2027-02"),
        ("2027-02", "2027-02"),
        ("2027-03", "2027-03"),
    ):
        text = await exported(books, Format.BEANCOUNT, since, until)
        assert checked(tmp_path, text.decode()) == ""
    off = text.decode().replace(" 9.99 SEK", " 9.98 SEK", 1)
    assert "Balance failed" in checked(tmp_path, off) or "does not balance" in checked(tmp_path, off)


def checked(folder: Path, text: str) -> str:
    """What Beancount has against it."""
    file = folder / "books.beancount"
    file.write_text(text)
    return subprocess.run([BEAN_CHECK, "--no-cache", file], capture_output=True, text=True, check=False).stderr


async def test_beancount_says_what_an_entry_cites_and_what_it_takes_back(books: Database) -> None:
    text = (await exported(books, Format.BEANCOUNT, "2027-02", "2027-02")).decode()
    taken = text[text.index('"Billed to the wrong driver"') :]
    assert 'cites: "cdr/2"' in taken
    assert "reverses:" in taken
    assert "Income:Revenue:Roaming  43.09 SEK" in taken


SEEMINGLY_ALIKE = st.text("aAxXNnL*-: _å1", max_size=6)


@given(one=SEEMINGLY_ALIKE, other=SEEMINGLY_ALIKE)
def test_no_two_accounts_have_the_same_name(one: str, other: str) -> None:
    names = [name(Account(Head.RECEIVABLE, of)) for of in (one, other)]
    assert (names[0] == names[1]) is (one == other)
    for each in names:
        assert re.fullmatch(r"Assets(:[A-Z0-9][A-Za-z0-9-]*)+", each)


# ---- SIE


class Read:
    """A SIE file, read as its grammar says: a label and fields, those with spaces in quotes; vouchers in braces."""

    def __init__(self, text: bytes) -> None:
        lines = text.decode("cp437").split("\r\n")
        assert lines.pop() == "", "the last line ends too"
        self.records = [self._fields(line) for line in lines]

    @staticmethod
    def _fields(line: str) -> list[str]:
        assert line.isprintable()
        found = re.findall(r'"((?:[^"\\]|\\.)*)"|(\{\})|(\S+)', line)
        return [quoted.replace('\\"', '"') or braces or plain for quoted, braces, plain in found]

    def of(self, label: str) -> list[list[str]]:
        return [record[1:] for record in self.records if record[0] == label]

    def balances(self, label: str) -> dict[str, Decimal]:
        return {account: Decimal(amount) for _, account, amount in self.of(label)}

    def vouchers(self) -> Iterator[tuple[list[str], list[tuple[str, Decimal]]]]:
        for place, record in enumerate(self.records):
            if record[0] == "#VER":
                assert self.records[place + 1] == ["{"]
                end = self.records.index(["}"], place)
                rows = self.records[place + 2 : end]
                assert all(row[0] == "#TRANS" and row[2] == "{}" for row in rows)
                yield record[1:], [(row[1], Decimal(row[3])) for row in rows]


async def test_sie_says_who_what_and_when_in_its_order(books: Database) -> None:
    read = Read(await exported(books, Format.SIE, "2027-01", "2027-02", "SEK"))
    labels = [record[0] for record in read.records[:7]]
    assert labels == ["#FLAGGA", "#PROGRAM", "#FORMAT", "#GEN", "#SIETYP", "#ORGNR", "#FNAMN"]
    assert read.of("#FORMAT") == [["PC8"]]
    assert read.of("#SIETYP") == [["4"]]
    assert read.of("#ORGNR") == [["556012-3456"]]
    assert read.of("#RAR") == [["0", "20270101", "20271231"]]
    assert [voucher[0][:3] for voucher in read.vouchers()] == [
        ["202701", "1", "20270131"],
        ["202702", "1", "20270201"],
        ["202702", "2", "20270203"],
        ["202702", "3", "20270220"],
    ]
    assert next(read.vouchers())[0][3] == 'Öl & "kebab" ? 5 ? (2)'


async def test_sie_balances_open_move_and_close_by_the_same_sums(books: Database) -> None:
    read = Read(await exported(books, Format.SIE, "2027-01", "2027-02", "SEK"))
    held: dict[str, Decimal] = defaultdict(Decimal, read.balances("#IB"))
    assert held == {"1511": Decimal(100), "2091": Decimal(-100)}
    for _, rows in read.vouchers():
        assert sum(amount for _, amount in rows) == 0
        for account, amount in rows:
            held[account] += amount
    assert {number: amount for number, amount in held.items() if amount} == read.balances("#UB") | read.balances("#RES")
    known = {number for number, *_ in read.of("#KONTO")}
    assert known >= set(held)
    assert {number for number, _ in read.of("#KTYP")} == known


async def test_sie_is_of_one_currency_and_one_year(books: Database) -> None:
    with pytest.raises(WhichCurrency, match="EUR, SEK"):
        await exported(books, Format.SIE, "2027-02", "2027-02")
    with pytest.raises(YearsApart):
        await exported(books, Format.SIE, "2026-12", "2027-01", "SEK")
    with pytest.raises(YearsApart):
        await exported(books, Format.CSV, "2027-02", "2027-01")
    with pytest.raises(NotAMonth):
        await exported(books, Format.CSV, "2027-13", "2027-13")
    read = Read(await exported(books, Format.SIE, "2027-02", "2027-02", "EUR"))
    assert [rows for _, rows in read.vouchers()] == [[("1511", Decimal("7.5")), ("3001", Decimal("-7.5"))]]


async def test_an_operator_numbers_accounts_as_their_own_chart_does(books: Database) -> None:
    async with books.unit() as unit:
        own = Number(account="receivable:partner:NL*TNM", number="1599", name="TNM")
        await ledger.number(unit, HOLDER, own)
    assert b"#TRANS 1599 {} -100.00" in await exported(books, Format.SIE, "2027-02", "2027-02", "SEK")
    async with books.unit() as unit:
        await ledger.forget_number(unit, HOLDER, own.account)
        assert await ledger.numbers(unit, HOLDER) == BAS
    assert b"#TRANS 1511 {} -100.00" in await exported(books, Format.SIE, "2027-02", "2027-02", "SEK")


# ---- CSV


async def test_a_spreadsheet_reads_a_line_a_posting_and_reckons_none_of_them(books: Database) -> None:
    rows = list(csv.DictReader(StringIO((await exported(books, Format.CSV, "2026-12", "2027-02")).decode())))
    assert len(rows) == 12
    assert {row["currency"] for row in rows} == {"SEK", "EUR"}
    assert sum(Decimal(row["amount"]) for row in rows) == 0
    assert next(row["what"] for row in rows if row["key"] == "5") == "'=1+1"
    assert rows[0]["booked_on"] == "2026-12-05"
    assert (rows[0]["account"], rows[0]["number"], rows[0]["name"]) == (
        "receivable:partner:NL*TNM",
        "1511",
        "Kundfordringar, roamingpartner",
    )
