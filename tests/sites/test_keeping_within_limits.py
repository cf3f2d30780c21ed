"""From tick to tick a site asks its stations for so much that no fuse has more, and remembers all that it asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.notes import Note
from laddnav.locations import actions as locations
from laddnav.ocpp import attention
from laddnav.ocpp.ills import Ill
from laddnav.scheduling.notes import NoteKind, noted
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import limiting
from laddnav.sessions.events import Limiting, LimitsAnswered
from laddnav.sessions.limited import limits_of
from laddnav.sessions.model import Session
from laddnav.sites import actions as sites
from laddnav.sites import store
from laddnav.sites.actions import Memory
from laddnav.sites.model.now import Picture, Why
from laddnav.sites.model.site import Phase, Site
from laddnav.sites.model.told import Covers, Measurement, Place
from tests.clock import SetClock
from tests.sites.garage import STATIONS, each, metered, opened, plugged_in, site
from tests.things import THEM, US

PROCESS = "here"
STEP = timedelta(seconds=20)


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {LimitsAnswered: [sites.answered]}


def amps_of(session: Session) -> float:
    """What its station was told last, or begins with."""
    ours = limits_of(session, US)
    profile = None if ours is None else ours.wanted or ours.profile
    return 6.0 if profile is None else float(profile.limits[0].rate)


class Garage:
    """Does what the loop of the server does, when the test says so, and answers for its stations."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock = database, clock
        self.memory = Memory()
        self.deaf: set[str] = set()

    async def open(self, one: Site, *, fallbacks: bool = True) -> None:
        await opened(self.database)
        async with self.database.unit() as unit:
            await sites.save(unit, one, by="somebody")
        async with self.database.unit() as unit:
            assert [id for _, id, _ in await sites.claim(unit, PROCESS)] == ["garage"]
            if fallbacks:
                for each_ in one.members:
                    await sites.fallback_answered(unit, US, each_.station_id, 1, each_.fallback_amps, accepted=True)

    async def tick(self) -> None:
        async with self.database.unit() as unit:
            ticked = await sites.steer(unit, US, "garage", process=PROCESS, memory=self.memory)
        assert ticked is not None
        if ticked.plan_due is not None:
            await sites.plan(self.database, US, "garage", why=ticked.plan_due)

    async def answers(self) -> Sequence[Session]:
        """Every station that hears accepts what it is asked. Those that charge."""
        charging = await self.charging()
        async with self.database.unit() as unit:
            for session in charging:
                ours = limits_of(session, US)
                if ours is not None and ours.wanted is not None and session.station_id not in self.deaf:
                    await limiting.answer_limits(unit, US, session.id, Limiting.SET, "ACCEPTED", None, ours.request)
        await drain(self.database)
        return charging

    async def charging(self) -> Sequence[Session]:
        async with self.database.unit() as unit:
            return await sessions.charging_at(unit, US, STATIONS)

    async def passes(self, length: timedelta, *, draws: bool = True) -> dict[str, float]:
        """Ticks of twenty seconds, in which each draws all that it may; what it may in the end."""
        told: dict[str, float] = {}
        for _ in range(-(-length // STEP)):
            self.clock.advance(STEP)
            await self.tick()
            for session in await self.answers():
                assert session.station_id is not None
                told[session.station_id] = amps_of(session)
                if draws:
                    await metered(self.database, session, told[session.station_id])
        return told

    async def picture(self) -> Picture:
        async with self.database.unit() as unit:
            return await sites.moment_of(unit, US, "garage")

    async def within(self) -> None:
        """The most that may be drawn, by what stations have acknowledged, is never above a fuse."""
        for gauge in (await self.picture()).gauges:
            for most, committed, building in zip(gauge.limit, gauge.committed, gauge.building, strict=True):
                assert committed + building <= most, gauge


@pytest.fixture
def garage(database: Database, clock: SetClock) -> Garage:
    return Garage(database, clock)


async def test_cars_share_what_the_connection_gives_and_are_raised_only_when_others_have_made_room(
    garage: Garage,
) -> None:
    """40 A less 10 A of the building: one car has 18 beside two fallbacks, two have 12 beside one, three have 10."""
    await garage.open(site())
    await plugged_in(garage.database, "G1")
    assert await garage.passes(timedelta(minutes=3)) == {"G1": 18}
    await garage.within()
    await plugged_in(garage.database, "G2")
    shared = await garage.passes(timedelta(minutes=5))
    assert shared == {"G1": 12, "G2": 12}
    await garage.within()
    await plugged_in(garage.database, "G3")
    assert await garage.passes(timedelta(minutes=5)) == {"G1": 10, "G2": 10, "G3": 10}
    await garage.within()


async def test_a_lease_says_on_how_many_phases_its_car_was_seen(garage: Garage) -> None:
    """A station that takes watts alone would else be told another power than the plan has for it."""
    await garage.open(site())
    await plugged_in(garage.database, "G1")
    await garage.passes(timedelta(minutes=1), draws=False)
    assert await told_phases(garage) == 3  # all that are wired, until something was seen
    (session,) = await garage.charging()
    await metered(garage.database, session, 10, uses=[Phase.L1])
    await garage.passes(STEP, draws=False)
    assert await told_phases(garage) == 1


async def told_phases(garage: Garage) -> int | None:
    (session,) = await garage.charging()
    ours = limits_of(session, US)
    assert ours is not None and ours.profile is not None
    return ours.phases


async def test_a_station_that_has_not_acknowledged_its_fallback_counts_with_all_it_can(garage: Garage) -> None:
    await garage.open(site(amps=each(50)), fallbacks=False)
    one = (await garage.picture()).members[1]
    assert (one.station_id, one.fallback_known, float(one.committed_amps)) == ("G2", False, 32)


async def test_what_was_asked_outlives_the_process(garage: Garage) -> None:
    """Another process takes the site over, knows what was acknowledged, and asks for nothing anew."""
    await garage.open(site())
    await plugged_in(garage.database, "G1")
    await garage.passes(timedelta(minutes=3))
    before = await garage.picture()
    async with garage.database.unit() as unit:
        assert await sites.steer(unit, US, "garage", process="there", memory=Memory()) is None
        await sites.nobody_watches(unit, PROCESS)
    async with garage.database.unit() as unit:
        assert len(await sites.claim(unit, "there")) == 1 and not await sites.claim(unit, PROCESS)
    async with garage.database.unit() as unit:
        assert await sites.steer(unit, US, "garage", process="there", memory=Memory()) is not None
    assert all(one.wanted is None for session in await garage.charging() for one in session.limits)
    assert (await garage.picture()).members == before.members


async def test_a_station_that_does_not_follow_is_taken_out_and_an_operator_brings_it_back(garage: Garage) -> None:
    """It says yes and draws 32 A all the same: after its reaction it is out, and others have what it leaves."""
    await garage.open(site())
    await plugged_in(garage.database, "G1")
    obeys = await plugged_in(garage.database, "G2")
    await garage.passes(timedelta(minutes=4))
    (wild,) = [one for one in await garage.charging() if one.station_id == "G1"]
    for _ in range(5):
        await metered(garage.database, wild, 32)
        await metered(garage.database, obeys, 6)
        await garage.passes(STEP, draws=False)
    now = await garage.picture()
    (out,) = [one for one in now.members if one.out_at is not None]
    assert out.station_id == "G1" and isinstance(out.out_why, Note) and "It draws 32.0 A, may draw" in str(out.out_why)
    assert {one.station_id: one.why for one in now.cars}["G1"] is Why.TAKEN_OUT
    assert await count_events(garage, "StationTakenOut") >= 1
    async with garage.database.unit() as unit:
        (ill,) = [one for one in await attention.wanted(unit, US) if one.ill is Ill.OUT_OF_HAND]
        assert (ill.station_id, ill.evse_no, ill.evse_uid, ill.drivers) == ("G1", 1, "EG1", 1)
        assert ill.since == out.out_at and ill.noticed == (out.out_why,) and ill.site_ref == "garage-ref"
        assert await attention.wanted(unit, THEM) == []
    async with garage.database.unit() as unit:
        back = await sites.bring_back(unit, US, "garage", "G1", 1, by="somebody")
        assert back.ban is None and back.fallback is None
    assert await count_events(garage, "StationBroughtBack") == 1
    async with garage.database.unit() as unit:
        assert not [one for one in await attention.wanted(unit, US) if one.ill is Ill.OUT_OF_HAND]


async def count_events(garage: Garage, kind: str) -> int:
    async with garage.database.unit() as unit:
        many: int = await unit.value("select count(*) from event where kind = $1", kind)
        return many


async def test_a_limit_from_outside_is_obeyed_in_time_and_said_to_be(garage: Garage) -> None:
    """From 18 A to 5 kW, which are 7 A: the building counts as the site says, for nobody measures it."""
    await garage.open(site(building=each(0)))
    await plugged_in(garage.database, "G1")
    await garage.passes(timedelta(minutes=4))
    told_at = garage.clock.now()
    async with garage.database.unit() as unit:
        await sites.limited(unit, US, "garage", told_at, None, Decimal(5), "DSO", id="1", covers=Covers.SITE)
    assert await garage.passes(STEP) == {"G1": 7}
    await garage.passes(timedelta(minutes=2))
    (limit,) = (await garage.picture()).limits
    assert limit.obeyed_at is not None and limit.obeyed_at - told_at <= timedelta(seconds=80)
    async with garage.database.unit() as unit:
        await sites.unlimited(unit, US, "garage", "DSO", "1")
    assert (await garage.passes(timedelta(minutes=2)))["G1"] > 7


@pytest.mark.parametrize("kw", [None, 7])
async def test_a_limit_that_was_obeyed_as_it_was_taken_back_or_changed_is_not_what_it_was(
    garage: Garage, kw: int | None
) -> None:
    """A look at the site had read it before."""
    await garage.open(site(building=each(0)))
    at = garage.clock.now()
    async with garage.database.unit() as unit:
        was = await sites.limited(unit, US, "garage", at, None, Decimal(5), "DSO", id="1", covers=Covers.SITE)
    garage.clock.advance(STEP)
    async with garage.database.unit() as unit:
        if kw is None:
            await sites.unlimited(unit, US, "garage", "DSO", "1")
        else:
            await sites.limited(unit, US, "garage", at, None, Decimal(kw), "DSO", id="1", covers=Covers.SITE)
    async with garage.database.unit() as unit:
        one = await sites.fetch(unit, US, "garage")
        store.told.limit_obeyed(unit, one, replace(was, obeyed_at=unit.now))
    async with garage.database.unit() as unit:
        found = [(one.kw, one.obeyed_at) for one in await sites.limits(unit, US, "garage")]
    assert found == ([] if kw is None else [(Decimal(kw), None)])


async def test_what_the_building_leaves_is_measured_and_a_silent_meter_counts_with_the_most(garage: Garage) -> None:
    """40 A less what is drawn beside the car: 2 A measured leave 26 beside two fallbacks, 10 A leave 18."""
    await garage.open(site())
    one = await plugged_in(garage.database, "G1")

    async def mains(amps: float) -> None:
        async with garage.database.unit() as unit:
            said = Measurement(place=Place.GRID, at=unit.now, amps=each(amps))
            await sites.measured(unit, US, "garage", said)

    drawn = 6.0
    for _ in range(9):
        await mains(drawn + 2)
        drawn = (await garage.passes(STEP, draws=False))["G1"]
        await metered(garage.database, one, drawn)
    assert drawn == 26
    await garage.within()
    assert await garage.passes(timedelta(minutes=3)) == {"G1": 18}


async def test_a_station_off_the_line_counts_with_its_lease_and_then_with_its_fallback(garage: Garage) -> None:
    await garage.open(site())
    await plugged_in(garage.database, "G1")
    await garage.passes(timedelta(minutes=3))
    async with garage.database.unit() as unit:
        locations.disconnected(unit, await locations.station(unit, "G1"), process="test")
    garage.deaf.add("G1")
    await garage.passes(timedelta(seconds=30), draws=False)
    (car,) = (await garage.picture()).cars
    assert (car.why, float(car.committed_amps)) == (Why.AWAY, 18)
    await garage.passes(timedelta(minutes=8), draws=False)
    (car,) = (await garage.picture()).cars
    assert car.committed_amps == 6


async def test_a_plan_is_made_at_once_and_again_when_something_happens(garage: Garage) -> None:
    await garage.open(site())
    await garage.tick()
    first = await plan(garage)
    assert first is not None and (first.number, first.cars, str(first.why)) == (1, (), "the first plan")
    assert noted(NoteKind.NO_ZONE) in first.notes
    garage.clock.advance(timedelta(seconds=10))
    await garage.tick()
    assert await plan(garage) == first
    one = await plugged_in(garage.database, "G1")
    garage.clock.advance(timedelta(seconds=10))
    await garage.tick()
    second = await plan(garage)
    assert second.number == 2 and str(second.why) == "something happened at the site"
    (car,) = second.cars
    assert (car.session_id, car.energy, car.said, car.unmet) == (one.id, 20.0, False, 0.0)
    assert abs(sum(car.power) / 4 - 20) < 0.01 and car.power[0] > 0
    async with garage.database.unit() as unit:
        since = garage.clock.now() - timedelta(hours=1)
        (quarter,) = await sites.history(unit, US, "GARAGE", since, garage.clock.now())
    assert (quarter.planned, quarter.limit) == (0.0, 27.6)


async def test_a_limit_that_comes_changes_or_goes_makes_another_plan_which_heeds_it(garage: Garage) -> None:
    """20 kWh in 24 hours under 0.5 kW, less than any car begins at: all of it is missed; under 5 kW nothing is."""
    await garage.open(site(building=each(0)))
    await plugged_in(garage.database, "G1")
    await garage.passes(timedelta(seconds=40))
    assert await will_miss(garage) == 0
    begin_at = garage.clock.now()
    for kw, missed in ((Decimal("0.5"), 20), (Decimal(5), 0)):
        async with garage.database.unit() as unit:
            await sites.limited(unit, US, "garage", begin_at, None, kw, "DSO", id="1", covers=Covers.CARS)
        number = (await plan(garage)).number
        await garage.passes(STEP, draws=False)
        made = await plan(garage)
        assert made.number > number and str(made.why) == "something happened at the site"
        assert await will_miss(garage) == pytest.approx(missed, abs=0.5)
    async with garage.database.unit() as unit:
        await sites.limited(unit, US, "garage", begin_at, None, Decimal("0.5"), "DSO", id="1", covers=Covers.CARS)
    await garage.passes(STEP, draws=False)
    assert await will_miss(garage) > 15
    async with garage.database.unit() as unit:
        await sites.unlimited(unit, US, "garage", "DSO", "1")
    await garage.passes(STEP, draws=False)
    assert await will_miss(garage) == 0


async def will_miss(garage: Garage) -> float:
    (car,) = (await plan(garage)).cars
    return float(car.unmet)


async def plan(garage: Garage) -> Any:
    async with garage.database.unit() as unit:
        return await sites.plan_of(unit, US, "garage")
