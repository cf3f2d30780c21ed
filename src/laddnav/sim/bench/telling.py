"""What partners tell all day: how a charge goes, that an EVSE is taken or free, and what a charge came to.

Everything that is told is news, and at the end it is looked at whether it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from msgspec import Struct

from laddnav.cdrs.model import Cdr
from laddnav.cdrs.rules import costs_of
from laddnav.kit.energy import kwh
from laddnav.kit.time import rfc3339
from laddnav.ocpi.connections.partners import NEWEST
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.server.clock import WallClock
from laddnav.sessions.model import AuthMethod, CdrToken, Session, Status
from laddnav.sim.bench import charges, roaming, store
from laddnav.sim.bench.figures import OF_LIMIT, Figure, Pace, of_answers
from laddnav.sim.bench.house import House, card_uid, place_id
from laddnav.sim.bench.load import HttpAsker, Refused, get, tell
from laddnav.sim.network import OURS, THEIRS
from laddnav.tokens.model import TokenType

WRITE = "bare handler, {} and the outbox row, prepared, in one transaction"
NOT_YET = datetime(2099, 1, 1, tzinfo=UTC)  # in a template, where the moment of what is told will stand
NOTHING = b"98765.432"  # and likewise the energy


class News(Struct, frozen=True, kw_only=True):
    """One thing that is told: where the object is that it is about, its words, and what is to be found afterwards."""

    path: str
    key: str  # of the object, where the limit keeps it
    body: bytes
    there: Mapping[str, Any]


class Telling(Struct, frozen=True, kw_only=True):
    """How one kind of thing is told, `method` at `path`; `news` makes the number-th."""

    name: str
    things: str
    method: str
    path: str  # of the endpoint at ours
    news: Callable[[int], News]
    limit: str  # what the limit does with it
    limit_is: str
    made: bool = False  # whether each makes an object of its own, at the endpoint itself


async def session(house: House, pace: Pace) -> list[Figure]:
    return [await figure(house, pace, of_sessions(house, pace))]


async def evse(house: House, pace: Pace) -> list[Figure]:
    return [await figure(house, pace, of_evses(house, pace))]


async def cdr(house: House, pace: Pace) -> list[Figure]:
    return [await figure(house, pace, of_cdrs(house))]


def of_sessions(house: House, pace: Pace, version: str = NEWEST) -> Telling:
    """Whole again each time, with more energy and a later moment."""
    path = _of_ours(house, Module.SESSIONS, version)
    codec = VERSIONS[version].codecs[Session]
    templates = [
        codec.encode(_charge(_session_id(number, version), number, house.places[number]))
        for number in range(pace.objects)
    ]

    moment = _moments()

    def news(number: int) -> News:
        of, at, energy = number % pace.objects, moment(number), Decimal(number) / 1000
        body = templates[of].replace(rfc3339(NOT_YET).encode(), at.encode()).replace(NOTHING, str(energy).encode())
        id = _session_id(of, version)
        return News(path=f"{path}/{id}", key=id, body=body, there={"last_updated": at, "kwh": energy})

    return Telling(
        name="ocpi_session",
        things="Sessions",
        method="PUT",
        path=path,
        news=news,
        limit="keep",
        limit_is=WRITE.format("upsert of the same bytes"),
    )


def of_evses(house: House, pace: Pace) -> Telling:
    """Taken, free, taken: at places that the eMSP has heard of before."""
    path = _of_ours(house, Module.LOCATIONS)
    uids = [_first_evse(place)["uid"] for place in house.places[: pace.objects]]

    moment = _moments()

    def news(number: int) -> News:
        of, status = number % pace.objects, ("CHARGING", "AVAILABLE")[number // pace.objects % 2]
        said, id = {"status": status, "last_updated": moment(number)}, place_id(of)
        return News(path=f"{path}/{id}/{uids[of]}", key=id, body=encoded(said), there=said)

    return Telling(
        name="ocpi_evse",
        things="EVSEs",
        method="PATCH",
        path=path,
        news=news,
        limit="change",
        limit_is=WRITE.format("update of the whole Location"),
    )


def of_cdrs(house: House) -> Telling:
    """Every CDR is new, is read whole, and is kept in its own words and in ours."""
    path = house.as_cpo.path(Module.CDRS, Interface.RECEIVER)
    codec = VERSIONS[NEWEST].codecs[Cdr]
    template = codec.encode(charges.cdr("CDR-00000000", charges.complex(), charges.stretches()))

    def news(number: int) -> News:
        id = f"CDR-{number:08}"
        body = template.replace(b"CDR-00000000", id.encode())
        return News(path=f"{path}/{OURS.country}/{OURS.party}/{id}", key=id, body=body, there={"id": id})

    return Telling(
        name="ocpi_cdr",
        things="CDRs",
        method="POST",
        path=path,
        news=news,
        limit="keep",
        limit_is=WRITE.format("insert of the same bytes"),
        made=True,
    )


async def figure(house: House, pace: Pace, telling: Telling) -> Figure:
    """Raises Refused, also where something that was acknowledged is not there afterwards."""
    headers, told, limit_told = house.as_cpo.headers, count(), count()

    def ours() -> bytes:
        news = telling.news(next(told))
        return tell(telling.method, telling.path if telling.made else news.path, headers, news.body)

    for _ in range(pace.objects):
        await HttpAsker.once(house.server.port, ours())
    size = await roaming.value(house, store.SIZE_OF_NEWS, telling.news(0).key)
    if size is None:
        raise Refused(f"{telling.name}: nobody was to hear of it")

    def limit() -> bytes:
        news = telling.news(next(limit_told))
        return tell("POST", f"/{telling.limit}/{news.key}/{size}", {}, news.body)

    ours_rate, limit_rate = await roaming.beside(house, pace, ours, limit)
    await _look(house, pace, telling, next(told))
    await _look_at_limit(house, pace, telling, next(limit_told))
    return of_answers(telling.name, telling.things, ours_rate, limit_rate, telling.limit_is, goal=OF_LIMIT)


async def _look(house: House, pace: Pace, telling: Telling, told: int) -> None:
    """Raises Refused."""
    for number in range(max(0, told - pace.objects), told):
        news = telling.news(number)
        answer = await HttpAsker.once(house.server.port, get(news.path, house.as_cpo.headers))
        found = parsed(roaming.data_in(answer))
        for name, said in news.there.items():
            if found[name] != said:
                raise Refused(f"{telling.name}: {name} of {news.key} was told as {said} and is {found[name]}")
    if telling.made:
        kept = await roaming.value(house, store.CDRS, str(THEIRS))
        if kept != told:
            raise Refused(f"{telling.name}: {told} were acknowledged and {kept} are there")


async def _look_at_limit(house: House, pace: Pace, telling: Telling, told: int) -> None:
    """Raises Refused."""
    prefix = telling.news(0).key.rstrip("0")
    kept = await roaming.value(house, store.TOLD, prefix)
    if kept != told:
        raise Refused(f"the limit for {telling.name}: {told} were acknowledged and {kept} are there")
    for number in range(max(0, told - pace.objects), told):
        news = telling.news(number)
        if not (await roaming.value(house, store.ONE, news.key)).startswith(news.body):
            raise Refused(f"the limit for {telling.name}: {news.key} is not as it was told last")


def _of_ours(house: House, module: Module, version: str = NEWEST) -> str:
    """Where the eMSP is told of objects of the CPO."""
    return f"{house.as_cpo.path(module, Interface.RECEIVER, version)}/{OURS.country}/{OURS.party}"


def _moments() -> Callable[[int], str]:
    """When the number-th thing was so: each later than all that is known by now."""
    began_at = WallClock().now()
    return lambda number: rfc3339(began_at + number * timedelta(milliseconds=1))


def _session_id(number: int, version: str) -> str:
    """Others than in another version: what is told of them is news from the beginning."""
    return f"SESSION-{version}-{number:05}"


def _first_evse(place: bytes) -> dict[str, Any]:
    evse: dict[str, Any] = parsed(place)["evses"][0]
    return evse


def _charge(id: str, number: int, place: bytes) -> Session:
    """At one of our CPO's places, of a driver of the eMSP, for an hour by now."""
    evse, uid = _first_evse(place), card_uid(number)
    priced = charges.closed(charges.simple(), charges.stretches())
    return Session(
        holder=OURS,
        owner=OURS,
        id=id,
        ref=id,
        status=Status.ACTIVE,
        token=CdrToken(owner=THEIRS, uid=uid, type=TokenType.RFID, contract_id=f"SE-NOR-C{uid}"),
        auth_method=AuthMethod.WHITELIST,
        location_id=place_id(number),
        evse_uid=evse["uid"],
        connector_id=evse["connectors"][0]["id"],
        started_at=charges.STARTED_AT,
        energy=kwh(Decimal(NOTHING.decode())),
        currency="EUR",
        time_zone=charges.ZONE,
        cost=costs_of(priced).total,
        periods=priced.periods,
        last_updated=NOT_YET,
    )
