"""A CDR that is corrected to more than was taken: nothing is taken by itself; it is asked for and paid, or waived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.actions import settling
from laddnav.billing.actions.issuing import issue
from laddnav.cdrs import actions as cdrs
from laddnav.db.events import Event
from laddnav.db.unit import Listener
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account as LedgerAccount
from laddnav.mail import actions as mail
from laddnav.metering.model import Measurand, Reading
from laddnav.payments import shortfall
from laddnav.payments.actions import paying, shortfalls, tickets
from laddnav.payments.events import PaymentChanged
from laddnav.payments.shortfall import LOST, BeingPaid, NoAddress, NothingOpen, Shortfall, WaivedWithoutReason
from laddnav.payments.ticket import Ticket
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, TariffDimension
from tests.clock import SetClock
from tests.payments.bank import Bank
from tests.payments.conftest import an_account
from tests.payments.test_agreement import Mortal
from tests.payments.test_tickets import LISTENERS, Calm, Shop
from tests.things import US, component, settle_in, tariff

NOON, HOUR = datetime(2026, 11, 22, 12, tzinfo=UTC), timedelta(hours=1)
HEARS: dict[type[Event], list[Listener]] = {
    **{event: list(heard) for event, heard in LISTENERS.items()},
    PaymentChanged: [billing.settle_payment, tickets.payment_went_on],
}
# 10 kWh in two hours; the first hour costs 5 a kWh with taxes, the second 1.25.
TAKEN, CORRECTED, MORE, NOTHING = Decimal("31.25"), Decimal("46.25"), Decimal(15), Decimal(0)


class Corner(Shop):
    async def charges(self, **said: str) -> None:
        """Two hours of which nobody said when they drew: five and five, until the middle is told."""
        await self.sells(**said)
        await self.pays()
        await self.plugs_in()
        self.middle = self.clock.advance(HOUR)
        self.clock.advance(HOUR)
        await self.unplugs(11_000)
        await self.goes_on()

    async def is_credited(self) -> None:
        async with self.database.unit() as unit:
            cdr = await tickets.cdr_of(unit, await tickets.by_link(unit, self.link))
            assert cdr is not None
            await cdrs.credit(unit, cdr.ref, by="fia", why="The cable was broken")
        await self.goes_on()
        short = (await self.ticket()).short
        assert short is not None
        for ref in short.paid:
            await self.collector.go_on(ref)
        await self.goes_on()

    async def is_told(self, register: int, at: datetime | None = None) -> None:
        session = await self.session()
        assert session is not None
        said = Reading(at=at or self.middle, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))
        async with self.database.unit() as unit:
            one = Measurement(station=self.station, evse_no=1, session_id=session.id, readings=(said,))
            await sessions.measure(unit, [one])
        await self.goes_on()

    async def short(self) -> Shortfall:
        short = (await self.ticket()).short
        assert short is not None
        return short

    async def listed(self) -> list[Ticket]:
        async with self.database.unit() as unit:
            return list(await shortfalls.page(unit, US))

    async def waived(self, why: str = "Our mistake") -> None:
        async with self.database.unit() as unit:
            await shortfalls.waive(unit, (await self.ticket()).ref, why, by="fia")
        await self.goes_on()

    async def pays_rest(self) -> str:
        async with self.database.unit() as unit:
            ref = (await self.ticket()).ref
            short = (await shortfalls.pay(unit, self.link, "https://lad.example/charge/ticket")).short
            assert short is not None and short.later is not None and ref
        self.paid_by, first = short.later, self.paid_by
        await self.goes_on()
        self.bank.confirm(self.bank.kept[short.later])
        await self.goes_on_at_provider()
        self.paid_by = first
        return short.later

    async def is_taken(self, ref: str) -> None:
        """What the bank would not take before."""
        async with self.database.unit() as unit:
            await paying.try_again(unit, ref, by="a test")
        await self.collector.go_on(ref)
        await self.goes_on()

    async def lost(self) -> Decimal:
        async with self.database.unit() as unit:
            return await ledger.balance(unit, US, LOST, "SEK")

    async def with_us(self) -> Decimal:
        """What of the driver's money is, whichever payment it came by."""
        short = (await self.ticket()).short
        refs = [self.paid_by, *(() if short is None else short.paid)]
        async with self.database.unit() as unit:
            return sum([(await paying.by_ref(unit, ref)).net for ref in refs], Decimal(0))


@pytest.fixture
async def corner(database_url: str, clock: SetClock):  # type: ignore[no-untyped-def]  # a Corner
    database = await Mortal.connect(database_url, clock=clock, hears=HEARS)
    assert isinstance(database, Mortal)
    async with database.unit() as unit:
        station = await settle_in(unit)
        dear = Element(components=(component(TariffDimension.ENERGY, "4.00"),))
        cheap = Element(components=(component(TariffDimension.ENERGY, "1.00"),))
        hour = replace(dear, restriction=replace(dear.restriction, duration_max=HOUR))
        await tariffs.keep(unit, US, tariff(elements=(hour, cheap), last_updated=clock.now()))
    yield Corner(database, clock, station, await an_account(database), Bank(Calm(1), faults=False))
    await database.close()


async def test_more_is_not_taken_but_asked_for_by_mail_paid_on_the_page_and_settles_the_invoice(corner: Corner) -> None:
    await corner.charges(email="anna@example.com", language="sv")
    assert ((await corner.ticket()).short, await corner.with_us()) == (None, TAKEN)
    await corner.is_told(10_000)
    ticket = await corner.ticket()
    assert (ticket.due, await corner.with_us()) == (CORRECTED, TAKEN), "nobody agreed to more"
    assert [one.ref for one in await corner.listed()] == [ticket.ref]
    async with corner.database.unit() as unit:
        assert await shortfalls.address_of(unit, ticket) == "anna@example.com", "where the receipt went"
        asked = await shortfalls.demand(unit, ticket.ref, "", by="fia")
        assert asked.short is not None and asked.short.mailed_to == "anna@example.com"
        letter, *_ = await mail.page(unit, US)
    assert "15,00" in letter.subject and ticket.link in letter.text and "46,25" in letter.text
    paid = await corner.pays_rest()
    short = await corner.short()
    assert (short.open, short.paid, short.later, await corner.with_us()) == (NOTHING, (paid,), None, CORRECTED)
    assert await corner.listed() == []
    async with corner.database.unit() as unit:
        with pytest.raises(NothingOpen):
            await shortfalls.waive(unit, ticket.ref, "Our mistake", by="fia")
    async with corner.database.unit() as unit:
        (invoice,) = await billing.invoices(unit, US)
        await issue(unit, US, invoice.ref)
    async with corner.database.unit() as unit:
        assert await settling.open_of(unit, US, f"driver:{ticket.code}") == (), "the invoice is paid by both"
    await corner.is_credited()
    assert await corner.with_us() == (await corner.ticket()).due == 0, "both go back"


async def test_what_is_waived_is_a_loss_that_no_driver_owes_until_the_charge_costs_less_again(corner: Corner) -> None:
    await corner.charges()
    await corner.is_told(10_000)
    ticket = await corner.ticket()
    async with corner.database.unit() as unit:
        with pytest.raises(NoAddress):
            await shortfalls.demand(unit, ticket.ref, "", by="fia")
        with pytest.raises(WaivedWithoutReason):
            await shortfalls.waive(unit, ticket.ref, " x ", by="fia")
    await corner.waived()
    short = await corner.short()
    assert (short.open, short.waived, short.why, short.by) == (NOTHING, MORE, "Our mistake", "fia")
    assert (await corner.lost(), await corner.with_us()) == (MORE, TAKEN) and not await corner.listed()
    async with corner.database.unit() as unit:
        (invoice,) = await billing.invoices(unit, US)
        await issue(unit, US, invoice.ref)
    async with corner.database.unit() as unit:
        assert await settling.open_of(unit, US, f"driver:{ticket.code}") == ()
    assert await corner.owed() == 0, "VAT and all"
    await corner.is_credited()
    assert await corner.lost() == (await corner.short()).waived == await corner.with_us() == 0


@pytest.mark.parametrize("due", [Decimal("46.25"), Decimal("42.50"), NOTHING])
async def test_what_is_held_for_the_rest_is_neither_waived_nor_forgotten_by_another_correction(
    corner: Corner, due: Decimal
) -> None:
    await corner.charges()
    await corner.is_told(9000, corner.middle - HOUR / 2)
    first = Decimal(45)
    assert (await corner.short()).open == first - TAKEN
    corner.bank.takes = False
    paid = await corner.pays_rest()
    with pytest.raises(BeingPaid):
        await corner.waived()
    if due:
        await corner.is_told(10_000 if due > first else 9000)
    else:
        await corner.is_credited()
    assert (await corner.short()).asked == max(due - TAKEN, NOTHING)
    corner.bank.takes = True
    await corner.is_taken(paid)
    short, with_us = await corner.short(), await corner.with_us()
    assert (short.open, short.later) == (max(due - first, NOTHING), None), "what was paid is not asked for again"
    assert with_us == min(due, first)
    assert sum(one.captured - one.refunded for one in corner.bank.kept.values()) == with_us


async def test_what_was_given_out_of_goodwill_is_not_asked_for(corner: Corner) -> None:
    await corner.charges()
    async with corner.database.unit() as unit:
        await paying.refund(unit, corner.paid_by, Decimal(5), "it was slow", by="fia")
    await corner.goes_on()
    await corner.is_told(10_000)
    assert ((await corner.short()).open, await corner.with_us()) == (MORE, TAKEN - 5)


def test_what_is_asked_follows_the_cdr_and_what_was_waived_of_more_is_posted_back() -> None:
    assert shortfall.corrected(None, Decimal(-3), NOON) is None
    first = shortfall.corrected(None, Decimal(10), NOON)
    assert first is not None and first.open == 10 and first.number == 0
    waived = shortfall.waived(first, " Our mistake ", "fia", NOON)
    more = shortfall.corrected(waived, Decimal(12), NOON)
    less = shortfall.corrected(waived, Decimal(4), NOON)
    assert more is not None and more.open == 2 and more.number == 1
    assert less is not None and less.open == 0 and less.waived == 4 and less.number == 2
    debtor = str(LedgerAccount.parse("receivable:driver:AH1"))
    posted = [
        shortfall.posted("T", "P", debtor, "SEK", before, after)
        for before, after in ((first, waived), (waived, more), (waived, less))
    ]
    assert [None if one is None else one.postings[0].amount for one in posted] == [Decimal(10), None, Decimal(-6)]
    assert [one.key for one in posted if one] == ["waived T 1", "waived T 2"]
    with pytest.raises(NothingOpen):
        shortfall.waived(waived, "once more", "fia", NOON)


async def test_what_somebody_gives_back_meanwhile_is_not_given_back_once_more(corner: Corner) -> None:
    await corner.charges()
    ticket = await corner.ticket()
    async with corner.database.unit() as unit:
        before = await paying.by_ref(unit, ticket.payment)
        async with corner.database.unit() as other:
            await paying.refund(other, ticket.payment, MORE, "The cable was short", by="fia")
        await shortfalls.corrected(unit, ticket, before, TAKEN - MORE)  # its CDR says less, too
        assert (await paying.by_ref(unit, ticket.payment)).back == MORE
