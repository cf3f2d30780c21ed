"""What comes to light after a CDR of ours is closed leads to a credit and a successor, and never to an edit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.postings import receivable
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrAccepted, CdrClosed, CdrReceived
from laddnav.cdrs.model import Cdr
from laddnav.cdrs.rules import AlreadyCredited, NotOurs, UnknownCdr
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit import json
from laddnav.kit.energy import wh
from laddnav.ledger import actions as ledger
from laddnav.locations import actions as locations
from laddnav.metering.model import DoubtKind, Measurand, Reading
from laddnav.meters.rules import NoReason
from laddnav.people import actions as people
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions import rules
from laddnav.sessions.actions import Measurement
from laddnav.sessions.events import SessionAmended, SessionEnded
from laddnav.sessions.model import Session, Status, StopReason
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, TariffDimension
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.things import THEM, US, component, settled, tariff, token

HOUR = timedelta(hours=1)


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {
        SessionEnded: [cdrs.close],
        SessionAmended: [cdrs.correct],
        CdrClosed: [billing.bill],
        CdrReceived: [cdrs.check],
        CdrAccepted: [billing.bill],
    }


class Street:
    """One plug, a dear hour from nine to ten local time and cheap ones after it, and a clock on the wall."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock = database, clock
        self.session_id = ""

    async def begin(self, register: int = 0) -> None:
        async with self.database.unit() as unit:
            station = await locations.station(unit, "ST1")
            session = await sessions.begin(
                unit,
                station=station,
                evse_no=1,
                uid="CARD1",
                given=Authorization(allowed=Allowed.ALLOWED, token=token()),
                at=self.clock.now(),
                register=wh(register),
            )
        self.session_id = session.id

    async def read(self, at: datetime, register: int) -> None:
        said = Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))
        async with self.database.unit() as unit:
            station = await locations.station(unit, "ST1")
            one = Measurement(station=station, evse_no=1, session_id=self.session_id, readings=(said,))
            await sessions.measure(unit, [one])

    async def stop(self, register: int | None, at: datetime | None = None) -> None:
        async with self.database.unit() as unit:
            await sessions.stop(
                unit,
                holder=US,
                session_id=self.session_id,
                at=at or self.clock.now(),
                register=None if register is None else wh(register),
                reason=StopReason.DRIVER,
            )

    async def session(self) -> Session:
        async with self.database.unit() as unit:
            return await sessions.fetch(unit, US, US, self.session_id)

    async def closed(self) -> list[Cdr]:
        """All that were, the first first."""
        await drain(self.database)
        async with self.database.unit() as unit:
            return list(reversed(await cdrs.page(unit, US)))

    async def owed(self) -> Decimal:
        """By the driver, by the ledger, before VAT is invoiced."""
        async with self.database.unit() as unit:
            return await ledger.balance(unit, US, receivable("driver:SE-LAD-CCARD1"), "SEK")

    async def doubts(self) -> list[DoubtKind]:
        async with self.database.unit() as unit:
            return [one.kind for one in await readings.doubts_of(unit, US, self.session_id) if one.settled_at is None]


@pytest.fixture
async def street(database: Database, clock: SetClock) -> Street:
    await settled(database)
    dear = Element(components=(component(TariffDimension.ENERGY, "4.00"),))
    cheap = Element(components=(component(TariffDimension.ENERGY, "1.00"),))
    hours = replace(dear, restriction=replace(dear.restriction, duration_max=HOUR))
    async with database.unit() as unit:
        await tariffs.keep(unit, US, tariff(elements=(hours, cheap), last_updated=clock.now()))
    return Street(database, clock)


async def two_hours(street: Street) -> datetime:
    """10 kWh in two hours of which nobody said when; the middle of them."""
    await street.begin()
    middle = street.clock.advance(HOUR)
    street.clock.advance(HOUR)
    await street.stop(10_000)
    return middle


async def two_hours_closed(street: Street) -> datetime:
    middle = await two_hours(street)
    await drain(street.database)
    return middle


async def test_a_reading_that_comes_after_the_cdr_is_closed_credits_it_and_closes_anew(street: Street) -> None:
    """CDR-012, CDR-013, CDR-014, CDR-017, CDR-020: 5 kWh at 4 and 5 at 1; but it was 1 and 9."""
    middle = await two_hours(street)
    (first,) = await street.closed()
    assert first.costs.total.before_taxes == Decimal("25.00")
    assert await street.owed() == Decimal("25.00")

    await street.read(middle, 1000)
    first_again, credit, successor = await street.closed()
    assert first_again == first
    assert (credit.credit, credit.credit_reference_id) == (True, first.id)
    assert credit.costs.total.before_taxes == Decimal("-25.00")
    assert (successor.credit, successor.credit_reference_id, successor.closing) == (False, None, 2)
    assert successor.costs.total.before_taxes == Decimal("13.00")
    assert successor.energy == first.energy
    assert len({first.id, credit.id, successor.id}) == 3
    assert len(first.id) == len(successor.id) == 36 < len(credit.id) <= 39
    assert await street.owed() == Decimal("13.00")
    assert not {DoubtKind.LATE_READING, DoubtKind.NO_READINGS} & set(await street.doubts())
    async with street.database.unit() as unit:
        assert await cdrs.of_session(unit, US, US, street.session_id) == successor
        assert await cdrs.credit_of(unit, first) == credit


async def test_the_ledger_holds_what_was_billed_and_takes_it_back_exactly(street: Street) -> None:
    middle = await two_hours_closed(street)
    await street.read(middle, 1000)
    first, credit, _ = await street.closed()
    async with street.database.unit() as unit:
        posted = [
            posting
            for one in (first, credit)
            for entry in await ledger.entries(unit, US, cites=f"cdr {one.owner}/{one.id}")
            for posting in entry.entry.postings
        ]
    sums: dict[object, Decimal] = {}
    for posting in posted:
        sums[posting.account] = sums.get(posting.account, Decimal(0)) + posting.amount
    assert len(posted) >= 4
    assert set(sums.values()) == {Decimal(0)}


async def test_the_same_late_fact_twice_is_one_correction(street: Street) -> None:
    middle = await two_hours_closed(street)
    for _ in range(3):
        await street.read(middle, 1000)
        await drain(street.database)
    amended = SessionAmended(holder=US, owner=str(US), session_id=street.session_id)
    await asyncio.gather(*(cdrs.correct(street.database, amended) for _ in range(4)))
    assert len(await street.closed()) == 3


async def test_every_correction_credits_the_one_before(street: Street) -> None:
    middle = await two_hours_closed(street)
    await street.read(middle + timedelta(minutes=10), 2000)
    assert len(await street.closed()) == 3
    await street.read(middle, 1000)
    every = await street.closed()
    first, second, third = (one for one in every if not one.credit)
    assert [one.closing for one in (first, second, third)] == [1, 2, 3]
    assert [one.credit_reference_id for one in every if one.credit] == [first.id, second.id]
    assert await street.owed() == third.costs.total.before_taxes == Decimal("13.00")


async def test_a_late_fact_that_changes_nothing_corrects_nothing(street: Street) -> None:
    middle = await two_hours(street)
    (first,) = await street.closed()
    await street.read(middle, 5000)
    assert await street.closed() == [first]
    assert DoubtKind.LATE_READING not in await street.doubts()


async def test_a_reading_that_comes_before_the_cdr_is_closed_is_in_it(street: Street) -> None:
    """Its announcement finds no CDR, or the one that it is in."""
    middle = await two_hours(street)
    await street.read(middle, 1000)
    (only,) = await street.closed()
    assert only.costs.total.before_taxes == Decimal("13.00")


async def test_a_stop_that_nobody_waited_for_any_more_is_the_true_end(street: Street) -> None:
    """The station was away; what it tells when it comes back is billed, no less and no more."""
    await street.begin()
    await street.read(street.clock.advance(HOUR), 4000)
    await street.stop(None, at=street.clock.advance(timedelta(minutes=10)))
    street.clock.advance(rules.SETTLE_WITHIN + timedelta(seconds=1))
    await sessions.settle_overdue(street.database)
    (first,) = await street.closed()
    assert (first.energy, DoubtKind.STOP_UNKNOWN in await street.doubts()) == (wh(4000), True)

    true_end = street.clock.advance(HOUR)
    await street.stop(6000, at=true_end)
    _, credit, successor = await street.closed()
    assert (successor.energy, successor.ended_at) == (wh(6000), true_end)
    assert credit.credit_reference_id == first.id
    assert await street.owed() == successor.costs.total.before_taxes
    session = await street.session()
    assert (session.status, session.energy, session.ended_at) == (Status.COMPLETED, wh(6000), true_end)
    assert DoubtKind.STOP_UNKNOWN not in await street.doubts()


# ---- By hand


async def credited(street: Street, ref: str, why: str = "billed to the wrong contract") -> Cdr:
    async with street.database.unit() as unit:
        return await cdrs.credit(unit, ref, by="Astrid", why=why)


async def test_a_person_takes_a_cdr_back_and_says_why(street: Street) -> None:
    await two_hours(street)
    (first,) = await street.closed()
    credit = await credited(street, first.ref)
    assert await street.closed() == [first, credit]
    assert await street.owed() == 0
    async with street.database.unit() as unit:
        assert await cdrs.of_session(unit, US, US, street.session_id) is None
        (deed, *_) = await people.deeds(unit)
    assert (deed.who, deed.deed, deed.detail) == ("Astrid", "credit CDR", "billed to the wrong contract")


async def test_a_cdr_is_credited_once_and_a_credit_never(street: Street) -> None:
    await two_hours(street)
    (first,) = await street.closed()
    with pytest.raises(NoReason):
        await credited(street, first.ref, why="")
    credit = await credited(street, first.ref)
    for ref in (first.ref, credit.ref):
        with pytest.raises(AlreadyCredited):
            await credited(street, ref)
    with pytest.raises(UnknownCdr):
        await credited(street, "no such ref")
    assert len(await street.closed()) == 2
    assert await street.owed() == 0


async def test_what_a_person_took_back_no_late_fact_brings_again(street: Street) -> None:
    middle = await two_hours(street)
    (first,) = await street.closed()
    await credited(street, first.ref)
    await street.read(middle, 1000)
    ended = SessionEnded(holder=US, owner=str(US), session_id=street.session_id)
    await cdrs.close(street.database, ended)
    assert len(await street.closed()) == 2
    assert await street.owed() == 0


async def test_a_partners_cdr_is_not_ours_to_credit(street: Street) -> None:
    await two_hours(street)
    (first,) = await street.closed()
    theirs = replace(first, owner=THEM, id="theirs", ref="ref of theirs", session_id=None)
    async with street.database.unit() as unit:
        await cdrs.receive(unit, theirs, json.encode(theirs))
    with pytest.raises(NotOurs):
        await credited(street, "ref of theirs")
