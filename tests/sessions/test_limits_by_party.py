"""A charge that somebody limited before limits were kept party by party is limited by the same one afterwards."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from importlib.resources import files

from laddnav.db.unit import Database
from laddnav.kit.energy import wh
from laddnav.kit.ids import PartyId
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import limiting
from laddnav.sessions.model import Limits
from laddnav.tokens.model import Allowed, Authorization
from tests import things
from tests.things import US, settled

EMSP = PartyId("DE", "8AC")
BEFORE = """
update session set body = jsonb_set(body::jsonb, '{limits}', $1::text::jsonb)::text where id = $2
"""
SAID = """{"by":{"country":"DE","party":"8AC"},"held":true,"profile":{"unit":"A",
"limits":[{"after":"P0D","rate":16}]}}"""


async def test_what_one_party_wanted_becomes_a_list_of_one(database: Database) -> None:
    """Migration 0064; a charge that nobody limited stays as it was."""
    station = await settled(database)
    async with database.unit() as unit:
        given = Authorization(allowed=Allowed.ALLOWED, token=things.token("U1", EMSP))
        begun = [
            await sessions.begin(
                unit, station=station, evse_no=number, uid="U1", given=given, at=unit.now, register=wh(0)
            )
            for number in (1, 2)
        ]
    migration = (files("laddnav.db") / "migrations" / "0064_limits_by_party.sql").read_text()
    statement = migration[migration.index("update session") :].split(";")[0]
    async with database.unit() as unit:
        unit.write(BEFORE, SAID, begun[0].id)
        unit.write(statement)
        limited, free = [await sessions.fetch(unit, US, US, one.id) for one in begun]
        six = ChargingProfile(unit=RateUnit.AMPERE, limits=(ProfileLimit(timedelta(), Decimal(16)),))
        assert limited.limits == (Limits(by=EMSP, held=True, profile=six),)
        assert free.limits == ()
        await limiting.end_limits(unit, US, PartyId("DE", "SCP"), ())
        assert (await sessions.fetch(unit, US, US, limited.id)).limits == limited.limits
        await limiting.end_limits(unit, US, EMSP, ())
        assert [one.leaving for one in (await sessions.fetch(unit, US, US, limited.id)).limits] == [True]
