"""What a station gives when nobody leads it any more: it was told beforehand, for as long as that is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from laddnav.db.events import Event
from laddnav.db.unit import Database, Listener
from laddnav.ocpp import store
from tests.clock import SetClock
from tests.ocpp.charging import EMSP, HEARS, LEASE, VERSIONS, amperes, charging, on_the_line, want_fallback
from tests.ocpp.conftest import until
from tests.ocpp.following import Following, periods
from tests.things import US


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return HEARS


async def test_a_lease_that_is_not_renewed_falls_back(url: str, database: Database, clock: SetClock) -> None:
    """K01.FR.08 K01.FR.15 K02.FR.08: to what its Station was told for that, whatever an app allows besides."""
    following = Following(clock)
    async with charging(url, database, following) as car:
        await want_fallback(database, "6")
        await until(lambda: len(following.profiles) == 1)
        assert following.limit(clock.now()) == 6
        assert await car.limit(amperes((0, 25)), by=EMSP, request="app") == "ACCEPTED"
        assert following.limit(clock.now()) == 6  # until our plan says more
        assert await car.limit(amperes((0, 20), at=clock.now(), lasts=LEASE), request="plan") == "ACCEPTED"
        assert following.limit(clock.now()) == 20
        clock.advance(LEASE)
        assert following.limit(clock.now()) == 6
        assert await car.clear(EMSP, "gone") == "ACCEPTED"
        assert await car.clear(US, "over") == "ACCEPTED"
        assert [one["charging_profile_purpose"] for one in following.profiles] == ["TxDefaultProfile"]
        assert following.limit(clock.now()) == 6


@pytest.mark.parametrize("protocol", VERSIONS)
async def test_a_fallback_is_wanted_until_it_is_not(
    url: str, database: Database, clock: SetClock, protocol: str
) -> None:
    """K01.FR.08 K01.FR.15 K01.FR.27 K01.FR.40 K01.FR.53: also of a station that was away, and one that lost it."""
    following = Following(clock, units="W")
    await want_fallback(database, "6")  # nobody is on the line
    async with on_the_line(url, database, following, protocol) as station:
        await until(lambda: following.profiles)
        told = following.of("TxDefaultProfile")
        assert (told["stack_level"], told["charging_profile_kind"]) == (0, "Absolute")
        assert periods(told) == [(0, 1380)]
        following.profiles.clear()
        await station.boot()
        await until(lambda: following.profiles)
        await want_fallback(database, None)
        await until(lambda: not following.profiles)
        await until(lambda: kept_no_more(database))


async def kept_no_more(database: Database) -> bool:
    async with database.unit() as unit:
        return await store.carried.all_wanted(unit, US, "ST1") == []
