"""The list of the benchmarks, and a run of some of them or of all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping

from laddnav.kit.refusal import Refusal
from laddnav.sim.bench.charging import meter_values
from laddnav.sim.bench.figures import Figure, Pace
from laddnav.sim.bench.house import House, furnished
from laddnav.sim.bench.pricing import prices
from laddnav.sim.bench.roaming import cdr, page

IN_A_HOUSE: Mapping[str, Callable[[House, Pace], Awaitable[list[Figure]]]] = {
    "ocpi_page": page,
    "ocpi_cdr": cdr,
    "ocpp_meter_values": meter_values,
}
ALONE: Mapping[str, Callable[[Pace], list[Figure]]] = {"pricing": prices}
NAMES = (*IN_A_HOUSE, *ALONE)


class UnknownBench(Refusal):
    """No benchmark has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is no benchmark; there are {', '.join(NAMES)}")


async def run(names: Iterable[str], pace: Pace) -> AsyncIterator[Figure]:
    """Each figure as soon as it is there; no name is all of them. Raises UnknownBench, CannotStart, DidNotStart."""
    wanted = tuple(names) or NAMES
    for name in wanted:
        if name not in NAMES:
            raise UnknownBench(name)
    if any(name in IN_A_HOUSE for name in wanted):
        async with furnished(pace) as house:
            for name, bench in IN_A_HOUSE.items():
                for figure in await bench(house, pace) if name in wanted else ():
                    yield figure
    for name, work in ALONE.items():
        for figure in work(pace) if name in wanted else ():
            yield figure
