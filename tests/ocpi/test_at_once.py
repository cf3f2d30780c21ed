"""What a partner says several times at the same instant ends as it does one after another, wherever it writes.

The right party says the same to two installations: to one in turn, to the other all its repetitions at once.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from laddnav.ocpi.wire.handshake import opposite
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.network import Answer, befriended, installed, stranger
from tests.security.contents import every_row
from tests.security.doors import doors, is_known, said
from tests.security.house import asked, connection_of, furnished
from tests.security.test_wrong_parties import PARTNER, US, refusal

ROLES = [Role.CPO, Role.EMSP]
TIMES = 4
ORDER = ["POST", "PUT", "PATCH", "DELETE"]
# What is written down of each request, and of each change, whose number depends on which of equal words came last.
OWN_COURSE = dict.fromkeys(("event", "hub_request", "job", "ocpi_count", "ocpi_exchange"), "true")


@pytest.mark.timeout(300)  # hundreds of requests, where all else may be slow
@pytest.mark.parametrize("role", ROLES, ids=str)
async def test_what_is_said_several_times_at_once_ends_as_one_after_another(
    database_url: str, other_database_url: str, role: Role
) -> None:
    answers, rows = await told(database_url, role, at_once=True)
    in_turn, rows_in_turn = await told(other_database_url, role, at_once=False)
    assert {where: came for where, came in answers.items() if max(came)[0] >= 500} == {}
    assert {where: (came, in_turn[where]) for where, came in answers.items() if not {*came} <= {*in_turn[where]}} == {}
    assert rows == rows_in_turn


async def told(url: str, role: Role, *, at_once: bool) -> tuple[dict[str, list[tuple[int, int, str]]], Counter[str]]:
    """(where what was said how it was answered, how many rows each table has then)."""
    clock = SetClock()
    answers: dict[str, list[tuple[int, int, str]]] = {}
    async with installed(url, clock, US, role, partner_rate=0) as one:
        token = await befriended(one, PARTNER, opposite(role))
        house = await furnished(one, clock, PARTNER)
        await asked(one, await connection_of(one, US, PARTNER, role))
        async with stranger(token) as ask:
            known = [door for door in doors(role) if door.method in ORDER and is_known(door, house)]
            for door in sorted(known, key=lambda door: ORDER.index(door.method)):
                for number, what in enumerate(said(door, house, PARTNER), 1):
                    where, body = f"{one.url}{what.url(door)}", what.spelt(door)
                    asks = [ask(door.method, where, body) for _ in range(TIMES)]
                    came = await asyncio.gather(*asks) if at_once else [await each for each in asks]
                    answers[f"{door}, {number}"] = sorted(_told(each) for each in came)
        await one.settle()
        return answers, Counter(row.partition(" ")[0] for row in await every_row(one.database, but=OWN_COURSE))


def _told(answer: Answer) -> tuple[int, int, str]:
    return answer.http, answer.status, refusal(answer) or ""
