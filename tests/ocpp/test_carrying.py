"""What several limit a charge to reaches its station as one profile, and what holds there is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from laddnav.db.events import Event
from laddnav.db.unit import Database, Listener
from laddnav.scheduling.held import Obeyed
from laddnav.sessions import limited
from laddnav.sessions.actions import limiting
from tests.clock import SetClock
from tests.ocpp.charging import EMSP, HEARS, LEASE, VERSIONS, amperes, charging, events
from tests.ocpp.following import Following, periods
from tests.things import US


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return HEARS


@pytest.mark.parametrize("protocol", VERSIONS)
async def test_a_station_gets_the_least_of_what_all_want_as_one_profile(
    url: str, database: Database, clock: SetClock, protocol: str
) -> None:
    """CHP-034, K01.FR.03 K01.FR.05 K01.FR.16 K01.FR.34 K01.FR.39: each is answered, and leaves, for its own."""
    following = Following(clock)
    async with charging(url, database, following, protocol) as car:
        assert await car.limit(amperes((0, 16), (30, 8)), by=EMSP, request="app") == "ACCEPTED"
        assert periods(following.of("TxProfile")) == [(0, 16), (1800, 8)]
        assert await car.read_back() is Obeyed.AS_ASKED
        assert await car.limit(amperes((0, 10), at=clock.now(), lasts=LEASE), request="plan") == "ACCEPTED"
        assert periods(following.of("TxProfile")) == [(0, 10), (600, 16), (1800, 8)]
        assert await car.clear(EMSP, "gone") == "ACCEPTED"
        assert periods(following.of("TxProfile")) == [(0, 10)]
        assert following.limit(clock.now() + LEASE) == 32
        assert await car.clear(US, "over") == "ACCEPTED"
        assert following.profiles == []
        assert [one.profile for one in (await car.session()).limits] == [None, None]


async def test_a_station_that_gives_more_than_it_was_told_is_found_out(
    url: str, database: Database, clock: SetClock
) -> None:
    """K08.FR.02: it says yes and does nothing; whoever leads it is told so."""
    following = Following(clock)
    async with charging(url, database, following) as car:
        following.deaf = True
        assert await car.limit(amperes((0, 10), at=clock.now(), lasts=LEASE)) == "ACCEPTED"
        assert await car.read_back() is Obeyed.MORE
        last = (await events(database))[-1]
        assert (last["what"], last["obeyed"]) == ("TELL", "MORE")


async def test_a_lease_that_only_goes_on_costs_one_call_and_is_no_news(
    url: str, database: Database, clock: SetClock
) -> None:
    """Ten renewals: each one profile, one answer to whoever leads it; nothing is read back and nobody told."""
    following = Following(clock)
    async with charging(url, database, following) as car:
        assert await car.limit(amperes((0, 16)), by=EMSP, request="app") == "ACCEPTED"
        await car.read_back()
        clock.advance(timedelta(minutes=1))
        assert await car.limit(amperes((0, 10), at=clock.now(), lasts=LEASE), request="plan") == "ACCEPTED"
        await car.read_back()
        read, told = len(car.station.asked_for("GetCompositeSchedule")), len(await events(database, "LimitsChanged"))
        answered = len(await events(database))
        for turn in range(10):
            clock.advance(timedelta(minutes=2))
            lease = amperes((0, 10), at=clock.now(), lasts=LEASE)
            assert await car.limit(lease, request=f"again {turn}") == "ACCEPTED"
        assert len(car.station.asked_for("GetCompositeSchedule")) == read
        assert len(await events(database, "LimitsChanged")) == told
        assert len(await events(database)) == answered + 10
        assert await car.limit(amperes((0, 12), at=clock.now(), lasts=LEASE), request="more") == "ACCEPTED"
        assert await car.read_back() is Obeyed.AS_ASKED
        assert len(await events(database, "LimitsChanged")) == told + 1


async def test_what_changes_often_is_read_back_once_a_minute(url: str, database: Database, clock: SetClock) -> None:
    """Of our own plan; the last change is not missed, for the next renewal finds it due."""
    following = Following(clock)
    async with charging(url, database, following) as car:
        for turn, rate in enumerate((10, 11, 12, 13)):
            await car.limit(amperes((0, rate), at=clock.now(), lasts=LEASE), request=f"{turn}")
            if turn == 0:
                await car.read_back()
            clock.advance(timedelta(seconds=5))
        assert len(car.station.asked_for("GetCompositeSchedule")) == 1
        clock.advance(timedelta(minutes=1))
        await car.limit(amperes((0, 13), at=clock.now(), lasts=LEASE), request="later")
        assert await car.read_back() is Obeyed.AS_ASKED
        assert len(car.station.asked_for("GetCompositeSchedule")) == 2


async def test_what_was_overtaken_is_not_told_any_more(url: str, database: Database, clock: SetClock) -> None:
    """The newest wish of a party counts, and the one before it hears no."""
    following = Following(clock)
    async with charging(url, database, following) as car:
        session = await car.session()
        async with database.unit() as unit:
            await limiting.set_limits(unit, US, session.id, amperes((0, 8)), by=US, request="first")
        async with database.unit() as unit:
            await limiting.set_limits(unit, US, session.id, amperes((0, 9)), by=US, request="second")
        assert await car.answered("second") == "ACCEPTED"
        assert await car.answered("first") == "REJECTED"
        ours = limited.limits_of(await car.session(), US)
        assert ours is not None and ours.profile == amperes((0, 9))
        assert periods(following.of("TxProfile")) == [(0, 9)]
