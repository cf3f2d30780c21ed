"""A partner's CDR is billed once it is right, or somebody took it as it is; until then it is held and shown."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from importlib.resources import files

import pytest
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.postings import payable
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrAccepted, CdrReceived
from laddnav.cdrs.model import Cdr, Costs, Review, Standing
from laddnav.cdrs.rules import NotInDispute, credit_id, credited
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit import json
from laddnav.kit.energy import kwh
from laddnav.kit.ids import fold
from laddnav.kit.money import Price, TaxAmount
from laddnav.ledger import actions as ledger
from laddnav.locations import actions as locations
from laddnav.metering.model import ChargingPeriod, Dimension
from laddnav.meters.rules import NoReason
from laddnav.parties import actions as parties
from laddnav.pricing.check.causes import Cause
from laddnav.pricing.check.plausible import Implausible
from laddnav.pricing.check.verdicts import Verdict
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import TariffDimension
from tests import things
from tests.billing.charges import NOON, PLACE
from tests.billing.charges import cdr as some_cdr
from tests.clock import SetClock
from tests.things import THEM, US

HOUR = timedelta(hours=1)
TARIFF = things.tariff(owner=THEM)  # 2.50 a kWh and 5.00 a charge


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {CdrReceived: [cdrs.check], CdrAccepted: [billing.bill]}


def theirs(id: str = "C1", *, total: str = "30.00", session: str = "S1", hours: int = 0, **changes: object) -> Cdr:
    """10 kWh in an hour, on their tariff: 30.00 and 25 %."""
    start = NOON - HOUR + timedelta(hours=hours)
    before = Decimal(total)
    period = ChargingPeriod(
        started_at=start, dimensions=(Dimension("ENERGY", Decimal(10)), Dimension("TIME", Decimal(1))), tariff_id="T1"
    )
    plain = replace(
        some_cdr(id=id, holder=US, owner=THEM, token_owner=US, energy_kwh="10", ended_at=start + HOUR),
        session_id=session,
        tariffs=(TARIFF,),
        periods=(period,),
        location=replace(PLACE, id="LOC1", evse_uid="EVSE1"),
        costs=Costs(total=Price(before, (TaxAmount("VAT", before / 4),))),
    )
    return replace(plain, **changes)


class Desk:
    """Where CDRs arrive, one after the other."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock = database, clock

    async def receive(self, *some: Cdr) -> Review:
        """What is thought of the last one."""
        for one in some:
            async with self.database.unit() as unit:
                one = replace(one, ref=unit.new_id())
                await cdrs.receive(unit, one, json.encode(one))
            await drain(self.database)
        return await self.review(some[-1].id)

    async def review(self, id: str) -> Review:
        async with self.database.unit() as unit:
            review = await cdrs.review_of(unit, await cdrs.fetch(unit, US, THEM, id))
        assert review is not None
        return review

    async def owed(self) -> Decimal:
        """What we owe them."""
        async with self.database.unit() as unit:
            return -await ledger.balance(unit, US, payable(THEM), "SEK")

    async def decide(self, review: Review, verb: str, why: str = "agreed by telephone") -> Review:
        async with self.database.unit() as unit:
            decided = await getattr(cdrs, verb)(unit, review.ref, by="Astrid", why=why)
        await drain(self.database)
        return decided  # type: ignore[no-any-return]  # of one of two verbs


@pytest.fixture
async def desk(database: Database, clock: SetClock) -> Desk:
    async with database.unit() as unit:
        await parties.add(unit, things.party(ref=unit.new_id()))
        await tariffs.keep(unit, US, TARIFF)
        await locations.keep(unit, US, things.location(owner=THEM))
    return Desk(database, clock)


def taken_back(cdr: Cdr) -> Cdr:
    return credited(cdr, id=credit_id(cdr.id), ref="", now=NOON)


# ---- Accepted as it came


async def test_what_is_right_is_billed(desk: Desk) -> None:
    review = await desk.receive(theirs())
    assert (review.standing, review.disputed_at, review.decided_by) == (Standing.ACCEPTED, None, None)
    assert review.checked is not None and review.checked.verdict is Verdict.MATCH
    assert await desk.owed() == Decimal("30.00")


async def test_the_same_news_again_judges_and_bills_nothing_again(desk: Desk) -> None:
    before = await desk.receive(theirs())
    received = CdrReceived(holder=US, owner=str(THEM), cdr_id="C1")
    await asyncio.gather(*(cdrs.check(desk.database, received) for _ in range(4)))
    await drain(desk.database)
    assert await desk.review("C1") == before
    assert await desk.owed() == Decimal("30.00")


async def test_what_nobody_can_verify_is_billed_with_a_note(desk: Desk) -> None:
    """docs/decisions/0008: a CDR without a tariff is no reason to stop paying."""
    bare = theirs(tariffs=(), periods=(replace(theirs().periods[0], tariff_id="T9"),), location=PLACE)
    review = await desk.receive(bare)
    assert review.standing is Standing.ACCEPTED
    assert review.checked is not None and review.checked.verdict is Verdict.NOT_VERIFIABLE
    assert review.checked.why is not None
    assert await desk.owed() == Decimal("30.00")


async def test_a_cdr_that_carries_no_tariff_is_priced_on_the_one_that_we_know(desk: Desk) -> None:
    review = await desk.receive(theirs(tariffs=(), total="99.00"))
    assert review.standing is Standing.DISPUTED
    assert review.difference == Decimal("69.00")


async def test_a_sum_of_time_that_is_wrong_is_noted_and_costs_nobody_anything(desk: Desk) -> None:
    review = await desk.receive(theirs(time=2 * HOUR))
    assert review.standing is Standing.ACCEPTED
    assert review.checked is not None and review.checked.mismatching_fields == ("total_time",)


# ---- Held


async def test_what_is_wrong_is_held_with_its_likely_cause_and_not_paid(desk: Desk) -> None:
    review = await desk.receive(
        theirs(total="37.50", costs=Costs(total=Price(Decimal("37.50"), (TaxAmount("VAT", Decimal("9.38")),))))
    )
    assert (review.standing, review.difference) == (Standing.DISPUTED, Decimal("7.50"))
    assert review.checked is not None and review.checked.likely_cause is Cause.TAXES_TWICE
    assert await desk.owed() == 0
    async with desk.database.unit() as unit:
        assert await cdrs.disputes(unit, US) == [review]
        assert await cdrs.count_disputed(unit, US) == 1
        assert await cdrs.dispute(unit, review.ref) == review


async def test_the_version_that_was_published_at_the_start_counts_not_the_one_that_is_carried(desk: Desk) -> None:
    """The tariff became cheaper before the charge, and the CDR still has the old one."""
    cheaper = replace(
        TARIFF,
        elements=(replace(TARIFF.elements[0], components=(things.component(TariffDimension.ENERGY, "1.00"),)),),
        last_updated=TARIFF.last_updated + HOUR,
    )
    async with desk.database.unit() as unit:
        await tariffs.keep(unit, US, cheaper)
    review = await desk.receive(theirs())
    assert (review.standing, review.difference) == (Standing.DISPUTED, Decimal("20.00"))
    assert review.checked is not None and review.checked.likely_cause is Cause.EARLIER_TARIFF


async def test_a_tariff_that_changed_after_the_charge_began_does_not_count(desk: Desk) -> None:
    later = replace(TARIFF, elements=(), last_updated=NOON)
    async with desk.database.unit() as unit:
        await tariffs.keep(unit, US, later)
    assert (await desk.receive(theirs())).standing is Standing.ACCEPTED


async def test_more_than_the_connector_can_give_is_held(desk: Desk) -> None:
    """22 kW by their own Location."""
    period = replace(theirs().periods[0], dimensions=(Dimension("ENERGY", Decimal(40)), Dimension("TIME", Decimal(1))))
    review = await desk.receive(theirs(total="105.00", periods=(period,), energy=kwh(40)))
    assert (review.standing, review.findings) == (Standing.DISPUTED, (Implausible.TOO_MUCH_POWER,))


async def test_the_same_charge_under_another_id_is_held(desk: Desk) -> None:
    await desk.receive(theirs("C1"))
    review = await desk.receive(theirs("C2"))
    assert (review.findings, review.other_id) == ((Implausible.DUPLICATE,), "C1")
    assert await desk.owed() == Decimal("30.00")


async def test_another_charge_at_the_same_time_and_place_is_held(desk: Desk) -> None:
    await desk.receive(theirs("C1"))
    other = theirs("C2", session="S2", token=replace(theirs().token, uid="OTHER"))
    review = await desk.receive(other)
    assert (review.findings, review.other_id) == ((Implausible.OVERLAP,), "C1")
    assert (await desk.receive(theirs("C3", session="S3", hours=1))).standing is Standing.ACCEPTED


async def test_of_two_that_are_judged_at_once_one_is_the_duplicate(desk: Desk) -> None:
    for id in ("C1", "C2"):
        async with desk.database.unit() as unit:
            one = theirs(id, ref=unit.new_id())
            await cdrs.receive(unit, one, json.encode(one))
    news = [CdrReceived(holder=US, owner=str(THEM), cdr_id=id) for id in ("C2", "C1")]
    await asyncio.gather(*(cdrs.check(desk.database, each) for each in news))
    assert [(await desk.review(id)).standing for id in ("C1", "C2")] == [Standing.ACCEPTED, Standing.DISPUTED]


# ---- Decided


async def test_a_person_accepts_and_it_is_billed_as_it_is(desk: Desk) -> None:
    held = await desk.receive(theirs(total="99.00"))
    decided = await desk.decide(held, "accept")
    assert (decided.standing, decided.decided_by, decided.note) == (Standing.ACCEPTED, "Astrid", "agreed by telephone")
    assert decided.decided_at == desk.clock.now()
    assert await desk.owed() == Decimal("99.00")
    with pytest.raises(NotInDispute):
        await desk.decide(held, "reject")


async def test_a_person_rejects_and_it_is_never_billed_unless_somebody_thinks_better_of_it(desk: Desk) -> None:
    held = await desk.receive(theirs(total="99.00"))
    with pytest.raises(NoReason):
        await desk.decide(held, "reject", why="")
    assert (await desk.decide(held, "reject")).standing is Standing.REJECTED
    with pytest.raises(NotInDispute):
        await desk.decide(held, "reject")
    assert await desk.owed() == 0
    await desk.decide(held, "accept")
    assert await desk.owed() == Decimal("99.00")


async def test_what_was_accepted_as_it_came_is_nobodys_to_decide(desk: Desk) -> None:
    fine = await desk.receive(theirs())
    for verb in ("accept", "reject"):
        with pytest.raises(NotInDispute):
            await desk.decide(fine, verb)


# ---- Credits of partners


async def test_a_credit_takes_back_what_was_billed(desk: Desk) -> None:
    one = theirs()
    review = await desk.receive(one, taken_back(one))
    assert review.standing is Standing.ACCEPTED
    assert await desk.owed() == 0


async def test_a_credit_of_what_is_held_settles_both_and_bills_neither(desk: Desk) -> None:
    wrong = theirs(total="99.00")
    review = await desk.receive(wrong, taken_back(wrong))
    assert review.standing is Standing.SETTLED
    assert (await desk.review("C1")).standing is Standing.SETTLED
    assert await desk.owed() == 0
    right = await desk.receive(theirs("C2"))
    assert right.standing is Standing.ACCEPTED
    assert await desk.owed() == Decimal("30.00")


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 0, 1), (1, 0, 2), (1, 2, 0), (2, 1, 0)])
async def test_original_credit_and_successor_may_come_in_any_order(desk: Desk, order: tuple[int, ...]) -> None:
    """Nothing says in which order a partner sends them; 30 were billed, taken back, and are now 55."""
    first = theirs()
    period = replace(first.periods[0], dimensions=(Dimension("ENERGY", Decimal(20)), Dimension("TIME", Decimal(1))))
    successor = theirs("C2", total="55.00", periods=(period,), energy=kwh(20))
    three = (first, taken_back(first), successor)
    await desk.receive(*(three[place] for place in order))
    assert await desk.owed() == Decimal("55.00")
    async with desk.database.unit() as unit:
        assert await cdrs.count_disputed(unit, US) == 0


async def test_a_credit_of_something_unknown_or_of_another_amount_is_held(desk: Desk) -> None:
    one = theirs()
    lost = await desk.receive(taken_back(theirs("LOST")))
    assert (lost.standing, lost.findings) == (Standing.DISPUTED, (Implausible.CREDITS_UNKNOWN,))
    less = replace(taken_back(one), costs=Costs(total=Price(Decimal(-20))))
    review = await desk.receive(one, less)
    assert (review.standing, review.findings) == (Standing.DISPUTED, (Implausible.CREDITS_DIFFERENTLY,))
    again = await desk.receive(replace(taken_back(one), id="again"))
    assert again.findings == (Implausible.DUPLICATE,)
    assert await desk.owed() == Decimal("30.00")


async def test_what_was_billed_before_there_was_a_check_counts_as_accepted(desk: Desk) -> None:
    """The migration says so: a credit of it takes it back."""
    old = theirs("OLD")
    async with desk.database.unit() as unit:
        await cdrs.receive(unit, old, json.encode(old))
    received = CdrReceived(holder=US, owner=str(THEM), cdr_id="OLD")
    await billing.bill(desk.database, received)  # type: ignore[arg-type]  # as the house did before
    statement = next(one for one in _migration().split(";") if "insert into cdr_review" in one)
    async with desk.database.unit() as unit:
        await unit.execute(statement)
    review = await desk.review("OLD")
    assert (review.standing, review.stated, fold(review.cdr_id)) == (Standing.ACCEPTED, Decimal("30.00"), "old")
    await desk.receive(taken_back(old))
    assert await desk.owed() == 0


def _migration() -> str:
    return (files("laddnav.db") / "migrations" / "0003_reviews_and_credits.sql").read_text()
