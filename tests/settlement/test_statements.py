"""The statements of hosts: each share on one of them, and of a month what was agreed, whatever came when.

The law: what the statements say of a month is the larger of what was guaranteed and what was shared, once.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from msgspec.structs import replace

from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Database
from laddnav.settlement.actions import hosting
from laddnav.settlement.sharing import Agreement, Granted, Statement, month_parts
from tests.billing.charges import LADDNAV, NOON, cdr
from tests.clock import SetClock
from tests.settlement.test_hosting import account, costing, garage

OVER = datetime(2026, 12, 1, 6, tzinfo=UTC)
NEW_YEAR = datetime(2027, 1, 2, tzinfo=UTC)
FEBRUARY = datetime(2027, 2, 2, tzinfo=UTC)


def agreed(**said: object) -> Agreement:
    facts: dict[str, object] = {
        "holder": LADDNAV,
        "ref": "A",
        "host": "garage",
        "places": ("LOC1",),
        "since": date(2026, 11, 1),
        "currency": "SEK",
        "percent": Decimal(10),
        "minimum": Decimal(500),
        "said_at": NOON,
        "said_by": "",
    }
    return Agreement(**(facts | said))  # type: ignore[arg-type]  # by their names


def granted(shares: int, guarantee: int, fixed: int = 0) -> Granted:
    return Granted(shares=Decimal(shares), fixed=Decimal(fixed), guarantee=Decimal(guarantee))


def adds(
    one: Agreement, month: str, *, before: dict[str, Granted], new: dict[str, Decimal], stated: set[str]
) -> list[tuple[str, int, int]]:
    """(month, fixed, guarantee) that the statement of a month adds."""
    parts = month_parts(one, month, before=before, new=new, stated=stated)
    return [(part.month, int(part.fixed), int(part.guarantee)) for part in parts]


def test_a_guarantee_gives_way_to_shares_that_come_late_and_makes_up_for_those_that_are_taken_back() -> None:
    november = {"2026-11": granted(8, 492)}
    one, stated = agreed(), {"2026-11"}
    assert adds(one, "2026-11", before={}, new={"2026-11": Decimal(8)}, stated=set()) == [("2026-11", 0, 492)]
    late: dict[str, Decimal] = {"2026-11": Decimal(100), "2026-12": Decimal(600)}
    assert adds(one, "2026-12", before=november, new=late, stated=stated) == [("2026-11", 0, -100), ("2026-12", 0, 0)]
    much: dict[str, Decimal] = {"2026-11": Decimal(900)}
    assert adds(one, "2026-12", before=november, new=much, stated=stated)[0] == ("2026-11", 0, -492)
    back: dict[str, Decimal] = {"2026-11": Decimal(-8)}
    assert adds(one, "2026-12", before=november, new=back, stated=stated)[0] == ("2026-11", 0, 8)


def test_what_is_agreed_for_a_month_that_is_stated_already_is_on_the_next_statement() -> None:
    one = agreed(per_month=Decimal(31), minimum=Decimal(0))
    assert adds(one, "2026-12", before={}, new={}, stated={"2026-11"}) == [("2026-11", 31, 0), ("2026-12", 31, 0)]
    assert adds(one, "2026-12", before={}, new={}, stated=set()) == [("2026-12", 31, 0)]  # November has its own to come
    ended = replace(one, until=date(2026, 11, 15))
    before = {"2026-11": granted(0, 0, fixed=31)}
    assert adds(ended, "2026-12", before=before, new={}, stated={"2026-11"}) == [("2026-11", -15, 0)]


# ---- On the real database


def charge(id: str, amount: str, at: datetime = NOON) -> Cdr:
    return replace(cdr(id=id, energy_kwh="10", costs=costing(amount), ended_at=at), ref=f"ref of {id}")


async def stated(database: Database, clock: SetClock, at: datetime) -> list[Statement]:
    """All statements by then, the oldest first."""
    clock.set(at)
    await hosting.state_due(database)
    async with database.unit() as unit:
        who = await hosting.host(unit, LADDNAV, "garage")
        return list(reversed(await hosting.statements(unit, who)))


async def shares_stated(database: Database, *statements: Statement) -> list[list[str]]:
    async with database.unit() as unit:
        who = await hosting.host(unit, LADDNAV, "garage")
    return [[one.cdr_id async for one in hosting.every_share(database, who, each.ref)] for each in statements]


async def test_a_share_that_is_reckoned_while_its_month_is_being_stated_is_on_one_statement_with_its_money(
    database: Database, clock: SetClock
) -> None:
    await garage(database, minimum=Decimal(0))
    clock.set(NOON)
    await account(database, charge("C1", "110"))
    clock.set(OVER)
    async with database.unit() as unit:
        await hosting.state(unit, LADDNAV, "garage", "2026-11")
        await account(database, charge("C2", "60"))  # before that commits
    november, december = await stated(database, clock, NEW_YEAR)
    assert await shares_stated(database, november, december) == [["C1"], ["C2"]]
    assert (november.amount, december.amount) == (Decimal(10), Decimal(5))


async def test_shares_that_come_late_are_taken_off_the_guarantee_that_was_paid_for_their_month(
    database: Database, clock: SetClock
) -> None:
    host = await garage(database)
    clock.set(NOON)
    await account(database, charge("C1", "90"))
    await stated(database, clock, OVER)
    await account(database, charge("C2", "60"), charge("C3", "7010", datetime(2026, 12, 5, tzinfo=UTC)))
    november, december = await stated(database, clock, NEW_YEAR)
    assert (november.amount, december.amount) == (Decimal(500), Decimal(700))
    assert [(one.month, one.shares, one.guarantee) for one in december.lines] == [
        ("2026-11", Decimal(5), Decimal(-5)),
        ("2026-12", Decimal(700), Decimal(0)),
    ]
    january = (await stated(database, clock, FEBRUARY))[-1]
    assert (january.month, january.amount) == ("2027-01", Decimal(500))
    async with database.unit() as unit:
        (owed,) = await hosting.owed(unit, host)
    assert (owed.shared, owed.stated) == (Decimal(0), Decimal(1700))
