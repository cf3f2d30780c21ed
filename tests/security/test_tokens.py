"""A token that opens a line stands in no log, no table and no answer but in the one that hands it over."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from laddnav.ocpi.connections import partners
from tests.clock import SetClock
from tests.ocpi.conftest import cpo, emsp
from tests.ocpi.furnishing import carded, charged, furnished
from tests.ocpi.network import CPO, EMSP, Ask, Installation, stranger
from tests.security.contents import every_row

__all__ = ["cpo", "emsp"]

GUESS = "a-guess-of-somebody-who-knows-nothing"


async def test_no_token_is_written_down_or_said_again(
    cpo: Installation, emsp: Installation, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    """From the invitation to the farewell, with trouble in between."""
    answers: list[str] = []
    with capture_logs() as logged:
        tokens = await a_whole_life(cpo, emsp, clock, answers)
    assert len(tokens) == 5  # the invitation's, and two each, before and after they were renewed
    kept: set[str] = set()
    for one in (cpo, emsp):
        await one.clients.journal.flush()
        kept |= await every_row(one.database)
    everywhere = {"the log": f"{logged} {caplog.text}", "an answer": str(answers), "the database": str(kept)}
    assert all(len(text) > 1_000 for text in everywhere.values())
    for token in (*tokens, GUESS):
        for spelt in (token, b64encode(token.encode()).decode().rstrip("=")):
            assert [where for where, text in everywhere.items() if spelt in text] == []


async def a_whole_life(cpo: Installation, emsp: Installation, clock: SetClock, answers: list[str]) -> set[str]:
    """Every token that was good for anything; `answers` gets what those hear who show them, and others."""
    async with cpo.database.unit() as unit:
        invitation = await partners.invite(unit, cpo.settings, CPO, cpo.role)
    await partners.register(emsp.database, emsp.clients, invitation.versions_url, invitation.token, EMSP, emsp.role)
    tokens = {invitation.token} | await shown(cpo, emsp)
    await furnished(cpo)
    await carded(emsp)
    await emsp.settle()
    await charged(cpo, clock)
    await emsp.down()
    await cpo.settle()  # nobody is there
    await emsp.up()
    clock.advance(timedelta(minutes=1))
    await cpo.settle()
    await emsp.pull()
    await partners.renew(emsp.database, emsp.clients, await emsp.connection())
    tokens |= await shown(cpo, emsp)
    for token in (*tokens, GUESS):
        async with stranger(token) as ask:
            answers += await heard(ask, cpo)
    await partners.remove(emsp.database, emsp.clients, await emsp.connection())
    return tokens


async def shown(*installations: Installation) -> set[str]:
    """What each of them shows to the other now."""
    return {await one.clients.token_for(await one.connection()) for one in installations}


async def heard(ask: Ask, one: Installation) -> list[str]:
    """At every kind of door, and where there is none; only the credentials hand a token over."""
    base = f"{one.url}/ocpi"
    doors = [
        ("GET", f"{base}/versions", None),
        ("GET", f"{base}/9.9", None),
        ("GET", f"{base}/cpo/2.2.1/locations", None),
        ("PUT", f"{base}/cpo/2.2.1/tokens/NL/TNM/CARD1", b'{"uid": "CARD1"}'),
        ("POST", f"{base}/cpo/2.2.1/commands/START_SESSION", b"{ half"),
        ("POST", f"{base}/2.2.1/credentials", b'{"token": 1}'),
    ]
    answers = [await ask(*door) for door in doors]
    return [f"{answer.http} {answer.headers} {answer.words}" for answer in answers]
