"""A network and a mobility provider that know each other, and the clock of the network's station."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from laddnav.server.clock import WallClock
from laddnav.sim.station import SimStation
from tests.clock import SetClock
from tests.walks.companies import (
    NETWORK,
    PROVIDER,
    Company,
    company,
    furnish_network,
    furnish_provider,
    introduce,
    station,
)


@pytest.fixture
async def network(database_url: str, tmp_path: Path) -> AsyncIterator[Company]:
    async with company(database_url, tmp_path / "network", NETWORK) as one:
        async with one.database.unit() as unit:
            await furnish_network(unit)
        yield one


@pytest.fixture
async def provider(network: Company, other_database_url: str, tmp_path: Path) -> AsyncIterator[Company]:
    async with company(other_database_url, tmp_path / "provider", PROVIDER) as one:
        async with one.database.unit() as unit:
            await furnish_provider(unit)
        await introduce(network, one)
        yield one


@pytest.fixture
def station_clock() -> SetClock:
    """Some hours ago, so that whatever happens at the station has happened by now."""
    return SetClock((WallClock().now() - timedelta(hours=6)).replace(microsecond=0))


@pytest.fixture
async def street_station(network: Company, station_clock: SetClock) -> AsyncIterator[SimStation]:
    """Online and accepted."""
    one = station(network, station_clock)
    await one.come_online()
    assert await one.boot() == "Accepted"
    yield one
    await one.go_offline()
