"""A limit of a grid company reaches stations of every version: told, acknowledged, proved, and reported."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from laddnav.kit.seal import Seal
from laddnav.kit.time import rfc3339
from laddnav.openadr import actions as openadr
from laddnav.openadr.model import GridResource, SignalProof, SignalState, Vtn
from laddnav.openadr.polling import Vtns
from laddnav.server.outward import Outward
from tests.clock import SetClock
from tests.openadr.conftest import Grid, company, grid
from tests.things import US
from tests.walks.garages import STEP, Garage, opened

__all__ = ["company", "grid"]  # fixtures of another room
SEAL = Seal(b"k" * 32)
# Time passes in steps of 20 s, of which all of these are made.
POLL, ANSWER, REACTION = timedelta(seconds=20), timedelta(seconds=10), timedelta(seconds=30)
KW_MAX = 20.0


class Ven:
    """The garage, and its grid company, which is asked whenever its time has come."""

    def __init__(self, garage: Garage, grid: Grid, outward: Outward) -> None:
        self.garage, self.grid = garage, grid
        self._vtns = Vtns(garage.process.database, outward.exchange, SEAL)

    @property
    def kw(self) -> float:
        """That truly comes in."""
        return self.garage.carried * 3 * 230 / 1000

    async def passes(self, length: timedelta) -> float:
        """kWh that truly came in."""
        kwh = 0.0
        for _ in range(length // STEP):
            kwh += self.kw * (STEP / timedelta(hours=1))
            await self.garage.passes(STEP)
            await self._vtns.poll_due()
            await self.garage.settled()
            await openadr.prove(self.garage.process.database)
        return kwh

    async def draws_more_than(self, kw: float) -> None:
        """Soon: who is raised, and in how many steps, goes by what was heard first."""
        for _ in range(10):
            if self.kw <= kw:
                await self.passes(timedelta(minutes=1))
        assert self.kw > kw

    async def proof(self) -> SignalProof:
        async with self.garage.process.database.unit() as unit:
            (one,) = await openadr.signals(unit, US)
        return one


@pytest.fixture
async def ven(database_url: str, tmp_path: Path, clock: SetClock, grid: Grid) -> AsyncIterator[Ven]:
    outward = Outward(allow_loopback=True)
    async with opened(database_url, tmp_path, clock) as garage:
        async with garage.process.database.unit() as unit:
            vtn = Vtn(
                holder=US,
                ref="vtn",
                name="The grid",
                url=grid.url,
                client_id="ven-laddnav",
                ven_name="laddnav",
                poll_seconds=round(POLL.total_seconds()),
                changed_at=unit.now,
                changed_by="a test",
            )
            await openadr.connect(unit, vtn, "a-secret-of-the-ven", seal=SEAL)
        async with garage.process.database.unit() as unit:
            here = GridResource(holder=US, vtn="vtn", site_id="garage", name="garage")
            await openadr.is_resource(unit, here, by="a test")
        yield Ven(garage, grid, outward)
    await outward.close()


async def test_stations_obey_a_grid_company_within_the_stated_time_and_it_hears_what_was_delivered(ven: Ven) -> None:
    """Three cars at 10 A and a building at 8 A come to 26 kW; it allows 20 kW for six minutes."""
    garage, clock = ven.garage, ven.garage.clock
    for number, one in enumerate(garage.chargers, 1):
        await one.plug_in(f"C{number}")
    await ven.passes(timedelta(minutes=4))
    await ven.draws_more_than(26)

    program = await ven.grid.does("program", {"programName": "Dynamic limits"})
    begin_at = clock.now()
    payload = {"type": "IMPORT_CAPACITY_LIMIT", "values": [KW_MAX]}
    event: dict[str, Any] = {
        "programID": program["id"],
        "intervalPeriod": {"start": rfc3339(begin_at), "duration": "PT6M"},
        "payloadDescriptors": [{"payloadType": payload["type"], "units": "KW"}],
        "reportDescriptors": [{"payloadType": "USAGE", "units": "KWH"}, {"payloadType": "DEMAND", "units": "KW"}],
        "intervals": [{"id": 0, "payloads": [payload]}],
    }
    event = await ven.grid.does("event", event)

    # Heard, told to every station, acknowledged by each: within the time that is stated, by the product's own record.
    came_in = await ven.passes(timedelta(minutes=2))
    proof = await ven.proof()
    assert proof.state is SignalState.OBEYED and proof.obeyed_at is not None
    assert proof.heard_at - begin_at <= POLL + ANSWER
    assert proof.obeyed_at - begin_at <= POLL + ANSWER + REACTION
    assert ven.kw <= KW_MAX and all(one.amps() >= 6 for one in garage.chargers)

    # Over: proved, and what was delivered is what truly came in.
    came_in += await ven.passes(begin_at + timedelta(minutes=6) - clock.now())
    await ven.passes(POLL + STEP)
    proof = await ven.proof()
    assert proof.state is SignalState.OVER and proof.over_minutes == 0 and proof.minutes >= 3
    assert proof.highest_kw is not None and proof.highest_kw <= Decimal(KW_MAX)
    (report,) = await ven.grid.does("reports")
    assert report["eventID"] == event["id"]
    (resource,) = report["resources"]
    (interval,) = resource["intervals"]
    said = {one["type"]: one["values"][0] for one in interval["payloads"]}
    assert resource["resourceName"] == "garage" and interval["intervalPeriod"]["duration"] == "PT6M"
    assert said["USAGE"] == pytest.approx(came_in, rel=0.1)
    assert said["DEMAND"] == pytest.approx(said["USAGE"] * 10, abs=0.01)

    # And the cars have again what the fuse gives.
    await ven.draws_more_than(26)
