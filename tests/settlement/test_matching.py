"""A partner's table against our CDRs: what its columns say, what a row claims, and why it differs."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from msgspec.structs import replace

from laddnav.cdrs.model import Cdr, Costs
from laddnav.db.unit import Database
from laddnav.kit.money import Price
from laddnav.settlement.actions import reconciling
from laddnav.settlement.matching import (
    Cause,
    Claim,
    Difference,
    File,
    Ours,
    Phase,
    UnreadableRow,
    UnreadableTable,
    cause_of,
    columns_of,
    delimiter_of,
    evse_key,
    number_of,
)
from laddnav.settlement.model import Side
from tests.billing.charges import LADDNAV, TNM, cdr, keep, party
from tests.clock import SetClock

BEGIN, END = datetime(2026, 10, 31, 23, tzinfo=UTC), datetime(2026, 11, 30, 23, tzinfo=UTC)
AT = datetime(2026, 11, 12, 9, tzinfo=UTC)


def ours(**said: object) -> Ours:
    facts: dict[str, object] = {
        "id": "C1",
        "ref": "r",
        "started_at": AT - timedelta(hours=1),
        "ended_at": AT,
        "energy_wh": Decimal(20_000),
        "amount": Decimal(100),
        "currency": "SEK",
        "came_at": AT,
    }
    return Ours(**(facts | said))  # type: ignore[arg-type]  # by their names


def claim(amount: str = "100", **said: object) -> Claim:
    facts: dict[str, object] = {"number": 1, "id": "C1", "amount": Decimal(amount), "currency": "SEK"}
    return Claim(**(facts | said))  # type: ignore[arg-type]  # by their names


@pytest.mark.parametrize(
    ("theirs", "here", "cause"),
    [
        (None, ours(), Cause.UNKNOWN_THERE),
        (None, ours(credited=True), Cause.CREDITED),
        (None, ours(came_at=END), Cause.LATE),
        (claim(), None, Cause.UNKNOWN_HERE),
        (claim("125"), ours(), Cause.TAX),
        (claim("120"), ours(incl=Decimal(125)), Cause.PRICE),
        (claim("100.01"), ours(), Cause.ROUNDING),
        (claim("100"), ours(amount=Decimal(-100), credit=True), Cause.SIGN),
        (claim(currency="EUR"), ours(), Cause.CURRENCY),
        (claim("90", energy_wh=Decimal(18_000)), ours(), Cause.ENERGY),
        (claim("90", energy_wh=Decimal(20_001), started_at=AT), ours(), Cause.TIME),
        (claim("90"), ours(), Cause.PRICE),
        (claim(), ours(standing="DISPUTED"), Cause.HELD),
        (claim(), ours(standing="REJECTED"), Cause.REFUSED),
        (claim(), ours(ended_at=END), Cause.OTHER_PERIOD),
    ],
)
def test_a_difference_has_its_likely_cause(theirs: Claim | None, here: Ours | None, cause: Cause) -> None:
    assert cause_of(Difference(place=1, theirs=theirs, ours=here), begin_at=BEGIN, end_at=END) is cause


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234.56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("\N{MINUS SIGN}7,5", "-7.5"),
    ],
)
def test_numbers_are_read_as_either_half_of_europe_writes_them(text: str, number: str) -> None:
    assert number_of(text) == Decimal(number)


@pytest.mark.parametrize("text", ["a lot", "NaN", "1e99", "0.00000000001"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(UnreadableRow):
        number_of(text)


def test_columns_are_known_by_the_names_that_tables_use() -> None:
    header = "CDR-ID;EVSE ID;Start Date Time;Stop;Energi (kWh);Betrag;Currency"
    assert delimiter_of(header) == ";"
    assert columns_of(header.split(";"), {"kwh": "Energi (kWh)"}) == {
        "kwh": 4,
        "id": 0,
        "evse": 1,
        "started": 2,
        "ended": 3,
        "amount": 5,
        "currency": 6,
    }
    for said in ({"amount": "Sum"}, {"colour": "Stop"}):
        with pytest.raises(UnreadableTable):
            columns_of(header.split(";"), said)
    with pytest.raises(UnreadableTable):
        columns_of(["id", "kwh"])
    assert evse_key("SE*LAD*E0001") == evse_key("seladE0001")


# ---- On the real database


async def compared(database: Database, table: str, *, stop_at: Phase | None = None) -> File:
    body = table.encode()
    async with database.unit() as unit:
        one = await reconciling.begin(
            unit,
            LADDNAV,
            TNM,
            side=Side.OURS,
            month="2026-11",
            currency="SEK",
            name="november.csv",
            size=len(body),
            digest=hashlib.sha256(body).hexdigest(),
            header=body.split(b"\n", 1)[0] + b"\n",
            by="ada",
        )

    class Killed(Exception):
        pass

    def told(now: File) -> None:
        if now.phase is stop_at:
            raise Killed

    if stop_at is not None:
        with pytest.raises(Killed):
            await reconciling.go_on(database, one.ref, BytesIO(body), told=told, bite=3)
        return one
    return await reconciling.go_on(database, one.ref, BytesIO(body), bite=3)


def charge(id: str, amount: str, at: datetime = AT, **said: str) -> Cdr:
    return cdr(id=id, energy_kwh="20", costs=Costs(total=Price(Decimal(amount))), ended_at=at, **said)  # type: ignore[arg-type]


TABLE = """id;evse;start;kwh;amount
a1;SELADE0001;2026-11-12T09:00:00+01:00;20,00;100,00
A2;;;20,00;62,50
A2;;;20,00;62,50
THEIRS-7;SELADE0001;2026-11-13 09:03;20,01;70,00
NOWHERE;;;1;5,00
A9;;;20;what

OCTOBER;;;20,00;11,00
"""


async def test_a_table_names_what_is_missing_here_there_or_different_wherever_it_was_broken_off(
    database: Database,
) -> None:
    october = datetime(2026, 10, 31, 22, 30, tzinfo=UTC)
    some = [
        charge("A1", "100"),
        charge("A2", "50"),
        charge("A3", "70", AT + timedelta(days=1)),
        charge("A4", "9", AT + timedelta(days=2)),
        charge("OCTOBER", "11", october),
        replace(charge("OTHERS", "1"), token=replace(charge("X", "1").token, owner=LADDNAV)),
    ]
    await keep(database, some, ours=[party()])
    steps = (Phase.READING, Phase.MATCHING, Phase.GUESSING, Phase.JUDGING)
    killed = [await compared(database, TABLE, stop_at=phase) for phase in steps]
    assert [one.read for one in killed][:2] == [
        len(TABLE.split("\n")[0]) + 1,
        len("\n".join(TABLE.split("\n")[:4])) + 1,
    ]
    done = await compared(database, TABLE)
    assert {one.ref for one in killed} == {done.ref}
    async with database.unit() as unit:
        found = await reconciling.differences(unit, done)
        assert await unit.value("select count(*) from settlement_claim") == 0
    assert (done.rows, done.equal, done.ours_many, done.ours) == (7, 1, 4, Decimal(229))
    assert {(one.cause, one.theirs and one.theirs.id, one.ours and one.ours.id) for one in found} == {
        (Cause.TAX, "A2", "A2"),
        (Cause.REPEATED, "A2", None),
        (Cause.OTHER_ID, "THEIRS-7", "A3"),
        (Cause.UNKNOWN_HERE, "NOWHERE", None),
        (Cause.UNKNOWN_THERE, None, "A4"),
        (Cause.UNREADABLE, None, None),
        (Cause.OTHER_PERIOD, "OCTOBER", "OCTOBER"),
    }
    assert sum((one.apart for one in done.differences), Decimal(0)) == sum((one.apart for one in found), Decimal(0))
    (unreadable,) = [one for one in found if one.cause is Cause.UNREADABLE]
    assert (unreadable.number, unreadable.note) == (6, "'what' is no number")


@pytest.mark.parametrize("stop_at", [Phase.READING, Phase.MATCHING, Phase.GUESSING])
async def test_what_nobody_goes_on_with_is_finished_once_it_is_read_and_says_so_where_it_is_not(
    database: Database, clock: SetClock, stop_at: Phase
) -> None:
    await keep(database, [charge("A1", "100")], ours=[party()])
    one = await compared(database, TABLE, stop_at=stop_at)
    await reconciling.look_after(database)  # who read it may be at it yet
    clock.advance(timedelta(minutes=11))
    await reconciling.look_after(database)
    async with database.unit() as unit:
        left = await reconciling.fetch(unit, one.ref)
    if stop_at is not Phase.READING:
        assert (left.phase, left.rows, left.equal) == (Phase.DONE, 7, 1)
        return
    assert (left.phase, left.over) == (Phase.BROKEN, False)
    clock.advance(timedelta(days=8))
    await reconciling.look_after(database)
    async with database.unit() as unit:
        assert (await reconciling.fetch(unit, one.ref)).phase is Phase.GIVEN_UP
        assert await unit.value("select count(*) from settlement_claim") == 0
    again = await compared(database, TABLE)
    assert (again.ref != one.ref, again.rows, again.equal) == (True, 7, 1)


async def test_rows_that_a_killed_database_forgot_are_read_once_more(database: Database) -> None:
    await keep(database, [charge("A1", "100")], ours=[party()])
    one = await compared(database, TABLE, stop_at=Phase.READING)
    async with database.unit() as unit:
        await unit.execute("delete from settlement_claim")
    done = await compared(database, TABLE)
    assert (done.ref, done.rows, done.equal, done.phase) == (one.ref, 7, 1, Phase.DONE)
    assert sum(each.many for each in done.differences if each.cause is Cause.UNREADABLE) == 1


async def test_a_table_that_cannot_be_read_further_says_why(database: Database) -> None:
    await keep(database, [], ours=[party()])
    with pytest.raises(UnreadableTable):
        await compared(database, f"id,amount\nA1,1\nA2,2\nA3,3\nA4,{'4' * 70_000}\n")
    async with database.unit() as unit:
        (one,) = await reconciling.files(unit, LADDNAV)
    assert (one.phase, one.why) == (Phase.BROKEN, "A line of the table is longer than 65536 bytes")


async def test_nobody_is_paid_for_what_anothers_driver_charged(database: Database) -> None:
    others = charge("OTHERS", "1")
    await keep(database, [replace(others, token=replace(others.token, owner=LADDNAV))], ours=[party()])
    done = await compared(database, "id,amount\nOTHERS,1\n")
    async with database.unit() as unit:
        (one,) = await reconciling.differences(unit, done)
    assert (done.equal, one.cause, one.ours) == (0, Cause.UNKNOWN_HERE, None)
