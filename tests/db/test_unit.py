"""A Unit is all or nothing, and what it announces is part of it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from laddnav.db import stream
from laddnav.db.events import Event
from laddnav.db.hearing import OfOurs
from laddnav.db.outbox import ATTEMPTS, Deliverer, dead, drain, revive, wait_after
from laddnav.db.refusals import MadeMeanwhile
from laddnav.db.unit import REMEMBERED, Database, Listener, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from tests.clock import SetClock

US = PartyId("SE", "LAD")
SET = "insert into setting (name, value) values ($1, $2)"
GET = "select value from setting where name = $1"


class LampLit(Event, frozen=True, kw_only=True):
    lamp: str
    by: str = ""

    @property
    def about(self) -> str:
        return self.lamp


class CoinDropped(LampLit, frozen=True, kw_only=True):
    """Every single one counts."""

    each = True


class LampTold(LampLit, frozen=True, kw_only=True):
    owner: str


heard: list[Event] = []
deaf: set[str] = set()


async def hear(database: Database, event: Event) -> None:
    heard.append(event)


@OfOurs
async def hear_ours(database: Database, event: LampLit) -> None:
    heard.append(event)


async def hear_badly(database: Database, event: LampLit) -> None:
    if event.lamp in deaf:
        raise Refusal("too loud")
    heard.append(event)


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    heard.clear()
    deaf.clear()
    return {LampLit: [hear, hear_badly], CoinDropped: [hear], LampTold: [hear_ours]}


async def test_what_a_unit_learns_is_remembered_once_it_is_committed(database: Database) -> None:
    with pytest.raises(Refusal):
        async with database.unit() as unit:
            unit.learn("lamp", "hall", "lit")
            raise Refusal("not after all")
    assert database.remembered.get("lamp") is None
    async with database.unit() as unit:
        unit.learn("lamp", "hall", "lit")
        assert unit.remembered.get("lamp") is None
    assert database.remembered["lamp"] == {"hall": "lit"}


async def test_of_what_is_learnt_the_newest_is_remembered(database: Database) -> None:
    async with database.unit() as unit:
        unit.learn("lamp", "hall", "lit")
        unit.learn("lamp", "attic", "lit")
    async with database.unit() as unit:
        unit.learn("lamp", "hall", "dark")
        for number in range(REMEMBERED - 1):
            unit.learn("lamp", number, "lit")
    assert len(database.remembered["lamp"]) == REMEMBERED
    assert ("attic" in database.remembered["lamp"], database.remembered["lamp"]["hall"]) == (False, "dark")


async def test_what_is_written_and_announced_commits_together(database: Database) -> None:
    async with database.unit() as unit:
        unit.write(SET, "colour", "amber")
        unit.announce(LampLit(holder=US, lamp="L1"))
    async with database.unit() as unit:
        assert await unit.value(GET, "colour") == "amber"
        assert [one.about for one in await stream.after(unit, "")] == ["L1"]
        assert await unit.value("select count(*) from job") == 2


async def test_an_exception_undoes_writes_and_announcements(database: Database) -> None:
    with pytest.raises(Refusal):
        async with database.unit() as unit:
            unit.write(SET, "colour", "amber")
            unit.announce(LampLit(holder=US, lamp="L1"))
            assert await unit.value(GET, "colour") == "amber"  # a Unit reads what it wrote
            raise Refusal("changed my mind")
    async with database.unit() as unit:
        assert await unit.value(GET, "colour") is None
        assert list(await stream.after(unit, "")) == []


async def test_a_write_that_the_database_refuses_undoes_the_others(database: Database) -> None:
    with pytest.raises(MadeMeanwhile):
        async with database.unit() as unit:
            unit.write(SET, "colour", "amber")
            unit.write(SET, "colour", "green")
    async with database.unit() as unit:
        assert await unit.value(GET, "colour") is None


async def test_a_unit_that_only_writes_takes_no_connection_before_its_end(database: Database) -> None:
    async with database.unit() as unit:
        unit.write(SET, "colour", "amber")
        assert unit._connection is None


async def test_a_unit_begins_a_transaction_where_it_writes_or_locks_and_not_before(database: Database) -> None:
    async with database.unit() as unit:
        unit.write(SET, "colour", "amber")
    async with database.unit() as unit:
        assert await unit.value(GET, "colour") == "amber"
        assert unit._connection is not None and not unit._connection.is_in_transaction()
        assert await unit.value(f"{GET} for update", "colour") == "amber"
        assert unit._connection.is_in_transaction()
    async with database.unit() as unit:
        assert await unit.value(GET, "colour") == "amber"
        unit.write(SET, "shape", "round")
        assert await unit.value(GET, "shape") == "round"
        assert unit._connection is not None and unit._connection.is_in_transaction()


async def test_waiting_news_about_one_thing_is_heard_once_and_newest(database: Database) -> None:
    for by in ("Ada", "Bo"):
        async with database.unit() as unit:
            unit.announce(LampLit(holder=US, lamp="L1", by=by))
    async with database.unit() as unit:
        unit.announce(LampLit(holder=US, lamp="L1", by="Cy"))
        unit.announce(LampLit(holder=US, lamp="L1", by="Di"))
    await drain(database)
    assert [event.by for event in heard if isinstance(event, LampLit)] == ["Di", "Di"]  # once a listener


async def test_every_single_one_is_heard_where_each_counts(database: Database) -> None:
    async with database.unit() as unit:
        for _ in range(3):
            unit.announce(CoinDropped(holder=US, lamp="slot"))
    await drain(database)
    assert len(heard) == 3


async def test_news_of_a_partner_makes_no_work_for_who_hears_of_ours_alone(database: Database) -> None:
    async with database.unit() as unit:
        unit.announce(LampTold(holder=US, owner="DE*ABC", lamp="theirs"))
        unit.announce(LampTold(holder=US, owner=str(US), lamp="ours"))
    async with database.unit() as unit:
        assert [row["about"] for row in await unit.fetch("select about from job")] == ["ours"]
    await drain(database)
    assert [event.about for event in heard] == ["ours"]
    # As work does that was there before.
    await hear_ours(database, LampTold(holder=US, owner="DE*ABC", lamp="theirs"))
    assert len(heard) == 1


async def test_one_failing_listener_holds_up_nobody(database: Database) -> None:
    deaf.add("L1")
    async with database.unit() as unit:
        unit.announce(LampLit(holder=US, lamp="L1"))
    await drain(database)
    assert len(heard) == 1  # the other listener


async def test_a_listener_is_tried_again_later_and_then_shown_to_a_person(database: Database, clock: SetClock) -> None:
    deaf.add("L1")
    async with database.unit() as unit:
        unit.announce(LampLit(holder=US, lamp="L1"))
    for attempt in range(1, ATTEMPTS + 1):
        await drain(database)
        clock.advance(wait_after(attempt))
    async with database.unit() as unit:
        (job,) = await dead(unit, US)
    assert (job.attempts, job.about, job.last_error) == (ATTEMPTS, "L1", "Refusal: too loud")
    deaf.clear()
    async with database.unit() as unit:
        assert await revive(unit, US, job.id)
    await drain(database)
    assert len(heard) == 2


async def test_work_under_way_in_a_process_that_died_is_done_by_its_successor(database: Database) -> None:
    async with database.unit() as unit:
        unit.announce(CoinDropped(holder=US, lamp="slot"))
    async with database.unit() as unit:  # claimed, and then the process was killed
        await unit.execute(
            "update job set claimed_by = 'serve', attempts = 1, claimed_until = $1", unit.now + timedelta(1)
        )
    successor = Deliverer(database, "serve")
    assert await successor.once() == 0
    await successor.take_back()
    assert await successor.once() == 1
    assert len(heard) == 1


async def test_two_deliverers_never_run_the_same_job(database: Database) -> None:
    async with database.unit() as unit:
        for number in range(40):
            unit.announce(CoinDropped(holder=US, lamp=str(number)))
    await asyncio.gather(drain(database, name="one"), drain(database, name="two"))
    assert sorted(event.about for event in heard) == sorted(str(number) for number in range(40))


async def test_a_reader_of_the_stream_never_skips_a_late_committer(database: Database) -> None:
    """The earlier Unit commits last: nobody may read past it meanwhile."""
    early, late = Unit(database), Unit(database)
    for unit, lamp in ((early, "early"), (late, "late")):
        unit.announce(LampLit(holder=US, lamp=lamp))
        unit._write_announced()
        await unit._ready(GET)  # written, not committed
    await (await late._ready(GET)).execute("commit")
    await late._release(sound=True)
    async with database.unit() as unit:
        assert list(await stream.after(unit, "")) == []
    await (await early._ready(GET)).execute("commit")
    await early._release(sound=True)
    async with database.unit() as unit:
        seen = await stream.after(unit, "")
        assert [one.about for one in seen] == ["early", "late"]
        assert list(await stream.after(unit, seen[-1].cursor)) == []
        assert [one.about for one in await stream.after(unit, seen[0].cursor)] == ["late"]


async def test_a_cursor_from_elsewhere_is_refused(database: Database) -> None:
    async with database.unit() as unit:
        with pytest.raises(stream.NotACursor):
            await stream.after(unit, "yesterday")
