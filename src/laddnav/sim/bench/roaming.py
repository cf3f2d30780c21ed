"""OCPI under load: ours and the limit are asked the same in turn, and what comes of it is a figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg
import msgspec

from laddnav.sim.bench.figures import OF_LIMIT, Figure, Pace, of_answers
from laddnav.sim.bench.house import House
from laddnav.sim.bench.load import HttpAsker, Rate, Refused, Side, compared

Requests = Callable[[], bytes]  # makes the next request, another one each time


async def figure(
    house: House, pace: Pace, name: str, thing: str, *, ours: Requests, limit: Requests, limit_is: str
) -> Figure:
    """Raises Refused."""
    ours_rate, limit_rate = await beside(house, pace, ours, limit)
    return of_answers(name, thing, ours_rate, limit_rate, limit_is, goal=OF_LIMIT)


async def beside(house: House, pace: Pace, ours: Requests, limit: Requests) -> tuple[Rate, Rate]:
    """Raises Refused."""
    asking, limit_asking = [
        [await HttpAsker.connected(port, request, _granted) for _ in range(pace.askers)]
        for port, request in ((house.server_port, ours), (house.limit_port, limit))
    ]
    try:
        sides = (Side(server=house.server, askers=asking), Side(server=house.limit, askers=limit_asking))
        ours_rate, limit_rate = await compared(
            sides, house.postgres, rounds=pace.rounds, seconds=pace.seconds, warm_up=pace.warm_up
        )
        return ours_rate, limit_rate
    finally:
        for asker in (*asking, *limit_asking):
            asker.close()


async def same_length(house: House, what: str, ours: bytes, limit: bytes) -> None:
    """The limit must not have less to say. Raises Refused."""
    said = len(await HttpAsker.once(house.server_port, ours)), len(await HttpAsker.once(house.limit_port, limit))
    if said[0] != said[1]:
        raise Refused(f"{what} has {said[0]} bytes, and the limit for it {said[1]}")


async def value(house: House, statement: str, *arguments: object) -> Any:
    """What the database of both says."""
    connection = await asyncpg.connect(house.database)
    try:
        return await connection.fetchval(statement, *arguments)
    finally:
        await connection.close()


class _Answer(msgspec.Struct):
    data: msgspec.Raw


def data_in(answer: bytes) -> bytes:
    """The object in its envelope."""
    return bytes(msgspec.json.decode(answer, type=_Answer).data)


def _granted(body: bytes) -> bool:
    return b'"status_code":1000' in body
