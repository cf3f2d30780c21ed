"""OCPI in Python by others beside ours: the same Locations and Sessions, the same pages, the same core of the machine.

They keep everything in memory and ours in a database. Each runs in an environment of its own, made by `bin/setup dev`.
Beside them in the same rounds is the bare handler, which keeps it in that database too and does nothing else: no server
could be more times as fast as a library than that is.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count, cycle
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

import laddnav
from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.sim.bench import roaming, store, telling
from laddnav.sim.bench.figures import Figure, Goal, Measure, Pace, of_answers
from laddnav.sim.bench.house import PAGE, House, place_id
from laddnav.sim.bench.load import HttpAsker, Refused, get, tell
from laddnav.sim.bench.roaming import Asked
from laddnav.sim.network import OURS

VERSION = "2.2.1"  # the newest that they speak
TOKEN = "peer"
HEADERS = {"Authorization": f"Token {b64encode(TOKEN.encode()).decode()}"}
SETTINGS = {"OCPI_HOST": "127.0.0.1", "PROTOCOL": "http", "COUNTRY_CODE": OURS.country, "PARTY_ID": OURS.party}
ENVIRONMENTS = Path(laddnav.__file__).parents[2] / ".cache" / "counterparts"
ROUNDS = 3  # are enough where it is about times, and not about percents
PAGES = Goal(of=Measure.TIMES, least=100)
SINGLE = Goal(of=Measure.TIMES, least=10)


class Library(Struct, frozen=True):
    """What PyPI calls it, and the name of the environment (requirements/counterparts) that it runs in."""

    name: str
    environment: str

    @property
    def python(self) -> Path:
        return ENVIRONMENTS / self.environment / "bin" / "python"


LIBRARIES = (Library("extrawest-ocpi", "extrawest"), Library("py-ocpi", "pyocpi"))


class Peer(Struct, frozen=True, kw_only=True):
    """A running server of somebody else's."""

    library: Library
    pid: int
    port: int


class Thing(Struct, frozen=True, kw_only=True):
    """What all are asked: of ours with all that stands around it, of the bare handler and a peer at their own paths."""

    name: str
    called: str
    ours: Callable[[], bytes]
    bare: Callable[[], bytes]
    theirs: Callable[[], Callable[[], bytes]]  # from the beginning for each
    goal: Goal


def absent(libraries: Sequence[Library] = LIBRARIES) -> Sequence[str]:
    """Those that are not installed here."""
    return [one.name for one in libraries if not one.python.exists()]


async def peers(house: House, pace: Pace) -> list[Figure]:
    """Of those that are installed. Raises Refused, DidNotStart."""
    there = await _running(house)
    if not there:
        return []
    return [figure for thing in await _things(house, pace) for figure in await _beside(house, pace, thing, there)]


async def _things(house: House, pace: Pace) -> Sequence[Thing]:
    ours = house.as_emsp.path(Module.LOCATIONS, Interface.SENDER, VERSION)
    theirs, headers = f"/ocpi/cpo/{VERSION}/locations", house.as_emsp.headers
    ids = [place_id(number) for number in range(pace.objects)]
    first = len(house.places) - PAGE
    page = f"?offset={first}&limit={PAGE}"
    told = telling.of_sessions(house, pace, VERSION)

    def put(headers: dict[str, str], path: str, number: count[int]) -> bytes:
        news = told.news(next(number))
        return tell("PUT", f"{path}/{news.key}", headers, news.body)

    number, bare_number = count(), count()
    await HttpAsker.once(house.server.port, put(house.as_cpo.headers, told.path, number))
    size = await roaming.value(house, store.SIZE_OF_NEWS, told.news(0).key)

    def keep() -> bytes:
        news = told.news(next(bare_number))
        return tell("POST", f"/keep/{news.key}/{size}", {}, news.body)

    sessions = f"/ocpi/emsp/{VERSION}/sessions/{OURS.country}/{OURS.party}"
    return [
        Thing(
            name="page",
            called="pages",
            ours=lambda: get(f"{ours}{page}", headers),
            bare=lambda: get(f"/page/{place_id(first)}/{PAGE}", {}),
            theirs=lambda: lambda: get(f"{theirs}/{page}", HEADERS),
            goal=PAGES,
        ),
        Thing(
            name="location",
            called="Locations",
            ours=cycle([get(f"{ours}/{id}", headers) for id in ids]).__next__,
            bare=cycle([get(f"/one/{id}", {}) for id in ids]).__next__,
            theirs=lambda: cycle([get(f"{theirs}/{id}", HEADERS) for id in ids]).__next__,
            goal=SINGLE,
        ),
        Thing(
            name="session",
            called="Sessions",
            ours=partial(put, house.as_cpo.headers, told.path, number),
            bare=keep,
            theirs=lambda: partial(put, HEADERS, sessions, count()),
            goal=SINGLE,
        ),
    ]


async def _beside(house: House, pace: Pace, thing: Thing, there: Sequence[Peer]) -> list[Figure]:
    """Raises Refused."""
    sides = [
        Asked(pid=house.server.pid, port=house.server.port, requests=thing.ours),
        Asked(pid=house.limit.pid, port=house.limit.port, requests=thing.bare),
    ]
    sides += [Asked(pid=peer.pid, port=peer.port, requests=thing.theirs()) for peer in there]
    fewer = replace(pace, rounds=min(ROUNDS, pace.rounds))
    ours, bare, *others = await roaming.rates(house.ground.postgres, fewer, sides, pace.askers)
    found = []
    for peer, theirs in zip(there, others, strict=True):
        name, limit_is = f"ocpi_peers_{thing.name}_{peer.library.environment}", f"{peer.library.name}, in memory"
        theirs = replace(theirs, postgres_us=0.0)  # they have none; what was counted was its own rest
        found += [
            of_answers(name, thing.called, ours, theirs, limit_is, goal=thing.goal),
            of_answers(f"{name}_bare", thing.called, bare, theirs, f"{limit_is}; ours is the bare handler here"),
        ]
    return found


async def _running(house: House) -> Sequence[Peer]:
    """Those that are installed, with the Locations of the house, in the words in which ours tells them."""
    path = house.as_emsp.path(Module.LOCATIONS, Interface.SENDER, VERSION)
    pages = [
        await HttpAsker.once(house.server.port, get(f"{path}?offset={offset}&limit={PAGE}", house.as_emsp.headers))
        for offset in range(0, len(house.places), PAGE)
    ]
    kept = house.ground.folder / "places.json"
    kept.write_bytes(b"[%s]" % b",".join(roaming.data_in(page)[1:-1] for page in pages))
    there = []
    for library in LIBRARIES:
        if library.python.exists():
            arguments = (str(Path(__file__).with_name("peer.py")), TOKEN, str(kept))
            process = await house.ground.beside(*arguments, program=(str(library.python), "-I"), environment=SETTINGS)
            peer = Peer(library=library, pid=process.pid, port=process.port)
            await _look(peer, house)
            there.append(peer)
    return there


async def _look(peer: Peer, house: House) -> None:
    """Whether it shows a page of the same places. Raises Refused."""
    path = f"/ocpi/cpo/{VERSION}/locations/?offset={len(house.places) - PAGE}&limit={PAGE}"
    page = await HttpAsker.once(peer.port, get(path, HEADERS))
    many = page.lower().count(b'"country_code":"se"') or page.lower().count(b'"country_code": "se"')
    if many != PAGE:
        raise Refused(f"{peer.library.name} shows {many} places on a page: {page[:300].decode()}")
