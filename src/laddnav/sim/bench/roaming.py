"""OCPI under load: ours and the limit are asked the same in turn, and what comes of it is a figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from laddnav.sim.bench.figures import OF_LIMIT, Figure, Pace, of_answers
from laddnav.sim.bench.house import House
from laddnav.sim.bench.load import HttpAsker, Rate, Refused, Side, compared

Requests = Callable[[], bytes]  # makes the next request, another one each time


class Asked(Struct, frozen=True, kw_only=True):
    """One of those who are asked the same."""

    pid: int
    port: int
    requests: Requests


async def figure(
    house: House, pace: Pace, name: str, things: str, *, ours: Requests, limit: Requests, limit_is: str
) -> Figure:
    """Raises Refused."""
    ours_rate, limit_rate = await beside(house, pace, ours, limit)
    return of_answers(name, things, ours_rate, limit_rate, limit_is, goal=OF_LIMIT)


async def beside(house: House, pace: Pace, ours: Requests, limit: Requests) -> tuple[Rate, Rate]:
    """Raises Refused."""
    sides = (
        Asked(pid=house.server.pid, port=house.server.port, requests=ours),
        Asked(pid=house.limit.pid, port=house.limit.port, requests=limit),
    )
    ours_rate, limit_rate = await rates(house.ground.postgres, pace, sides, pace.askers)
    return ours_rate, limit_rate


async def rates(postgres: int, pace: Pace, sides: Sequence[Asked], askers: int) -> Sequence[Rate]:
    """Of each, asked by so many at a time. Raises Refused."""
    asking = [[await HttpAsker.connected(side.port, side.requests, _granted) for _ in range(askers)] for side in sides]
    try:
        return await compared(
            [Side(server=side.pid, askers=there) for side, there in zip(sides, asking, strict=True)],
            postgres,
            rounds=pace.rounds,
            seconds=pace.seconds,
            warm_up=pace.warm_up,
        )
    finally:
        for asker in chain.from_iterable(asking):
            asker.close()


async def same_length(house: House, what: str, ours: bytes, limit: bytes) -> None:
    """The limit must not have less to say. Raises Refused."""
    said = len(await HttpAsker.once(house.server.port, ours)), len(await HttpAsker.once(house.limit.port, limit))
    if said[0] != said[1]:
        raise Refused(f"{what} has {said[0]} bytes, and the limit for it {said[1]}")


async def value(house: House, statement: str, *arguments: object) -> Any:
    """What the database of both says."""
    connection = await asyncpg.connect(house.ground.url)
    try:
        return await connection.fetchval(statement, *arguments)
    finally:
        await connection.close()


class _Answer(Struct):
    data: msgspec.Raw


def data_in(answer: bytes) -> bytes:
    """The object in its envelope."""
    return bytes(msgspec.json.decode(answer, type=_Answer).data)


def _granted(body: bytes) -> bool:
    return b'"status_code":1000' in body
