"""The list of the benchmarks, and a run of some of them or of all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from functools import partial

from laddnav.kit.refusal import Refusal
from laddnav.sim.bench import protocol, reading, telling
from laddnav.sim.bench.figures import Figure, Pace
from laddnav.sim.bench.forwarding import hub
from laddnav.sim.bench.growth import growth
from laddnav.sim.bench.house import House, furnished
from laddnav.sim.bench.invoicing import invoices
from laddnav.sim.bench.keeping import keeping
from laddnav.sim.bench.peers import peers
from laddnav.sim.bench.plan import plans
from laddnav.sim.bench.posting import large_ledger, postings
from laddnav.sim.bench.pricing import prices
from laddnav.sim.bench.pushing import pushes
from laddnav.sim.bench.reconciling import reconcile
from laddnav.sim.bench.signed import signed
from laddnav.sim.bench.stations import stations
from laddnav.sim.bench.steps import ending_in_order

IN_A_HOUSE: Mapping[str, Callable[[House, Pace], Awaitable[list[Figure]]]] = {
    "ocpi_page": reading.page,
    "ocpi_location": reading.location,
    "ocpi_authorize": reading.authorization,
    "ocpi_session": telling.session,
    "ocpi_evse": telling.evse,
    "ocpi_cdr": telling.cdr,
    "ocpi_hub": hub,
    "ocpi_peers": peers,
}
ELSEWHERE: Mapping[str, Callable[[Pace], Awaitable[list[Figure]]]] = {
    "ocpi_pushes": pushes,
    "ocpi_growth": growth,
    "stations_1000": partial(stations, 1_000),
    "stations_5000": partial(stations, 5_000),
    "readings": keeping,
    "money_postings": postings,
    "money_ledger": large_ledger,
    "money_reconcile": reconcile,
    "money_invoices": invoices,
}
ALONE: Mapping[str, Callable[[Pace], list[Figure]]] = {
    "stations_protocol": lambda _: protocol.figures(),
    "pricing": prices,
    "signed": signed,
    "plan": plans,
}
WHEN_NAMED = frozenset(
    {"ocpi_growth", "readings", "money_ledger", "money_reconcile"}
)  # takes minutes, and is run only where its whole name is said
NAMES = (*IN_A_HOUSE, *ELSEWHERE, *ALONE)


class UnknownBench(Refusal):
    """No benchmark has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is no benchmark; there are {', '.join(NAMES)}")


async def run(names: Iterable[str], pace: Pace) -> AsyncIterator[Figure]:
    """Each figure as soon as it is there; no name is all of them.

    Raises UnknownBench, CannotStart, DidNotStart, DidNotEnd.
    """
    wanted = chosen(names)
    with ending_in_order():
        if any(name in IN_A_HOUSE for name in wanted):
            async with furnished(pace) as house:
                for name, bench in IN_A_HOUSE.items():
                    for figure in await bench(house, pace) if name in wanted else ():
                        yield figure
        for name, with_house in ELSEWHERE.items():
            for figure in await with_house(pace) if name in wanted else ():
                yield figure
    for name, work in ALONE.items():
        for figure in work(pace) if name in wanted else ():
            yield figure


def chosen(names: Iterable[str]) -> Collection[str]:
    """The first word of some stands for all that begin with it, and no name for all. Raises UnknownBench."""
    found = set[str]()
    for name in names:
        meant = {one for one in NAMES if one == name or (one.startswith(f"{name}_") and one not in WHEN_NAMED)}
        if not meant:
            raise UnknownBench(name)
        found |= meant
    return found or set(NAMES) - WHEN_NAMED
