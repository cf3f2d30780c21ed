"""Who may charge: wallets that are filled and used, weeks with limits, and customers who did not pay."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.actions import wallets
from laddnav.billing.events import InvoiceIssued
from laddnav.billing.model import PaidFrom
from laddnav.cdrs.model import Cdr
from laddnav.customers import actions as customers
from laddnav.customers import limits, wallet
from laddnav.customers.actions import allowing
from laddnav.customers.limits import Used
from laddnav.customers.model import Contract, Customer, Kind, PaysBy, Standing
from laddnav.customers.rules import CustomerSaid
from laddnav.customers.wallet import NothingToPayOut, Refill, UnfitWallet, Wallet
from laddnav.db.unit import Database, Unit
from laddnav.kit.energy import kwh
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.money import Price, TaxAmount
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import hearing
from laddnav.sessions.actions.entitling import entitled
from laddnav.sessions.events import RoamingCostMoved
from laddnav.sessions.model import AuthMethod, CdrToken, Session, Status
from laddnav.tokens import actions as tokens
from laddnav.tokens import rules as cards
from laddnav.tokens.model import Allowed, Barred, Token, TokenType
from tests.billing.charges import LADDNAV, PLACE, TNM, cdr, energy, keep, party
from tests.billing.test_billing import announced, balances, bill, headings
from tests.clock import SetClock
from tests.things import token

CARD = token("CARD1", LADDNAV, contract_id="SE-C1")
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)


async def anna(database: Database, pays_by: PaysBy = PaysBy.WALLET, **limited: object) -> Customer:
    async with database.unit() as unit:
        said = CustomerSaid(name="Anna", kind=Kind.BUSINESS, pays_by=pays_by)
        one = await customers.add(unit, LADDNAV, said, by="test")
        await customers.keep_card(unit, one.ref, "cus_1/pm_1", by="test")
        await tokens.keep(unit, LADDNAV, CARD)
        await customers.keep_contract(unit, one.ref, "SE-C1", by="test", **limited)  # type: ignore[arg-type]
    return one


async def fill(database: Database, one: Customer, amount: str, key: str = "paid") -> None:
    """As a provider's payment does."""
    async with database.unit() as unit:
        postings = (
            Posting(Account(Head.CLEARING, "stripe"), Decimal(amount), "SEK"),
            Posting(wallet.account(one.ref), -Decimal(amount), "SEK"),
        )
        await ledger.post(unit, LADDNAV, Entry(key=key, what="Top-up", cites="payment", postings=postings))
        await allowing.look(unit, one)


async def in_wallet(database: Database, one: Customer) -> Wallet:
    async with database.unit() as unit:
        return await allowing.wallet_of(unit, one)


async def card(unit: Unit) -> Token:
    return await tokens.fetch(unit, LADDNAV, cards.key_of(CARD))


async def barred(database: Database) -> Barred | None:
    async with database.unit() as unit:
        return (await card(unit)).barred


async def verdict(database: Database) -> tuple[Allowed, str | None]:
    """At a station of ours; with what is told in English."""
    async with database.unit() as unit:
        given = await entitled(unit, LADDNAV, cards.decided(CARD, unit.now, None))
    return given.allowed, dict(given.info).get("en")


# ---- Wallets


async def test_a_wallet_pays_invoices_as_they_are_issued_and_charges_only_while_something_is_in_it(
    database: Database,
) -> None:
    one = cdr(energy("20", "4"), token_owner=LADDNAV)
    await keep(database, [one], ours=[party()])
    owner = await anna(database)
    assert (await verdict(database))[0] is Allowed.NO_CREDIT
    await fill(database, owner, "90")
    assert (await barred(database), (await verdict(database))[0]) == (None, Allowed.ALLOWED)

    await bill(database, one)  # 80 SEK, and 20 of VAT that are not invoiced yet
    found = await in_wallet(database, owner)
    assert (found.in_it, found.owed, found.free) == (Decimal(90), Decimal("100.00"), Decimal("-10.00"))
    assert (await barred(database), await verdict(database)) == (
        Barred.WALLET,
        (Allowed.NO_CREDIT, "The wallet is empty. Top it up to charge."),
    )

    (heading,) = await headings(database)
    async with database.unit() as unit:
        assert (await billing.issue(unit, LADDNAV, heading.ref)).paid_from is PaidFrom.WALLET
    for _ in range(2):
        await wallets.pay(database, InvoiceIssued(holder=LADDNAV, ref=heading.ref))
    held = await balances(database)
    assert held.get(f"wallet:{owner.ref}", 0) == 0
    assert held[f"receivable:{owner.debtor_id}"] == Decimal(10)
    await fill(database, owner, "50", "paid again")
    assert (await in_wallet(database, owner)).free == Decimal(40)  # the 10 that are owed bear their VAT
    assert await barred(database) is None


async def test_what_is_free_is_held_for_one_charge_and_free_again_after_it(database: Database) -> None:
    await keep(database, [], ours=[party()])
    owner = await anna(database)
    await fill(database, owner, "100")
    async with database.unit() as unit:
        assert await allowing.hold(unit, LADDNAV, "se-c1", "SEK", "S1") == Decimal(100)
        assert await allowing.hold(unit, LADDNAV, "SE-C1", "SEK", "S1") == Decimal(100)
    assert (await verdict(database))[0] is Allowed.NO_CREDIT
    async with database.unit() as unit:
        assert await allowing.hold(unit, LADDNAV, "SE-C1", "SEK", "S2") == Decimal(0)
        assert await allowing.hold(unit, LADDNAV, "SE-C2", "SEK", "S3") is None
        allowing.release(unit, LADDNAV, "S1")
    assert (await verdict(database))[0] is Allowed.ALLOWED


async def test_charges_at_once_hold_parts_of_one_wallet_and_never_more_than_is_in_it(
    database: Database, clock: SetClock
) -> None:
    await keep(database, [], ours=[party()])
    owner = await anna(database)
    await fill(database, owner, "100")

    async def hold(session: str, part: int, owner: PartyId = LADDNAV, until: datetime | None = None) -> int:
        async with database.unit() as unit:
            held = await allowing.hold(
                unit, LADDNAV, "SE-C1", "SEK", session, part=Decimal(part), owner=owner, until=until
            )
        assert held is not None
        return int(held)

    assert [await hold("S1", 60), await hold("S2", 60), await hold("S1", 40), await hold("S2", 60)] == [60, 40, 40, 60]
    assert (await verdict(database))[0] is Allowed.NO_CREDIT, "each has its part, and there is none for a third"
    assert await hold("S2", 30) == 30
    assert (await verdict(database))[0] is Allowed.ALLOWED
    week = clock.now() + wallet.CDR_WITHIN
    assert await hold("S1", 250, TNM, week) == 30, "a partner calls its charges as it likes"
    assert (await in_wallet(database, owner)).free == 0
    clock.set(week)
    assert (await in_wallet(database, owner)).free == 30, "nobody waits for its CDR any more"
    assert await barred(database) is Barred.WALLET, "while all was held"
    assert [await allowing.free_late(database), await allowing.free_late(database)] == [1, 0]
    assert await barred(database) is None
    async with database.unit() as unit:
        await allowing.let_go(unit, LADDNAV, "S2")
    assert (await in_wallet(database, owner)).free == 60


def roaming(id: str, **other: object) -> Session:
    """A charge at a partner's place."""
    plain = Session(
        holder=LADDNAV,
        owner=TNM,
        id=id,
        ref=id,
        status=Status.ACTIVE,
        token=CdrToken(owner=LADDNAV, uid="CARD1", type=TokenType.RFID, contract_id="SE-C1"),
        auth_method=AuthMethod.WHITELIST,
        location_id="L9",
        evse_uid="E9",
        connector_id="1",
        started_at=MONDAY,
        currency="SEK",
        time_zone="UTC",
        last_updated=MONDAY,
    )
    return replace(plain, **other)


class Meanwhile:
    """A Unit after some of whose reads something else is committed."""

    def __init__(self, unit: Unit, after: int, happens: Callable[[], Awaitable[None]]) -> None:
        self._unit, self._left, self._happens = unit, after, happens

    def __getattr__(self, name: str) -> object:
        one = getattr(self._unit, name)
        if name not in ("fetch", "fetch_one", "value"):
            return one

        async def read(*asked: object) -> object:
            found = await one(*asked)
            self._left -= 1
            if not self._left:
                await self._happens()
            return found

        return read


async def test_what_is_billed_or_paid_while_a_wallet_is_read_is_never_free_meanwhile(database: Database) -> None:
    await keep(database, [], ours=[party()])
    owner = await anna(database)
    await fill(database, owner, "9000")
    reads = 0
    for number in range(1, 20):
        one = replace(cdr(energy("20", "4"), token_owner=LADDNAV, id=f"C{number}"), session_id=f"S{number}")
        await keep(database, [one])
        async with database.unit() as unit:
            await allowing.hold(unit, LADDNAV, "SE-C1", "SEK", f"S{number}", part=Decimal(250))

        async def billed(one: Cdr = one) -> None:
            nonlocal reads
            reads += 1
            await bill(database, one)

        async def paid() -> None:
            (ref,) = [each.ref for each in await headings(database) if each.number is None]
            async with database.unit() as unit:
                await billing.issue(unit, LADDNAV, ref)
            await wallets.pay(database, InvoiceIssued(holder=LADDNAV, ref=ref))

        for happens in (billed, paid):
            if reads < number and happens is paid:
                break
            before = (await in_wallet(database, owner)).free
            async with database.unit() as unit:
                meanwhile = (await allowing.wallet_of(cast(Unit, Meanwhile(unit, number, happens)), owner)).free
            assert meanwhile <= max(before, (await in_wallet(database, owner)).free), (number, happens)
        if reads < number:
            break
    assert reads > 4, "it happened between each two of them"


@pytest.mark.parametrize(
    ("cost", "currency", "part"), [("0", "SEK", 250), ("249.99", "SEK", 250), ("250", "SEK", 500), ("60", "EUR", 75)]
)
def test_a_charge_at_a_partners_holds_more_than_it_costs_by_now(cost: str, currency: str, part: int) -> None:
    assert wallet.part_at_partner(Decimal(cost), currency) == part


async def test_a_partners_charge_holds_until_its_cdr_and_its_card_is_judged_by_what_is_left(
    database: Database, clock: SetClock
) -> None:
    await keep(database, [], ours=[party()])
    owner = await anna(database)
    await fill(database, owner, "300")

    async def told(status: Status, cost: str, id: str = "S1", vat: tuple[TaxAmount, ...] | None = ()) -> Decimal:
        async with database.unit() as unit:
            said = roaming(
                id,
                ref=unit.new_id(),
                status=status,
                cost=Price(Decimal(cost), vat),
                last_updated=clock.advance(timedelta(seconds=1)),
            )
            await sessions.hear(unit, said)
        await hearing.hold(database, RoamingCostMoved(holder=LADDNAV, owner=str(TNM), session_id=id))
        return (await in_wallet(database, owner)).held

    assert await told(Status.ACTIVE, "0") == 250
    assert await told(Status.ACTIVE, "249") == 250
    assert await announced(database, RoamingCostMoved) == 1, "the second word asks nothing of the wallet"
    assert await told(Status.ACTIVE, "260", "S2") == 300, "no more than there is"
    assert await barred(database) is Barred.WALLET, "so that its partner, who asks or decides alone, says no"
    assert await told(Status.INVALID, "260", "S2") == 250
    assert await barred(database) is None
    assert await told(Status.COMPLETED, "290") == 300
    one = replace(cdr(energy("20", "4"), owner=TNM, token_owner=LADDNAV), session_id="s1")
    # As OCPI 2.1.1 says it: without the id of its Session.
    other = replace(
        cdr(energy("1", "4"), owner=TNM, token_owner=LADDNAV, id="C2"),
        location=replace(PLACE, id="l9", evse_uid="e9"),
        started_at=MONDAY + timedelta(minutes=1),
        ended_at=MONDAY + timedelta(hours=1),
    )
    elsewhere = replace(other, id="C3", ref="C3", location=replace(PLACE, id="L8", evse_uid="E8"))
    await keep(database, [one, other, elsewhere])
    await bill(database, one)
    assert (await in_wallet(database, owner)).held == 0
    assert await told(Status.COMPLETED, "290") == 0, "what is heard after its CDR holds nothing any more"
    await fill(database, owner, "300", "again")
    assert await told(Status.ACTIVE, "0", "S3") == 250
    await bill(database, elsewhere)
    assert (await in_wallet(database, owner)).held == 250, "that was another charge"
    await bill(database, other)
    assert (await in_wallet(database, owner)).held == 0
    await fill(database, owner, "400", "once more")
    assert await told(Status.ACTIVE, "0", "S4") == 250
    before = await announced(database, RoamingCostMoved)
    assert await told(Status.ACTIVE, "196", "S4", None) == 250
    assert await told(Status.ACTIVE, "199", "S4", None) == 250, "248.75 will be owed"
    assert await told(Status.ACTIVE, "249", "S4", None) == 500, "311.25 will be owed"
    assert await announced(database, RoamingCostMoved) == before + 2
    assert await told(Status.ACTIVE, "190", "S4", None) == 250, "it was told too high"
    assert await told(Status.INVALID, "190", "S4", None) == 0
    assert await told(Status.ACTIVE, "190", "S4", None) == 250, "it is one after all"
    assert await told(Status.ACTIVE, "191", "S4", None) == 250
    assert await announced(database, RoamingCostMoved) == before + 5


BEGAN, OVER = MONDAY, MONDAY + timedelta(hours=1)
HERE = roaming("HERE", started_at=MONDAY - timedelta(minutes=9))


@pytest.mark.parametrize(
    ("sessions", "found"),
    [
        ([], None),
        ([HERE], "HERE"),
        ([replace(HERE, location_id="L8")], "HERE"),  # the Evse is the same, whatever its Location is called
        ([replace(HERE, evse_uid="E8")], "HERE"),  # what a partner calls its Evse now is not always what it was
        ([replace(HERE, evse_uid="E8", location_id="L8")], None),
        ([replace(HERE, ended_at=BEGAN)], None),  # the charge before
        ([replace(HERE, started_at=OVER)], None),  # the next one
        ([roaming("NEXT", evse_uid="E8"), HERE], "HERE"),  # another car of the contract, beside it
        ([HERE, roaming("NEAR")], "NEAR"),  # one of before, whose end was never told
    ],
)
def test_a_cdr_without_the_id_of_its_session_is_that_of_the_nearest_at_its_place_in_its_time(
    sessions: list[Session], found: str | None
) -> None:
    assert hearing.which(sessions, EvseRef("l9", "e9"), BEGAN, OVER) == found


async def test_nothing_is_paid_out_that_is_not_there_or_came_from_no_payment(database: Database) -> None:
    await keep(database, [], ours=[party()])
    owner = await anna(database)
    await fill(database, owner, "100")
    for amount in (Decimal(101), Decimal(0), None):
        with pytest.raises(NothingToPayOut):
            async with database.unit() as unit:
                await wallets.pay_out(unit, owner.ref, amount, reason="leaves", by="test")


amounts = st.decimals(0, 1_000, places=2)


@given(in_it=amounts, owed=amounts, held=amounts, below=amounts, amount=st.decimals("0.01", 1_000, places=2))
def test_a_wallet_that_fills_itself_is_filled_to_its_limit_and_by_no_more_than_one_amount_beyond(
    in_it: Decimal, owed: Decimal, held: Decimal, below: Decimal, amount: Decimal
) -> None:
    one = Wallet(
        holder=LADDNAV,
        customer="anna",
        currency="SEK",
        in_it=in_it,
        owed=owed,
        held=held,
        refill=Refill(below=below, amount=amount, account="a"),
    )
    wanted, left = wallet.wanted(one), in_it - owed  # what charges under way hold is there still
    if left >= below:
        assert wanted == 0
    else:
        assert below <= left + wanted < below + amount
    # Where a charge runs short, what is held will be used; what has nothing left then is filled, even to nothing.
    wanted, left = wallet.wanted(one, short=True), in_it - owed - held
    if left > below:
        assert wanted == 0
    else:
        assert below <= left + wanted <= below + amount and wanted > 0


@pytest.mark.parametrize(
    ("refill", "field"),
    [
        (Refill(below=Decimal(-1), amount=Decimal(1), account="a"), "below"),
        (Refill(below=Decimal(0), amount=Decimal(0), account="a"), "amount"),
        (Refill(below=Decimal(0), amount=Decimal("0.001"), account="a"), "amount"),
        (Refill(below=Decimal(0), amount=Decimal("Infinity"), account="a"), "amount"),
        (Refill(below=Decimal(0), amount=Decimal(1), account=""), "account"),
    ],
)
def test_a_refill_that_cannot_be_is_refused_at_its_field(refill: Refill, field: str) -> None:
    with pytest.raises(UnfitWallet) as refused:
        wallet.checked(refill, "SEK")
    assert refused.value.field == field


# ---- Weeks


async def test_a_week_that_is_used_up_bars_the_card_until_monday(database: Database, clock: SetClock) -> None:
    clock.set(MONDAY)
    one, credit = (
        cdr(energy("30", "4"), id="C1", token_owner=LADDNAV, energy_kwh="30"),
        cdr(energy("30", "4"), id="C2", token_owner=LADDNAV, energy_kwh="30", credits="C1"),
    )
    await keep(database, [one, credit], ours=[party()])
    await anna(database, PaysBy.INVOICE, week_energy=kwh(30))
    assert (await verdict(database))[0] is Allowed.ALLOWED
    await bill(database, one, one)
    assert (await barred(database), await verdict(database)) == (
        Barred.WEEK,
        (Allowed.NO_CREDIT, "This week's limit of your company is used up."),
    )
    await bill(database, credit)
    assert (await barred(database), (await verdict(database))[0]) == (None, Allowed.ALLOWED)
    again = cdr(energy("40", "4"), id="C3", token_owner=LADDNAV, energy_kwh="40")
    await keep(database, [again])
    await bill(database, again)
    assert await barred(database) is Barred.WEEK
    clock.advance(timedelta(days=6))
    await allowing.look_again(database)
    assert await barred(database) is Barred.WEEK
    clock.advance(timedelta(days=1))
    await allowing.look_again(database)
    assert (await barred(database), (await verdict(database))[0]) == (None, Allowed.ALLOWED)


async def test_charges_under_way_count(database: Database) -> None:
    await keep(database, [], ours=[party()])
    await anna(database, PaysBy.INVOICE, week_cost=Decimal(100))
    async with database.unit() as unit:
        given = cards.decided(CARD, unit.now, None)

        async def running(contract: Contract) -> Used:
            return Used(cost=Decimal(100))

        assert (await allowing.judged(unit, LADDNAV, given, running)).allowed is Allowed.NO_CREDIT


# ---- Standing


async def test_who_is_stopped_charges_nowhere_and_partners_hear_so(database: Database) -> None:
    await keep(database, [], ours=[party()])
    one = await anna(database, PaysBy.INVOICE)
    async with database.unit() as unit:
        await allowing.stand(unit, one.ref, Standing.STOPPED, why="LAD-2026-00001", by="test")
    async with database.unit() as unit:
        barred = await card(unit)
        assert cards.verdict(barred, unit.now) is Allowed.BLOCKED
        assert not cards.as_partners_see(barred).valid
    async with database.unit() as unit:
        await allowing.stand(unit, one.ref, Standing.GOOD, why="paid", by="test")
    async with database.unit() as unit:
        freed = await card(unit)
        assert cards.as_partners_see(freed).valid and cards.verdict(freed, unit.now) is Allowed.ALLOWED


async def test_a_contract_that_is_released_is_barred_by_nobody(database: Database) -> None:
    await keep(database, [], ours=[party()])
    one = await anna(database)
    async with database.unit() as unit:
        await allowing.look(unit, one)
    assert await barred(database) is Barred.WALLET
    async with database.unit() as unit:
        await customers.release_contract(unit, one.ref, "SE-C1", by="test")
    assert await barred(database) is None


@given(
    standing=st.sampled_from(Standing),
    free=st.none() | st.integers(-5, 5).map(Decimal),
    used=st.integers(0, 20),
    limit=st.none() | st.integers(0, 20),
)
def test_who_is_barred_has_a_reason_and_the_most_basic_one_is_told(
    standing: Standing, free: Decimal | None, used: int, limit: int | None
) -> None:
    contract = Contract(
        holder=LADDNAV,
        customer="anna",
        contract_id="C1",
        week_cost=None if limit is None else Decimal(limit),
        since=MONDAY,
    )
    why = limits.barred(standing, free, contract, Used(cost=Decimal(used)))
    assert (why is Barred.STOPPED) == (standing is Standing.STOPPED)
    if standing is not Standing.STOPPED:
        assert (why is Barred.WALLET) == (free is not None and free <= 0)
        assert (why is None) == ((free is None or free > 0) and (limit is None or used < limit))
    assert why is None or {language for language, _ in limits.REASONS[why]} == {"en", "sv", "de"}


def test_two_reminders_are_told_and_the_third_stops() -> None:
    stands = [limits.standing_after(reminder) for reminder in range(5)]
    assert stands == [Standing.GOOD, Standing.REMINDED, Standing.REMINDED, Standing.STOPPED, Standing.STOPPED]
