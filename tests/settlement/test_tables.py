"""A table read in bites: a row claims the same whether it is taken as it is written or read cell by cell."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.settlement import tables
from laddnav.settlement.matching import Claim, Column, File, Reader, UnreadableRow, UnreadableTable
from laddnav.settlement.model import Side
from tests.billing.charges import LADDNAV, NOON, TNM

EVERY = ",".join(Column)
FILE = File(
    holder=LADDNAV,
    ref="r",
    partner=TNM,
    side=Side.OURS,
    month="2026-11",
    currency="SEK",
    begin_at=NOON,
    end_at=NOON,
    time_zone="Europe/Stockholm",
    name="t",
    digest="d",
    size=1,
    columns={column: place for place, column in enumerate(Column)},
    begun_at=NOON,
    begun_by="ada",
    last_updated=NOON,
)

ids = st.sampled_from(["", "C1", " c2 ", "Ö-7", "SE*LAD*E1", "A" * 101])
instants = st.sampled_from(
    [
        "",
        "yesterday",
        "2026-11-12T09:00:00Z",
        "2026-11-12 09:00+01:00",
        "2026-11-12T09:00:00",
        "2026-02-29T09:00:00Z",
        "2028-02-29T09:00:00Z",
        "2026-11-12T24:00:00Z",
        "2026-13-01T00:00Z",
        "2026-12-31T23:59:59.123456-10:00",
    ]
)
numbers = st.sampled_from(["", "0", "-7.25", "1234.5", "1 234,50", "1,234.5", "1e3", "NaN", "9" * 13, "007.10", "٣"])
currencies = st.sampled_from(["", "EUR", "sek", "EURO"])
rows = st.tuples(ids, ids, instants, instants, numbers, numbers, numbers, currencies)


def read(text: str, most: int = 100, file: File = FILE) -> tables.Bite:
    return tables.bite(file, BytesIO(text.encode()), most)


def claimed(bite: tables.Bite, place: int = 0) -> Claim:
    """What PostgreSQL makes of it."""
    _, _, id, evse, started, ended, kwh, wh, amount, currency = (column[place] for column in bite.columns())
    energy = Decimal(kwh) * 1000 if kwh else Decimal(wh) if wh else None
    return Claim(
        number=bite.numbers[place],
        id=id,
        evse=evse,
        started_at=datetime.fromisoformat(started) if started else None,
        ended_at=datetime.fromisoformat(ended) if ended else None,
        energy_wh=energy,
        amount=Decimal(amount),
        currency=currency or FILE.currency,
    )


@given(rows)
def test_a_row_claims_the_same_as_it_is_written_and_cell_by_cell(row: tuple[str, ...]) -> None:
    bite = read("\t".join(row) + "\n", file=replace(FILE, delimiter="\t"))
    if not any(row):
        assert bite.rows == 0
        return
    try:
        expected = Reader(FILE).claim(1, row)
    except UnreadableRow as why:
        assert bite.unreadable == [(1, str(why))]
    else:
        assert claimed(bite) == expected


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("most", [1, 2, 3, 4, 100])
@pytest.mark.parametrize("third", ["C3", '"C\n3"', "Ö3"])
def test_bites_of_any_size_are_the_whole_table(end: str, most: int, third: str) -> None:
    text = "\n".join(f"{id},,,,,,{n},SEK" for n, id in enumerate(["C0", "C1", "C2", third, "C4"])) + end
    one, numbers = FILE, list[int]()
    while True:
        bite = read(text, most, one)
        numbers += bite.numbers
        one = replace(one, read=bite.at, rows=one.rows + bite.rows)
        if bite.ended:
            break
    assert (numbers, one.read) == ([1, 2, 3, 4, 5], len(text.encode()))


def test_a_row_without_its_last_cells_says_nothing_of_them_and_a_wrong_letter_spoils_its_own_line_alone() -> None:
    short = tables.bite(replace(FILE, columns={"id": 0, "amount": 1, "evse": 5}), BytesIO(b"C1,7\nC2\n"), 10)
    assert (claimed(short).id, claimed(short).evse, short.unreadable) == ("C1", "", [(2, "it tells no amount")])
    mixed = tables.bite(FILE, BytesIO("Å1,,,,,,1,\n".encode() + "Å2,,,,,,1,\n".encode("cp1252")), 10)
    assert list(mixed.columns()[2]) == ["Å1", "Å2"]
    with pytest.raises(UnreadableTable):
        read("C1" * tables.BLOCK)
