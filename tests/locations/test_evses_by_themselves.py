"""A partner that tells of one Evse is understood as though it had told of all of its Location."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from laddnav.db import stream
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations import rules
from laddnav.locations.model import Evse, Status
from laddnav.locations.rules import TwoEvsesAlike, UnknownLocation
from tests.things import LONG_AGO, THEM, US, connector, evse, location

WHOLE, BY_ITSELF = US, PartyId("NL", "TNM")  # who hears the whole Location each time, and who the Evse alone

PLACES = """
select id, name, publish, ended, revision, last_updated, body::jsonb - 'last_updated' as body
from location where holder = $1
"""
EVSES = """
select uid_key, uid, evse_id, position, status, status_at, last_updated, body from evse
where holder = $1 order by position
"""


async def rows(unit: Unit, holder: PartyId) -> list[list[tuple[object, ...]]]:
    return [[tuple(row.values()) for row in await unit.fetch(sql, str(holder))] for sql in (PLACES, EVSES)]


def told(number: int) -> Evse:
    """Now and then what is known already, under another spelling of its uid, or with an older date."""
    uids, statuses = ("EVSE1", "EVSE2", "evse1", "EVSE3", "EVSE4"), (Status.AVAILABLE, Status.REMOVED, Status.REMOVED)
    return evse(
        uids[number * number % 11 % 5],
        status=statuses[number % 3],
        connectors=tuple(connector(id=str(one)) for one in range(1 + number % 4 // 2)),
        last_updated=LONG_AGO + timedelta(minutes=number - number * 5 % 7),
    )


async def test_an_evse_by_itself_leaves_all_as_the_whole_location_would(database: Database) -> None:
    """LOC-016: to the row, but for the dates of what did not change otherwise."""
    known, heard = location(owner=THEM), []
    async with database.unit() as unit:
        for holder in (WHOLE, BY_ITSELF):
            await locations.keep(unit, holder, known)
    for number in range(40):
        one = told(number)
        before = next((each for each in known.evses if each.uid.lower() == one.uid.lower()), None)
        if before is not None and one.last_updated < before.last_updated:
            continue
        after = rules.with_evse(known, one)
        async with database.unit() as unit:
            heard.append(await locations.keep(unit, WHOLE, after))
            alone = await locations.hear_evse(unit, BY_ITSELF, THEM, "loc1", one, at=after.last_updated)
        assert alone == heard[-1]
        known = after if heard[-1] else known
        async with database.unit() as unit:
            assert await rows(unit, BY_ITSELF) == await rows(unit, WHOLE)
            assert await locations.find(unit, BY_ITSELF, THEM, "LOC1") == known
    assert {True, False} == set(heard)
    async with database.unit() as unit:
        told_of = [each.holder for each in await stream.after(unit, "")]
    assert told_of.count(WHOLE) == told_of.count(BY_ITSELF) == 1 + heard.count(True)


async def test_an_evse_by_itself_that_is_older_than_what_is_known_changes_nothing(database: Database) -> None:
    at = LONG_AGO + timedelta(hours=1)
    async with database.unit() as unit:
        await locations.keep(unit, US, location(owner=THEM, evses=(evse(last_updated=at),), last_updated=at))
        assert not await locations.hear_evse(unit, US, THEM, "LOC1", evse(status=Status.CHARGING), at=at)


async def test_an_evse_by_itself_needs_its_location_and_has_each_connector_once(database: Database) -> None:
    async with database.unit() as unit:
        with pytest.raises(UnknownLocation):
            await locations.hear_evse(unit, US, THEM, "LOC1", evse(), at=LONG_AGO)
        twice = replace(evse(), connectors=(connector(), connector()))
        with pytest.raises(TwoEvsesAlike):
            await locations.hear_evse(unit, US, THEM, "LOC1", twice, at=LONG_AGO)
