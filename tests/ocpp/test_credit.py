"""Prepaid credit is held by the charge that is under way, lowered by its CDR, and never spent twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.customers import actions as customers
from laddnav.customers import wallet
from laddnav.customers.actions import allowing
from laddnav.customers.model import Customer, PaysBy
from laddnav.customers.rules import CustomerSaid
from laddnav.customers.wallet import Refill
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import kwh
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.locations.model import Station
from laddnav.metering.model import Measurand, Reading
from laddnav.meters import actions as meters
from laddnav.ocpp import store
from laddnav.ocpp.exchange import Exchange
from laddnav.ocpp.serve import Sockets
from laddnav.ocpp.wire.answers import StoryHeard
from laddnav.ocpp.wire.events import ChargeTold, Stage
from laddnav.ocpp.wire.frames import Call
from laddnav.ocpp.wire.station import CarryOut
from laddnav.ocpp.wire.v2_0_1 import DIALECT
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import SessionEnded
from laddnav.sessions.model import CdrToken
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, TokenType
from tests.clock import SetClock
from tests.ocpp.conftest import until
from tests.ocpp.managed import PACKAGES
from tests.ocpp.teller import Teller
from tests.things import US, WHERE

MINUTES = timedelta(minutes=10)
ZERO = Decimal(0)


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {SessionEnded: [cdrs.close]}


async def tell(
    sockets: Sockets, station: Station, name: str, stage: Stage, clock: SetClock, register: int, *, number: int = 1
) -> Allowed | None:
    """What is said of the card."""
    evse_no, number = int(name[-1]), 0 if stage is Stage.STARTED else number
    said = Reading(at=clock.now(), measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))
    uid = "CARD1" if stage is Stage.STARTED else None
    told = ChargeTold(
        charge=name, number=number, stage=stage, at=clock.now(), evse_no=evse_no, uid=uid, reason=None, readings=(said,)
    )
    call = Call("1", "TransactionEvent", {})
    exchange = Exchange(station=station, dialect=DIALECT, text="[]", call=call, deed=CarryOut(call, told, ()))
    done = await sockets.alone(exchange)
    assert isinstance(done.answer, StoryHeard)
    return None if done.answer.token is None else done.answer.token.allowed


async def bound(database: Database, station: Station, name: str) -> Decimal | None:
    async with database.unit() as unit:
        found = await store.charges.story(unit, US, station.id, name)
    assert found is not None
    return found[0].cost_max


async def left(database: Database) -> Decimal | None:
    async with database.unit() as unit:
        (card,) = await tokens.by_uid(unit, US, "CARD1")
    return card.credit


async def test_two_charges_on_one_credit_never_cost_more_than_it_together(
    sockets: Sockets, station: Station, database: Database, clock: SetClock
) -> None:
    """E16.FR.02: 12.50 with taxes are taken by the CDR of the first, and given back when that is taken back."""
    async with database.unit() as unit:
        (card,) = await tokens.by_uid(unit, US, "CARD1")
        await tokens.keep(unit, US, replace(card, credit=Decimal(50)))
    assert await tell(sockets, station, "A1", Stage.STARTED, clock, 0) is Allowed.ALLOWED
    assert await tell(sockets, station, "B2", Stage.STARTED, clock, 0) is Allowed.NO_CREDIT
    assert await bound(database, station, "A1") == 50
    assert await bound(database, station, "B2") is None
    clock.advance(MINUTES)
    await tell(sockets, station, "A1", Stage.ENDED, clock, 2000)
    assert await left(database) == 50
    await drain(database)
    assert await left(database) == Decimal("37.5")
    assert await tell(sockets, station, "C1", Stage.STARTED, clock, 2000) is Allowed.ALLOWED
    assert await bound(database, station, "C1") == Decimal("37.5")
    async with database.unit() as unit:
        (cdr,) = await cdrs.page(unit, US)
        await cdrs.credit(unit, cdr.ref, by="Ada", why="it rained")
    assert await left(database) == 50
    clock.advance(MINUTES)
    await tell(sockets, station, "C1", Stage.ENDED, clock, 2000)
    await drain(database)
    assert await left(database) == Decimal("43.75")


async def test_a_charge_that_was_asked_for_from_afar_is_bound_as_well(
    sockets: Sockets, station: Station, database: Database, clock: SetClock
) -> None:
    async with database.unit() as unit:
        (card,) = await tokens.by_uid(unit, US, "CARD1")
        await tokens.keep(unit, US, replace(card, credit=Decimal(50)))
        told = CdrToken(owner=US, uid="CARD1", type=TokenType.RFID, contract_id=card.contract_id)
        await sessions.request_start(unit, holder=US, token=told, evse=WHERE)
    await tell(sockets, station, "A1", Stage.STARTED, clock, 0)
    assert await bound(database, station, "A1") == 50


@pytest.mark.parametrize("protocol", list(PACKAGES))
async def test_a_register_that_leaps_uses_up_no_more_than_its_evse_can_have_given(
    url: str, database: Database, clock: SetClock, protocol: str
) -> None:
    """22 kW: 6.25 and 3.125 a kWh are at most 40.63 after half an hour, and more than 50 ten minutes later."""
    async with database.unit() as unit:
        (card,) = await tokens.by_uid(unit, US, "CARD1")
        await tokens.keep(unit, US, replace(card, credit=Decimal(50)))
        await locations.provision(unit, "ST1", Provisioning(protocols=tuple(PACKAGES), on_connect="none"))
    async with Teller(url, protocol, clock) as teller:
        await teller.begin()
        for leapt in (0, 12_345_678, 12_345_678):
            teller.leapt = leapt
            clock.advance(MINUTES)
            await teller.read()
        async with database.unit() as unit:
            (session,) = await sessions.page(unit, US)
            assert session.energy > kwh(12_000)
            assert await unit.fetch("select id from ocpp_call where action = 'StopCharge'") == []
        clock.advance(MINUTES)
        await teller.read()
        await until(lambda: teller.asked_to_stop)
        await teller.end()
    await drain(database)
    async with database.unit() as unit:
        assert await cdrs.page(unit, US) == []
        (held,) = await meters.held(unit, US)
    assert "this EVSE cannot have given more" in held.reasons[0]


async def fill(database: Database, one: Customer, amount: int) -> None:
    postings = (
        Posting(Account(Head.CLEARING, "stripe"), Decimal(amount), "SEK"),
        Posting(wallet.account(one.ref), Decimal(-amount), "SEK"),
    )
    async with database.unit() as unit:
        await ledger.post(unit, US, Entry(key=f"paid {amount}", what="Top-up", cites="payment", postings=postings))


async def test_two_charges_on_one_wallet_hold_a_part_each_and_more_while_there_is_any(
    sockets: Sockets, station: Station, database: Database, clock: SetClock
) -> None:
    """At first what 44 kWh and half an hour of standing cost; 50 of the 370 are left, then the second has them."""
    async with database.unit() as unit:
        (card,) = await tokens.by_uid(unit, US, "CARD1")
        one = await customers.add(unit, US, CustomerSaid(name="Anna", pays_by=PaysBy.WALLET), by="test")
        await customers.keep_contract(unit, one.ref, card.contract_id, by="test")
    await fill(database, one, 370)
    assert await tell(sockets, station, "A1", Stage.STARTED, clock, 0) is Allowed.ALLOWED
    assert await tell(sockets, station, "B2", Stage.STARTED, clock, 0) is Allowed.ALLOWED
    assert (await bound(database, station, "A1"), await bound(database, station, "B2")) == (Decimal(160), Decimal(160))
    clock.advance(6 * MINUTES)
    await tell(sockets, station, "A1", Stage.UPDATED, clock, 22_000)
    assert await bound(database, station, "A1") == 160, "75 with taxes, and 18.75 in the next quarter of an hour"
    clock.advance(6 * MINUTES)
    await tell(sockets, station, "B2", Stage.UPDATED, clock, 44_000)
    async with database.unit() as unit:
        found = await store.charges.story(unit, US, station.id, "B2")
        left = (await allowing.wallet_of(unit, one)).free
    assert found is not None and (found[0].cost_max, left) == (Decimal(210), ZERO), "all that was left"
    # It fills itself, if that was wished, before the charge would end for it; and whoever fills it lets it go on.
    async with database.unit() as unit:
        await customers.keep_card(unit, one.ref, "cus_1/pm_1", by="test")
        await allowing.refill(unit, one.ref, Refill(below=ZERO, amount=Decimal(300), account="A"), by="test")
    assert await short(database) == 0
    clock.advance(6 * MINUTES)
    await tell(sockets, station, "B2", Stage.UPDATED, clock, 60_000, number=2)
    assert (await bound(database, station, "B2"), await short(database)) == (Decimal(210), 1)
    await fill(database, one, 300)
    clock.advance(6 * MINUTES)
    await tell(sockets, station, "B2", Stage.UPDATED, clock, 64_000, number=3)
    assert (await bound(database, station, "B2"), await short(database)) == (Decimal(370), 1)


async def short(database: Database) -> int:
    """How often a wallet was said to run short."""
    async with database.unit() as unit:
        return int(await unit.value("select count(*) from event where kind = 'WalletShort'"))
