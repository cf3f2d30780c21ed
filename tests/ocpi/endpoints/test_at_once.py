"""What partners tell us at the same moment is taken as though one had come after the other."""

from __future__ import annotations

import asyncio
from typing import Any

from laddnav.cdrs import actions as cdrs
from laddnav.db import stream
from laddnav.ocpi.wire.codec import encoded
from laddnav.sessions import actions as sessions
from tests.ocpi.network import CPO, Ask, Installation
from tests.ocpi.wording import cdr, session


async def test_a_cdr_told_several_times_at_once_is_one(at_emsp: Ask, emsp: Installation) -> None:
    """CDR-003, CDR-007: who was first gets 201, all others what they would get a minute later."""
    url = f"{emsp.url}/ocpi/emsp/2.2.1/cdrs"
    said = encoded(cdr())
    told = [said, said.replace(b',"', b', "'), encoded(cdr(total_energy=99))] * 2
    answers = [answer.both for answer in await asyncio.gather(*(at_emsp("POST", url, body) for body in told))]
    assert answers.count((201, 1000)) == 1
    kept = answers.index((201, 1000))
    contradict = (2, 5) if kept not in (2, 5) else (0, 1, 3, 4)
    assert [place for place, both in enumerate(answers) if both == (200, 2001)] == list(contradict)
    async with emsp.database.unit() as unit:
        assert len(await cdrs.page(unit, emsp.holder)) == 1
        assert [one.kind for one in await stream.after(unit, "")].count("CdrReceived") == 1


async def test_of_news_about_a_session_that_come_at_once_the_newest_stays(at_emsp: Ask, emsp: Installation) -> None:
    """TRN-046: also where nothing was known of it before."""

    def told(minute: int) -> dict[str, Any]:
        return session(kwh=minute, last_updated=f"2026-11-23T08:{minute:02}:00Z")

    url = f"{emsp.url}/ocpi/emsp/2.2.1/sessions/SE/LAD/101"
    minutes = [3, 1, 5, 2, 4]
    answers = await asyncio.gather(*(at_emsp("PUT", url, encoded(told(minute))) for minute in minutes))
    assert sorted(answer.both for answer in answers) == [(200, 1000)] * 4 + [(201, 1000)]
    assert (await at_emsp("GET", url)).data == told(5)
    async with emsp.database.unit() as unit:
        kept = await sessions.find(unit, emsp.holder, CPO, "101")
    assert kept is not None and kept.energy.kwh == 5
