"""Every benchmark runs, and gives each figure beside its limit; how fast anything is, no test says."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.sim.bench import roaming, telling
from laddnav.sim.bench.figures import OF_LIMIT, Figure, Pace, effort, rate
from laddnav.sim.bench.growth import Sizes, growing
from laddnav.sim.bench.house import furnished, place_id
from laddnav.sim.bench.load import Refused, get
from laddnav.sim.bench.peers import LIBRARIES, Library, absent
from laddnav.sim.bench.run import NAMES, UnknownBench, run

TINY = Pace(rounds=1, seconds=0.05, warm_up=0.05, askers=2, stations=2, places=120, objects=8)


async def figures(*names: str) -> list[Figure]:
    return [figure async for figure in run(names, TINY)]


async def test_every_figure_stands_beside_its_limit() -> None:
    found = {figure.name: figure for figure in await figures()}
    assert all(any(figure.startswith(name) for figure in found) for name in NAMES)
    for figure in found.values():
        assert figure.value > 0 and figure.limit > 0, figure
        assert figure.unit and figure.limit_is
        assert figure.told().keys() == found["ocpi_page"].told().keys()
        # Both are rounded for showing; the ratio is of what was measured.
        more, less = sorted((figure.value / figure.limit, figure.limit / figure.value), reverse=True)
        assert figure.ratio == pytest.approx(more, rel=0.02) or figure.ratio == pytest.approx(less, rel=0.02)


def test_others_are_measured_where_they_are_installed() -> None:
    assert absent() == [], "bin/setup dev installs them"
    assert absent([Library("nobody-ocpi", "nobody"), *LIBRARIES]) == ["nobody-ocpi"]


async def test_only_what_is_named_is_measured() -> None:
    found = {figure.name for figure in await figures("pricing")}
    of_workloads = {f"pricing_{workload}{how}" for workload in ("w1", "w2", "w3") for how in ("", "_columns", "_lines")}
    assert found == of_workloads | {"pricing_simple", "pricing_complex", "pricing_command", "pricing_import"}


async def test_an_unknown_name_is_refused_before_anything_starts() -> None:
    with pytest.raises(UnknownBench, match="'speed' is no benchmark; there are ocpi_page, ocpi_location"):
        await figures("ocpi_page", "speed")


def test_a_goal_of_seventy_percent_is_met_by_speed_or_by_little_work() -> None:
    of_speed = [rate("r", "a second", ours, 1000, "the limit", goal=OF_LIMIT) for ours in (690, 710)]
    of_work = [effort("e", "µs", ours, 100, "the limit", goal=OF_LIMIT) for ours in (145, 140)]
    assert [figure.met for figure in (*of_speed, *of_work)] == [False, True, False, True]
    assert rate("r", "a second", 690, 1000, "the limit").met is None


async def test_no_figure_is_made_of_refusals_or_of_what_is_not_there_afterwards() -> None:
    async with furnished(TINY) as house:
        path = house.as_emsp.path(Module.LOCATIONS, Interface.SENDER)
        strange = get(path, house.as_emsp.headers | {"Authorization": "Token bm9ib2R5"})
        limit = get(f"/one/{place_id(0)}", {})
        with pytest.raises(ExceptionGroup, match="unhandled") as refused:
            await roaming.beside(house, TINY, lambda: strange, lambda: limit)
        assert refused.group_contains(Refused, match="401")
        with pytest.raises(Refused, match=r"a list has \d+ bytes, and the limit for it"):
            await roaming.same_length(house, "a list", get(path, house.as_emsp.headers), limit)
        sessions = telling.of_sessions(house, TINY)

        def forgotten(number: int) -> telling.News:
            news = sessions.news(number)
            return replace(news, there={**news.there, "kwh": 0})

        with pytest.raises(Refused, match=r"kwh of SESSION-\d+ was told as 0 and is"):
            await telling.figure(house, TINY, replace(sessions, news=forgotten))
        # A network that grows is looked at on its first page, amid it and on its last; each has to be the one it seems.
        grown = await growing(house, TINY, Sizes(small=200, large=300))
        assert {figure.name for figure in grown if figure.goal} == {
            f"ocpi_growth_{w}" for w in ("first", "middle", "last")
        }
