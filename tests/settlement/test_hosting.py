"""From a CDR to what it left us, to its host's share, and to the statement of the month, on the real database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.cdrs.events import CdrAccepted, CdrClosed
from laddnav.cdrs.model import Cdr, Costs
from laddnav.db.unit import Database
from laddnav.kit.money import Price
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account
from laddnav.settlement.actions import earning, hosting
from laddnav.settlement.margins import By, Margin, Unknown, look_again_at
from laddnav.settlement.sharing import Agreement, EnergyFrom, Host, UnfitAgreement
from tests.billing.charges import LADDNAV, NOON, TNM, cdr, keep, party
from tests.clock import SetClock


def costing(amount: str) -> Costs:
    return Costs(total=Price(Decimal(amount)))


async def account(database: Database, *some: Cdr) -> None:
    """Kept, billed, and accounted for twice, as when a listener is asked again."""
    await keep(database, some)
    for one in some:
        kind = CdrClosed if one.owner == one.holder else CdrAccepted
        event = kind(holder=one.holder, owner=str(one.owner), cdr_id=one.id)
        await billing.bill(database, event)
        await earning.account_for(database, event)
        await earning.account_for(database, event)


async def garage(database: Database, **said: object) -> Host:
    """The host of LOC1, who gets a tenth of what is left after 1 SEK a kWh, and 500 SEK a month at least."""
    await keep(database, [], ours=[party()])
    host = Host(
        holder=LADDNAV,
        ref="",
        id="garage",
        name="Garaget AB",
        country="SE",
        vat_number="SE556677889901",
        said_at=NOON,
        said_by="",
    )
    facts: dict[str, object] = {
        "holder": LADDNAV,
        "ref": "",
        "host": "garage",
        "places": ("LOC1",),
        "since": date(2026, 11, 1),
        "currency": "SEK",
        "percent": Decimal(10),
        "energy": EnergyFrom.FIXED,
        "energy_per_kwh": Decimal(1),
        "minimum": Decimal(500),
        "said_at": NOON,
        "said_by": "",
    }
    async with database.unit() as unit:
        host = await hosting.save_host(unit, host, by="ada")
        await hosting.agree(unit, Agreement(**(facts | said)), by="ada")  # type: ignore[arg-type]  # by their names
    return host


async def margin(database: Database, one: Cdr) -> Margin:
    async with database.unit() as unit:
        found = await earning.of_cdr(unit, one)
    assert found is not None
    return found


async def test_a_host_is_owed_its_share_at_once_and_gets_a_statement_of_the_month(
    database: Database, clock: SetClock
) -> None:
    host = await garage(database)
    clock.set(NOON)
    one = cdr(id="C1", energy_kwh="20", costs=costing("100"))
    back = cdr(id="C2", energy_kwh="10", costs=costing("60"))
    credit = cdr(id="C2-C", energy_kwh="10", costs=costing("-60"), credits="C2")
    await account(database, one, back, credit)
    async with database.unit() as unit:
        (owed,) = await hosting.owed(unit, host)
        kept = await hosting.shares(unit, host)
    assert (owed.shared, owed.stated) == (Decimal(8), Decimal(0))
    assert sorted(share.amount for share in kept) == [-5, 5, 8]

    assert await hosting.state_due(database) == 0  # the month is not over
    clock.set(datetime(2026, 12, 1, 6, tzinfo=UTC))
    assert await hosting.state_due(database) == 1
    assert await hosting.state_due(database) == 0
    async with database.unit() as unit:
        (statement,) = await hosting.statements(unit, host)
        (line,) = statement.lines
        (owed,) = await hosting.owed(unit, host)
        assert statement.invoice_ref is not None
        invoice = await billing.issue(unit, LADDNAV, statement.invoice_ref)
        assert await ledger.balance(unit, LADDNAV, Account.parse("cost:host"), "SEK") == 500
    assert (line.many, line.shares, line.guarantee) == (3, Decimal(8), Decimal(492))
    assert (owed.shared, owed.stated, statement.amount) == (Decimal(0), Decimal(500), Decimal(500))
    assert (invoice.credit_note, invoice.total_excl, invoice.total_tax) == (True, Decimal(-500), Decimal(-125))
    assert (invoice.self_billed, invoice.number) == (True, "LAD-SB-2026-garage-00001"), "numbers of the host's own"
    async with database.unit() as unit:
        assert await ledger.balance(unit, LADDNAV, Account.parse("input_tax:SE:25"), "SEK") == 125
        assert await ledger.balance(unit, LADDNAV, Account.parse("tax:SE:25"), "SEK") == 0
    async with database.unit() as unit:
        (after,) = await hosting.owed(unit, host)
        (before,) = await hosting.owed(unit, host, NOON)
        assert [share.cdr_id async for share in hosting.every_share(database, host, statement.ref)] == [
            "C1",
            "C2",
            "C2-C",
        ]
    assert (after.amount, before.amount) == (Decimal(625), Decimal(8))

    # What ended in the month and came after its statement is on the next one.
    await account(database, replace(cdr(id="C9", energy_kwh="10", costs=costing("30")), ref="z late"))
    clock.set(datetime(2027, 1, 2, tzinfo=UTC))
    assert await hosting.state_due(database) == 1
    async with database.unit() as unit:
        december, _ = await hosting.statements(unit, host)
        assert december.invoice_ref is not None
        assert (await billing.issue(unit, LADDNAV, december.invoice_ref)).number == "LAD-SB-2027-garage-00001"
    assert [(one.month, one.shares, one.guarantee) for one in december.lines] == [
        ("2026-11", Decimal(2), Decimal(-2)),
        ("2026-12", Decimal(0), Decimal(500)),
    ]


async def test_a_margin_says_what_it_does_not_know(database: Database, clock: SetClock) -> None:
    await garage(database, minimum=Decimal(0))
    clock.set(NOON)
    roaming = cdr(id="R", owner=TNM, token_owner=LADDNAV, energy_kwh="20", costs=costing("70"))
    ours = cdr(id="C1", energy_kwh="20", costs=costing("100"))
    await account(database, ours, roaming)
    left = await margin(database, ours)
    assert (left.billed, left.fees, left.shares, left.energy) == (Decimal(100), Decimal(0), Decimal(8), None)
    assert (left.unknown, left.margin, left.at_most) == ((Unknown.NO_SITE,), None, Decimal(92))
    passed_on = await margin(database, roaming)
    assert (passed_on.paid, passed_on.roaming, passed_on.unknown) == (Decimal(70), Decimal(70), (Unknown.NO_PAYMENT,))
    async with database.unit() as unit:
        by_partner = await earning.sums(unit, LADDNAV, By.PARTNER, "2026-11", "2026-11", sort="revenue")
        (by_month,) = await earning.sums(unit, LADDNAV, By.MONTH, "2026-01", "2026-12")
        charges = await earning.sums(unit, LADDNAV, By.CHARGE, "2026-11", "2026-11", sort="kwh", rising=True)
        assert await earning.sums(unit, TNM, By.MONTH, "2026-01", "2026-12") == []
    assert [(one.of, one.revenue, one.margin) for one in by_partner] == [("NL*TNM", Decimal(170), None)]
    assert by_month.unknown == (Unknown.NO_SITE, Unknown.NO_PAYMENT)
    assert (by_month.many, by_month.complete, by_month.shares) == (2, 0, Decimal(8))
    assert {one.cdr_ref for one in charges} == {ours.ref, roaming.ref}


async def test_agreements_that_give_away_more_than_all_are_refused(database: Database) -> None:
    await garage(database)
    with pytest.raises(UnfitAgreement):
        async with database.unit() as unit:
            first = (await hosting.agreements(unit, LADDNAV))[0]
            await hosting.agree(unit, replace(first, percent=Decimal("90.01")), by="ada")


@pytest.mark.parametrize(
    ("unknown", "days", "hours"),
    [
        ({Unknown.NO_PRICES}, 13, 1),
        ({Unknown.NO_PRICES}, 15, None),
        ({Unknown.NO_PRICES, Unknown.NO_ENERGY}, 400, 24),
        ({Unknown.NO_SITE}, 0, None),
        ({Unknown.NO_SITE, Unknown.NO_ENERGY}, 0, 24),
        ({Unknown.NO_READINGS, Unknown.NO_ENERGY}, 0, None),
        (set(), 0, None),
    ],
)
def test_what_may_be_known_later_is_looked_at_again_for_as_long_as_a_share_waits_for_it(
    unknown: set[Unknown], days: int, hours: int | None
) -> None:
    one = Margin(
        holder=LADDNAV,
        cdr_owner=LADDNAV,
        cdr_id="C1",
        cdr_ref="r",
        ended_at=NOON,
        month="2026-11",
        location_id="LOC1",
        place="",
        tariff="",
        partner="",
        currency="SEK",
        kwh=Decimal(1),
        unknown=tuple(unknown),
    )
    now = NOON + timedelta(days=days)
    assert look_again_at(one, now) == (None if hours is None else now + timedelta(hours=hours))
