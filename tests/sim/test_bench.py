"""Every benchmark runs, and gives each figure beside its limit; how fast anything is, no test says."""

from __future__ import annotations

import pytest

from laddnav.sim.bench.figures import Figure, Pace
from laddnav.sim.bench.run import NAMES, UnknownBench, run

TINY = Pace(rounds=1, seconds=0.05, warm_up=0.05, askers=2, stations=2, places=60)


async def figures(*names: str) -> list[Figure]:
    return [figure async for figure in run(names, TINY)]


async def test_every_figure_stands_beside_its_limit() -> None:
    found = {figure.name: figure for figure in await figures()}
    assert all(any(figure.startswith(name) for figure in found) for name in NAMES)
    for figure in found.values():
        assert figure.value > 0 and figure.limit > 0, figure
        assert figure.unit and figure.limit_is
        # Both are rounded for showing; the ratio is of what was measured.
        more, less = sorted((figure.value / figure.limit, figure.limit / figure.value), reverse=True)
        assert figure.ratio == pytest.approx(more, rel=0.02) or figure.ratio == pytest.approx(less, rel=0.02)


async def test_only_what_is_named_is_measured() -> None:
    found = {figure.name for figure in await figures("pricing")}
    of_workloads = {f"pricing_{workload}{how}" for workload in ("w1", "w2", "w3") for how in ("", "_columns", "_lines")}
    assert found == of_workloads | {"pricing_simple", "pricing_complex", "pricing_command", "pricing_import"}


async def test_an_unknown_name_is_refused_before_anything_starts() -> None:
    with pytest.raises(UnknownBench, match="'speed' is no benchmark; there are ocpi_page, ocpi_cdr"):
        await figures("ocpi_page", "speed")
