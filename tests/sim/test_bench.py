"""Every benchmark runs, and gives each figure beside its limit; how fast anything is, no test says."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from msgspec.structs import replace

from laddnav.cli.bench import document
from laddnav.db.unit import Database
from laddnav.metering.signed.model import Format
from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.sim.bench import filling, garages, keeping, plan, posting, protocol, reconciling, roaming, telling
from laddnav.sim.bench.figures import OF_LIMIT, Figure, Pace, effort, of_answers, rate
from laddnav.sim.bench.growth import Sizes, growing
from laddnav.sim.bench.house import House, furnished, place_id
from laddnav.sim.bench.load import Rate, Refused, get
from laddnav.sim.bench.peers import LIBRARIES, Library, absent
from laddnav.sim.bench.pushing import pushes
from laddnav.sim.bench.run import IN_A_HOUSE, NAMES, UnknownBench, chosen, run
from laddnav.sim.bench.signed import signed
from laddnav.sim.bench.stations import stations
from laddnav.sim.bench.steps import DidNotEnd, step

TINY = Pace(
    rounds=1,
    seconds=0.05,
    warm_up=0.05,
    askers=2,
    places=120,
    objects=8,
    changed=5,
    partners=2,
    readings=7_200,
    metered=2,
    days=1,
)

# What is measured at a whole installation takes seconds each: one of what is read and one of what is told, at least.
QUICK = ("ocpi_location", "ocpi_session")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[House]:
    async with furnished(TINY) as house:
        yield house


def stands_beside_its_limit(figure: Figure) -> bool:
    # Both are rounded for showing; the ratio is of what was measured.
    more, less = sorted((figure.value / figure.limit, figure.limit / figure.value), reverse=True)
    ratio = figure.ratio == pytest.approx(more, rel=0.02) or figure.ratio == pytest.approx(less, rel=0.02)
    return figure.value > 0 and figure.limit > 0 and bool(figure.unit and figure.limit_is) and ratio


@pytest.mark.parametrize(
    "name", [*QUICK, *(pytest.param(name, marks=pytest.mark.long) for name in IN_A_HOUSE if name not in QUICK)]
)
@pytest.mark.asyncio(loop_scope="module")
async def test_every_figure_stands_beside_its_limit(name: str, house: House) -> None:
    found = await IN_A_HOUSE[name](house, TINY)
    assert found and all(figure.name.startswith(name) and stands_beside_its_limit(figure) for figure in found)


@pytest.mark.asyncio(loop_scope="module")
async def test_no_figure_is_made_of_refusals(house: House) -> None:
    path = house.as_emsp.path(Module.LOCATIONS, Interface.SENDER)
    strange = get(path, house.as_emsp.headers | {"Authorization": "Token bm9ib2R5"})
    with pytest.raises(ExceptionGroup) as refused:
        await roaming.beside(house, TINY, lambda: strange, lambda: get(f"/one/{place_id(0)}", {}))
    assert refused.group_contains(Refused, match="401")


@pytest.mark.asyncio(loop_scope="module")
async def test_no_limit_has_less_to_say(house: House) -> None:
    path = house.as_emsp.path(Module.LOCATIONS, Interface.SENDER)
    with pytest.raises(Refused, match=r"a list has \d+ bytes, and the limit for it"):
        await roaming.same_length(house, "a list", get(path, house.as_emsp.headers), get(f"/one/{place_id(0)}", {}))


@pytest.mark.asyncio(loop_scope="module")
async def test_no_figure_is_made_of_what_is_not_there_afterwards(house: House) -> None:
    sessions = telling.of_sessions(house, TINY)

    def forgotten(number: int) -> telling.News:
        news = sessions.news(1_000_000 + number)  # later than all that was told of them before
        return replace(news, there={**news.there, "kwh": 0})

    with pytest.raises(Refused, match=r"kwh of SESSION-\S+ was told as 0 and is"):
        await telling.figure(house, TINY, replace(sessions, news=forgotten))


@pytest.mark.long
@pytest.mark.asyncio(loop_scope="module")
async def test_a_network_that_grows_is_looked_at_on_the_pages_that_are_meant(house: House) -> None:
    found = await growing(house, TINY, Sizes(small=200, large=300))
    assert all(stands_beside_its_limit(figure) for figure in found)
    of_goal = {figure.name for figure in found if figure.goal}
    assert of_goal == {f"ocpi_growth_{where}" for where in ("first", "middle", "last")}


@pytest.mark.long
async def test_what_goes_out_arrives_once_at_each() -> None:
    (figure,) = await pushes(replace(TINY, places=4))
    assert stands_beside_its_limit(figure)


@pytest.mark.long
@pytest.mark.asyncio(loop_scope="module")
async def test_readings_are_kept_summed_found_and_forgotten_tenth_by_tenth_though_it_is_broken_off(
    house: House,
) -> None:
    first = asyncio.create_task(keeping.filling(house.ground.url, house.ground.postgres, TINY))
    async with house.ground.database.unit() as unit:
        while not await unit.value("select count(*) from reading where at >= $1", keeping.BEGAN + keeping.HOUR):
            assert not first.done(), "it has ten hours to fill"
            await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    found = await keeping.filling(house.ground.url, house.ground.postgres, TINY)
    assert all(stands_beside_its_limit(figure) for figure in found)
    assert [figure.name for figure in found if figure.goal] == ["readings_last_tenth", "readings_size"]
    with pytest.raises(Refused, match="name another folder"):
        await keeping.filling(house.ground.url, house.ground.postgres, TINY)


def test_on_a_real_day_no_policy_gives_more_than_hindsight_and_who_plans_pays_less_than_who_does_not() -> None:
    (whole,) = garages.days("caltech", 1)
    day = replace(whole, visits=whole.visits[::3], busy=whole.busy[::3])
    found = {figure.name.removeprefix("day_"): figure for figure in plan.lived("day", (day,), 15.0)}
    assert all(stands_beside_its_limit(figure) for figure in found.values())
    assert set(found) == {f"{policy}_{part}" for policy in plan.POLICIES for part in ("energy", "cost")}
    assert all(found[f"{policy}_energy"].ratio >= 0.9999 for policy in plan.POLICIES)
    assert found["known_energy"].met and found["known_cost"].ratio < found["laxity_cost"].ratio
    assert {name for name, figure in found.items() if figure.goal} == {"known_energy", "known_cost"}


def test_plans_are_timed_beside_their_bound_and_the_control_rule_beside_its_table() -> None:
    timed = [*plan.solving(10, 96, 1), plan.sharing(20, 1)]
    assert all(stands_beside_its_limit(figure) for figure in timed)


def test_the_protocol_is_measured_by_itself() -> None:
    found = protocol.figures()
    assert [figure.name for figure in found] == ["stations_protocol_heartbeat", "stations_protocol_meter_values"]
    assert all(stands_beside_its_limit(figure) for figure in found)


def test_signed_records_of_every_format_are_verified() -> None:
    found = signed(TINY)
    assert all(stands_beside_its_limit(figure) for figure in found)
    named = " ".join(figure.name for figure in found)
    assert all(format.value.lower() in named for format in Format)


BEGUN = """
import asyncio
from laddnav.server import log
from laddnav.sim.bench.ground import laid
from laddnav.sim.bench.steps import ending_in_order

async def nothing(unit):
    pass

async def measured():
    with ending_in_order():
        async with laid("ocpp", nothing) as ground:
            print("begun", ground.server.pid, ground.postgres, flush=True)
            await asyncio.Event().wait()

log.configure("error")
asyncio.run(measured())
"""


async def test_who_is_ended_ends_what_it_began(tmp_path: Path) -> None:
    """Ctrl-C is ignored by what a shell has in the background, TERM is not."""
    script = ("sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", BEGUN)
    bench = await asyncio.create_subprocess_exec(
        *script, env=os.environ | {"TMPDIR": str(tmp_path)}, stdout=PIPE, stderr=PIPE
    )
    assert bench.stdout is not None
    begun, *pids = (await bench.stdout.readline()).split()
    assert begun == b"begun" and len(list(tmp_path.iterdir())) == 1
    bench.terminate()
    await bench.communicate()
    assert not any(Path(f"/proc/{int(pid)}").exists() for pid in pids)
    assert not list(tmp_path.iterdir()), "its folder is gone"


async def test_a_step_that_does_not_end_is_given_up_by_its_name() -> None:
    with pytest.raises(DidNotEnd, match="to wait for nobody: not done within 0 s"):
        async with step("to wait for nobody", within=0):
            await asyncio.Event().wait()


@pytest.mark.long
async def test_stations_talk_and_come_back_beside_two_others() -> None:
    found = await stations(3, TINY)
    assert all(stands_beside_its_limit(figure) for figure in found)
    of_three = {figure.name.removeprefix("stations_3_") for figure in found if figure.name.startswith("stations_3_")}
    assert {
        "idle",
        "idle_tls",
        "heartbeat",
        "meter_values",
        "meter_values_peer",
        "meter_values_p99",
        "back",
    } <= of_three


def test_a_goal_of_seventy_percent_is_met_by_speed_or_by_little_work() -> None:
    of_speed = [rate("r", "a second", ours, 1000, "the limit", goal=OF_LIMIT) for ours in (690, 710)]
    of_work = [effort("e", "µs", ours, 100, "the limit", goal=OF_LIMIT) for ours in (145, 140)]
    assert [figure.met for figure in (*of_speed, *of_work)] == [False, True, False, True]
    assert rate("r", "a second", 690, 1000, "the limit").met is None


def test_a_figure_is_a_row_of_a_document() -> None:
    ours, limit = (Rate(per_second=rate, server_us=1e6 / rate, postgres_us=100) for rate in (3000, 4000))
    figure = of_answers("ocpi_page", "pages", ours, limit, "the least", goal=OF_LIMIT)
    assert document([figure.told()])[2:] == [
        "| ocpi_page | 3,000 | 4,000 | pages/s | 75.2 % | ≥ 70 % | yes | 333 / 250 | 100 / 100 | the least |"
    ]


def test_others_are_measured_where_they_are_installed() -> None:
    assert absent() == [], "bin/setup dev installs them"
    assert absent([Library("nobody-ocpi", "nobody"), *LIBRARIES]) == ["nobody-ocpi"]


async def test_only_what_is_named_is_measured() -> None:
    found = [figure async for figure in run(["pricing"], TINY)]
    of_workloads = {f"pricing_{workload}{how}" for workload in ("w1", "w2", "w3") for how in ("", "_columns", "_lines")}
    named = {figure.name for figure in found}
    assert named == of_workloads | {"pricing_simple", "pricing_complex", "pricing_command", "pricing_import"}
    assert all(stands_beside_its_limit(figure) and figure.told().keys() == found[0].told().keys() for figure in found)


async def test_postings_stand_beside_bare_tables_and_balances_beside_the_plain_sum(
    database: Database, database_url: str
) -> None:
    async with posting.Bench(database, database_url) as bench:
        assert all(one > 0 for one in await bench.rates(TINY))
        await bench.fill(150)
        assert await bench.filled() == 150, "so many, beside what was measured"
        await bench.fill(300)
        assert await bench.filled() == 300
        found = await bench.balances(TINY, 300)
    async with posting.Bench(database, database_url) as again:
        assert all(one > 0 for one in await again.rates(TINY)), "under keys that are new"
    assert [figure.name for figure in found] == [
        f"money_{what}_of_300" for what in ("balance", "balance_then", "trial_balance")
    ]
    assert all(map(stands_beside_its_limit, found))


async def test_a_filled_ledger_that_is_not_as_posting_leaves_it_is_not_measured(
    database: Database, database_url: str
) -> None:
    async with posting.Bench(database, database_url) as bench:
        await bench.fill(30)
    for wrong in (
        "insert into ledger_posting (holder, entry_id, booked_at, position, account_id, currency, amount)"
        " select holder, entry_id, booked_at, 4, account_id, currency, amount"
        " from ledger_posting where position = 1 limit 1",
        "update ledger_posting set booked_at = booked_at - interval '1 day' where entry_id = 'e000000000003'",
        "update ledger_posting set account_id = 'nowhere' where entry_id = 'e000000000003'",
        "update ledger_day set amount = amount + 1 where account_id = 'revenue:charging'",
    ):
        connection = await asyncpg.connect(database_url)
        changed = connection.transaction()
        await changed.start()
        await connection.execute(f"set local session_replication_role = replica; {wrong}")
        with pytest.raises(Refused):
            await filling.looked_over(connection)
        await changed.rollback()
        await filling.looked_over(connection)
        await connection.close()


def test_a_ledger_that_has_no_room_is_not_begun(tmp_path: Path) -> None:
    filling.room(tmp_path, 1000)
    with pytest.raises(filling.NoRoom, match="LADDNAV_BENCH_LEDGER names a folder on another disk"):
        filling.room(tmp_path, 10**15)


async def test_a_partners_table_stands_beside_a_copy_and_one_join(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    found = await reconciling.compared(database, database_url, tmp_path / "theirs.csv", 4000)
    assert [figure.name for figure in found] == ["money_reconcile_of_4000", "money_reconcile_memory"]
    assert all(map(stands_beside_its_limit, found))


def test_a_first_word_names_all_but_what_takes_minutes() -> None:
    assert chosen(["ocpi"]) == {name for name in NAMES if name.startswith("ocpi_")} - {"ocpi_growth"}
    assert chosen([]) == set(NAMES) - {"ocpi_growth", "readings", "money_ledger", "money_reconcile"}
    assert chosen(["ocpi_growth"]) == {"ocpi_growth"}


async def test_an_unknown_name_is_refused_before_anything_starts() -> None:
    with pytest.raises(UnknownBench, match="'speed' is no benchmark; there are ocpi_page, ocpi_location"):
        [figure async for figure in run(["ocpi_page", "speed"], TINY)]
