"""Sessions are told in their owner's name, and told on; preferences of their drivers."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from laddnav.kit.energy import kwh
from laddnav.kit.ids import PartyId
from laddnav.ocpi.wire.codec import Hearing, encoded
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import NO_ZONE, Session
from tests import things
from tests.ocpi.network import CPO, EMSP, Ask, Installation
from tests.ocpi.wording import CODECS, driver, session, words


@pytest.fixture
def charges(emsp: Installation) -> str:
    return f"{emsp.url}/ocpi/emsp/2.2.1/sessions/SE/LAD"


async def test_a_session_is_told_and_told_on(at_emsp: Ask, emsp: Installation, charges: str) -> None:
    """SES-006, SES-008, SES-009, SES-010, SES-011, SES-012, SES-013, SES-017, SES-023, SES-024, SES-030, TYP-042."""
    assert (await at_emsp("PUT", f"{charges}/101", encoded(session()))).both == (201, 1000)
    period = {"start_date_time": "2015-06-29T23:40:00Z", "dimensions": [{"type": "ENERGY", "volume": 1.5}]}
    change = {"kwh": 50.5, "charging_periods": [period], "last_updated": "2015-06-29T23:55:00Z"}
    for _ in range(2):
        assert (await at_emsp("PATCH", f"{charges}/101", encoded(change))).both == (200, 1000)
    async with emsp.database.unit() as unit:
        kept = await sessions.fetch(unit, emsp.holder, CPO, "101")
    assert kept.energy == kwh("50.5") and len(kept.periods) == 4
    whole = session(charging_periods=[], last_updated="2015-06-29T23:59:00Z", evse_uid="#NA")
    del whole["total_cost"]
    assert (await at_emsp("PUT", f"{charges}/101", encoded(whole))).both == (200, 1000)
    async with emsp.database.unit() as unit:
        kept = await sessions.fetch(unit, emsp.holder, CPO, "101")
    assert (kept.periods, kept.cost, kept.evse_uid) == ((), None, "#NA")
    assert (await at_emsp("GET", f"{charges}/101")).data == whole


async def test_a_session_is_in_the_time_zone_of_its_location_once_that_is_known(
    at_emsp: Ask, emsp: Installation, charges: str
) -> None:
    place = things.location(owner=CPO)

    async def told(day: int, location_id: str) -> str:
        said = session(location_id=location_id, last_updated=f"2026-11-{day}T09:00:00Z")
        assert (await at_emsp("PUT", f"{charges}/101", encoded(said))).status == 1000
        async with emsp.database.unit() as unit:
            return (await sessions.fetch(unit, emsp.holder, CPO, "101")).time_zone

    assert await told(10, place.id) == NO_ZONE
    await at_emsp("PUT", f"{charges.replace('sessions', 'locations')}/{place.id}", encoded(words(place)))
    assert [await told(day, place.id) for day in (11, 12)] == [place.time_zone] * 2
    assert await told(13, "NOWHERE") == NO_ZONE


async def test_a_session_is_told_in_its_owners_name(at_emsp: Ask, emsp: Installation, charges: str) -> None:
    """SES-007"""
    for change in ({"party_id": "XXX"}, {"country_code": "DK"}):
        answer = await at_emsp("PUT", f"{charges}/101", encoded(session(**change)))
        assert answer.both == (200, 2001)
    async with emsp.database.unit() as unit:
        assert await sessions.page(unit, emsp.holder) == []


async def test_the_same_new_session_twice_at_once_is_one(at_emsp: Ask, emsp: Installation, charges: str) -> None:
    """Two of the sender's processes bring the same news."""
    answers = await asyncio.gather(*(at_emsp("PUT", f"{charges}/101", encoded(session())) for _ in range(6)))
    assert sorted(answer.both for answer in answers) == [(200, 1000)] * 5 + [(201, 1000)]
    async with emsp.database.unit() as unit:
        assert len(await sessions.page(unit, emsp.holder)) == 1


@pytest.mark.parametrize("path", ["NONE", "101/charging_periods"])
async def test_a_session_that_is_not_there_is_not_changed(at_emsp: Ask, charges: str, path: str) -> None:
    """SES-014, TRN-043."""
    await at_emsp("PUT", f"{charges}/101", encoded(session()))
    change = encoded({"kwh": 1, "last_updated": "2026-11-23T09:00:00Z"})
    assert (await at_emsp("PATCH", f"{charges}/{path}", change)).http == 404


async def test_sessions_are_listed_since_a_moment_only(at_cpo: Ask, cpo: Installation) -> None:
    """SES-003, SES-004."""
    url = f"{cpo.url}/ocpi/cpo/2.2.1/sessions"
    assert (await at_cpo("GET", url)).both == (200, 2001)
    assert (await at_cpo("GET", f"{url}?date_from=2020-01-01T00:00:00Z")).both == (200, 1000)


async def test_a_charge_under_way_is_listed_by_the_time_of_its_last_change(at_cpo: Ask, cpo: Installation) -> None:
    """SES-003, SES-004: as one that is over, though the index by time has none that changes all the time."""
    async with cpo.database.unit() as unit:
        for id, status in (("S1", "ACTIVE"), ("S2", "COMPLETED")):
            said = session(id=id, status=status, last_updated="2026-11-10T09:00:00Z")
            one = CODECS[Session].convert(said, Hearing(holder=CPO, sender=CPO))
            await sessions.hear(unit, replace(one, holder=CPO, ref=id))

    async def listed(*between: str) -> list[str]:
        answer = await at_cpo("GET", f"{cpo.url}/ocpi/cpo/2.2.1/sessions?{'&'.join(between)}")
        assert answer.headers["x-total-count"] == str(len(answer.data))
        return [one["id"] for one in answer.data]

    before, after = "2026-11-10T08:59:00Z", "2026-11-10T09:01:00Z"
    assert await listed(f"date_from={before}") == ["S1", "S2"]
    assert await listed(f"date_from={before}", f"date_to={after}") == ["S1", "S2"]
    assert await listed(f"date_from={after}") == []
    assert await listed("date_from=2026-11-09T09:00:00Z", f"date_to={before}") == []


async def test_preferences_are_refused_as_the_text_says(at_cpo: Ask, cpo: Installation) -> None:
    """SES-046, SES-050, SES-051."""
    async with cpo.database.unit() as unit:
        for id, owner in (("S1", EMSP), ("S2", PartyId("DE", "8AC"))):
            token = driver() | {"country_code": owner.country, "party_id": owner.party}
            one = CODECS[Session].convert(session(id=id, cdr_token=token), Hearing(holder=CPO, sender=CPO))
            await sessions.hear(unit, replace(one, holder=CPO, ref=id))
    url, wish = f"{cpo.url}/ocpi/cpo/2.2.1/sessions", encoded({"profile_type": "GREEN"})
    assert (await at_cpo("PUT", f"{url}/S1/charging_preferences", wish)).both == (404, 2001)
    for path in ("S2/charging_preferences", "S9/charging_preferences", "S1/nonsense"):
        assert (await at_cpo("PUT", f"{url}/{path}", wish)).both == (404, 2000)
