"""What partners tell us at the same moment is taken as though one had come after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from laddnav.cdrs import actions as cdrs
from laddnav.db import stream
from laddnav.db.unit import Database
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpi import store
from laddnav.ocpi.store.words import REMEMBERED_MOST, Key, Said
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import Module
from laddnav.parties.model import Role
from laddnav.server.hears import HEARS
from laddnav.sessions import actions as sessions
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Ask, Installation
from tests.ocpi.wording import cdr, session, words
from tests.serving import listening


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


@pytest.fixture
async def elsewhere(emsp: Installation, other_database_url: str, clock: SetClock) -> AsyncIterator[str]:
    """Where another process of the eMSP answers, which says nothing to the first of what it is told."""
    database = await Database.connect(other_database_url, clock=clock, hears=HEARS)
    one = Installation(database, EMSP, Role.EMSP, listening())
    await one.up()
    yield one.url
    await one.clients.close()
    await one.down()
    await database.close()


async def test_what_another_process_was_told_is_heeded_by_who_remembers_otherwise(
    at_emsp: Ask, emsp: Installation, elsewhere: str
) -> None:
    """Each PATCH is of what was said last, wherever that was; what was told later stays."""
    places, sessions_at = "ocpi/emsp/2.2.1/locations/SE/LAD", "ocpi/emsp/2.2.1/sessions/SE/LAD"

    async def tell(where: str, minute: int, **said: str) -> tuple[int, int]:
        change = said | {"last_updated": f"2026-11-23T08:{minute:02}:00Z"}
        answer = await at_emsp("PATCH", f"{where}/{places}/LOC1/EVSE1", encoded(change))
        charge = session(kwh=minute, last_updated=change["last_updated"])
        assert (await at_emsp("PUT", f"{where}/{sessions_at}/101", encoded(charge))).http in (200, 201)
        return answer.both

    at = {"last_updated": "2026-11-23T08:00:00Z"}
    await at_emsp("PUT", f"{emsp.url}/{places}/LOC1", encoded(words(things.location(owner=CPO)) | at))
    assert await tell(emsp.url, 1, status="CHARGING") == (200, 1000)
    assert await tell(elsewhere, 5, physical_reference="7") == (200, 1000)
    assert await tell(emsp.url, 3, status="AVAILABLE") == (200, 1000)
    assert await tell(emsp.url, 7, floor_level="2") == (200, 1000)
    assert await tell(elsewhere, 6, status="OUTOFORDER") == (200, 1000)
    for where in (emsp.url, elsewhere):
        evse = (await at_emsp("GET", f"{where}/{places}/LOC1/EVSE1")).data
        assert (evse["status"], evse["physical_reference"], evse["floor_level"]) == ("CHARGING", "7", "2")
        assert (await at_emsp("GET", f"{where}/{sessions_at}/101")).data["kwh"] == 7
    async with emsp.database.unit() as unit:
        kept = (await locations.fetch(unit, emsp.holder, CPO, "LOC1")).evses[0]
        told = await sessions.find(unit, emsp.holder, CPO, "101")
    assert (kept.status, kept.physical_reference, kept.floor_level) == (Status.CHARGING, "7", "2")
    assert told is not None and told.energy.kwh == 7


async def test_what_is_no_more_is_not_there_for_who_remembers_it(
    at_emsp: Ask, emsp: Installation, elsewhere: str
) -> None:
    place = "ocpi/emsp/2.2.1/locations/SE/LAD/LOC1"
    await at_emsp("PUT", f"{emsp.url}/{place}", encoded(words(things.location(owner=CPO))))
    change = {"status": "CHARGING", "last_updated": "2026-11-23T08:01:00Z"}
    assert (await at_emsp("PATCH", f"{emsp.url}/{place}/EVSE1", encoded(change))).both == (200, 1000)
    async with emsp.database.unit() as unit:
        key = Key(holder=EMSP, owner=CPO, module=Module.LOCATIONS, version="2.2.1", said=False, id="loc1")
        store.words.drop(unit, key)
    for minute in ("00", "02"):
        change["last_updated"] = f"2026-11-23T08:{minute}:00Z"
        assert (await at_emsp("PATCH", f"{emsp.url}/{place}/EVSE1", encoded(change))).both == (404, 2003)


async def test_words_that_outgrew_what_is_remembered_are_not_remembered_as_they_were(
    at_emsp: Ask, emsp: Installation
) -> None:
    place = "ocpi/emsp/2.2.1/locations/SE/LAD/LOC1"
    key = (str(EMSP), str(CPO), "locations", "2.2.1", False, "loc1", "")
    remembered = []
    for length in (1, REMEMBERED_MOST, REMEMBERED_MOST, 1):
        said = words(things.location(owner=CPO)) | {"note": "x" * length}
        assert (await at_emsp("PUT", f"{emsp.url}/{place}", encoded(said))).http in (200, 201)
        remembered.append(emsp.database.remembered[Said][key] is not None)
    assert remembered == [True, False, False, True]


async def test_who_goes_by_what_is_remembered_locks_the_words_first_as_everybody_does(
    at_emsp: Ask, emsp: Installation
) -> None:
    """Or this one and another process, which has the words and wants the Session, would wait in a ring."""
    url = f"{emsp.url}/ocpi/emsp/2.2.1/sessions/SE/LAD/101"
    key = Key(holder=EMSP, owner=CPO, module=Module.SESSIONS, version="2.2.1", said=False, id="101")
    assert (await at_emsp("PUT", url, encoded(session(last_updated="2026-11-23T08:01:00Z")))).http == 201
    for minute in ("02", "03"):  # of the words alone something is remembered, then of the Session too
        async with emsp.database.unit() as elsewhere:
            await store.words.lock(elsewhere, key)
            said = encoded(session(last_updated=f"2026-11-23T08:{minute}:00Z"))
            told = asyncio.ensure_future(at_emsp("PUT", url, said))
            async with asyncio.timeout(30):
                while not await _somebody_waits(emsp.database):
                    await asyncio.sleep(0.01)
            await elsewhere.value("select id from session where id = '101' for update nowait")
        assert (await told).both == (200, 1000)


async def test_a_request_that_is_refused_leaves_it_to_the_next_to_tell_when_the_partner_was_heard(
    at_emsp: Ask, emsp: Installation, clock: SetClock
) -> None:
    at = clock.advance(timedelta(minutes=2))
    url = f"{emsp.url}/ocpi/emsp/2.2.1/sessions/SE/LAD"
    assert (await at_emsp("PATCH", f"{url}/100", encoded({"last_updated": "2026-11-23T08:00:00Z"}))).http == 404
    assert (await at_emsp("PUT", f"{url}/101", encoded(session()))).http == 201
    async with emsp.database.unit() as unit:
        assert await unit.value("select max(last_heard_at) from ocpi_line") == at


async def _somebody_waits(database: Database) -> bool:
    """Within one transaction it would be so or not for ever."""
    async with database.unit() as unit:
        waits = "wait_event_type = 'Lock' and datname = current_database()"
        return bool(await unit.value(f"select exists (select from pg_stat_activity where {waits})"))
