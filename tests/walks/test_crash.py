"""An installation is killed, cut off and misled again and again, and in the end nothing is lost and nothing twice."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from random import Random  # noqa: TID251 - seeded dice: which moment, which car

import asyncpg
import pytest
import websockets

from laddnav.kit import refusal
from laddnav.locations import actions as locations
from laddnav.parties import actions as parties
from laddnav.parties.model import InvoiceEvery, Role
from laddnav.sim.line import Refused
from laddnav.sim.station import SimStation
from tests.forked import Nursery
from tests.pristine import copy
from tests.things import party
from tests.walks.companies import PROVIDER, Company, company, until
from tests.walks.traffic import (
    Traffic,
    Victim,
    each_card_of_the_partner_is_known,
    each_charge_has_one_cdr,
    each_message_is_there_once,
    everything_was_heard,
    furnish,
    hand_out,
    hand_out_another,
    introduce,
    postings_sum_to_zero,
    the_partner_has_each_cdr_once,
    told_more,
)

KILLS, KILLS_LONG, RECONNECTS = 12, 60, 5_000
CLOCK_OFF = 12 * 60  # minutes at most, ahead or behind

# Each start takes a second of a core, and the cores may be busy.
SHORT = pytest.mark.timeout(600)
LONG = (pytest.mark.long, pytest.mark.timeout(3600))


@pytest.fixture
async def provider(other_database_url: str, tmp_path: Path) -> AsyncIterator[Company]:
    """The partner, which is not killed."""
    async with company(other_database_url, tmp_path / "provider", PROVIDER) as one:
        async with one.database.unit() as unit:
            await parties.add(
                unit, party(PROVIDER, ref=unit.new_id(), roles=(Role.EMSP,), invoice_every=InvoiceEvery.SESSION)
            )
            await hand_out(unit, PROVIDER)
        yield one


class Scene:
    """An installation, its partner, and the cars that come meanwhile."""

    def __init__(self, victim: Victim, provider: Company, traffic: Traffic, dice: Random) -> None:
        self.victim = victim
        self.provider = provider
        self.traffic = traffic
        self.dice = dice

    async def a_moment(self) -> None:
        """Until some more was told, and then between two messages or within one."""
        await until(told_more(self.traffic, self.dice.randrange(3, 20)))
        await asyncio.sleep(self.dice.random() * 0.05)


Trouble = Callable[[Scene], Awaitable[None]]


async def the_process_dies(scene: Scene) -> None:
    await scene.victim.kill()
    await scene.victim.start()


async def so_does_its_database_at_times(scene: Scene) -> None:
    if scene.dice.random() < 0.5:
        await scene.victim.kill_database()
    await the_process_dies(scene)


async def the_database_dies_alone(scene: Scene) -> None:
    await scene.victim.kill_database()


async def the_clocks_of_stations_jump(scene: Scene) -> None:
    scene.traffic.clocks_jumped = True
    for station in scene.traffic.stations:
        station.clock_off = timedelta(minutes=scene.dice.randint(-CLOCK_OFF, CLOCK_OFF))
    if scene.dice.random() < 0.2:
        await the_process_dies(scene)


@pytest.mark.parametrize(
    ("trouble", "database_survives", "times"),
    [
        pytest.param(the_process_dies, True, KILLS, id="the-database-survives", marks=SHORT),
        pytest.param(so_does_its_database_at_times, False, KILLS // 2, id="the-database-dies-too", marks=SHORT),
        pytest.param(the_process_dies, True, KILLS_LONG, id="the-database-survives-60-times", marks=LONG),
        pytest.param(so_does_its_database_at_times, False, KILLS_LONG, id="the-database-dies-60-times", marks=LONG),
        pytest.param(the_database_dies_alone, False, KILLS_LONG, id="the-database-dies-alone-60-times", marks=LONG),
        pytest.param(the_clocks_of_stations_jump, True, KILLS_LONG, id="clocks-jump-60-times", marks=LONG),
    ],
)
async def test_what_was_acknowledged_is_there_once_whatever_happened(
    trouble: Trouble,
    database_survives: bool,
    times: int,
    nursery: Nursery,
    database_url: str,
    provider: Company,
    pristine: Path,
    tmp_path: Path,
) -> None:
    """CDR-003 CDR-004: the partner has every CDR once, whatever was sent twice."""
    if not database_survives:
        copy(pristine, tmp_path / "victim" / "postgres")
    async with scene(nursery, tmp_path, database_url if database_survives else None, provider) as one:
        for number in range(times):
            await hand_out_another(provider, number)
            await one.a_moment()
            await trouble(one)


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_lines_that_break_thousands_of_times_cost_no_charge(
    nursery: Nursery, database_url: str, provider: Company, tmp_path: Path
) -> None:
    """Each in the middle of whatever is said."""
    async with scene(nursery, tmp_path, database_url, provider) as one:
        broken = 0
        while broken < RECONNECTS:
            broken += sum(map(SimStation.break_line, one.traffic.stations))
            await asyncio.sleep(one.dice.random() * 0.02)
            await asyncio.gather(*map(comes_again, one.traffic.stations))


async def comes_again(station: SimStation) -> None:
    """At once, and not when it would by itself."""
    if not station.online:
        with suppress(OSError, Refused, websockets.WebSocketException):
            await station.come_online()


@asynccontextmanager
async def scene(nursery: Nursery, data: Path, database: str | None, provider: Company) -> AsyncIterator[Scene]:
    """Trouble comes while the block runs; afterwards nothing was lost and nothing is there twice."""
    seed = int(os.environ.get("LADDNAV_CRASH_SEED") or secrets.randbelow(1 << 32))
    print(f"LADDNAV_CRASH_SEED={seed}")  # noqa: T201 - shown where it fails
    dice = Random(seed)
    victim = Victim(nursery, data / "victim", database)
    await victim.start()
    try:
        async with victim.seen() as network:
            await furnish(network)
            await introduce(network, provider)
        traffic = Traffic(victim, dice)
        async with traffic.flowing():
            yield Scene(victim, provider, traffic, dice)
        async with victim.seen() as network:
            await everything_was_heard(network)
            await everything_was_heard(provider)
            await each_message_is_there_once(network, traffic)
            await each_charge_has_one_cdr(network, traffic)
            await until(lambda: the_partner_has_each_cdr_once(network, provider, traffic))
            await until(lambda: each_card_of_the_partner_is_known(network, provider))
            await postings_sum_to_zero(network)
            await postings_sum_to_zero(provider)
    finally:
        await victim.stop()


async def test_a_station_that_leaves_while_the_database_is_away_is_not_taken_for_connected(
    nursery: Nursery, pristine: Path, tmp_path: Path
) -> None:
    """What nobody could write down then is written down when the database is back, by the process that lives on."""
    copy(pristine, tmp_path / "victim" / "postgres")
    victim = Victim(nursery, tmp_path / "victim", None)
    await victim.start()

    def is_here(here: bool) -> Callable[[], Awaitable[bool]]:
        async def seen() -> bool:
            with suppress(refusal.Trouble, OSError, asyncpg.PostgresError):
                async with victim.seen() as network, network.database.unit() as unit:
                    return ((await locations.station(unit, "ST1")).connected_at is not None) is here
            return False

        return seen

    try:
        async with victim.seen() as network:
            await furnish(network)
        station = Traffic(victim, Random(1)).stations[0]
        await station.come_online()
        await until(is_here(True))
        await victim.kill_database()
        assert station.break_line()
        await until(is_here(False))
        os.kill(victim.pid, 0)  # still the same, and not another that knows of no socket
    finally:
        await victim.stop()
