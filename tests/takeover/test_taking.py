"""An export is shown first, then taken, and taken once."""

from __future__ import annotations

import pytest

from laddnav.db.unit import Database
from laddnav.kit.energy import wh
from laddnav.locations import actions as locations
from laddnav.locations.rules import UnknownStation, with_evse
from laddnav.parties import actions as parties
from laddnav.people import actions as people
from laddnav.sessions import actions as sessions
from laddnav.takeover import actions as takeover
from laddnav.takeover.model import Becomes, Source, TakenOver
from laddnav.tokens import actions as tokens
from tests.takeover.exports import CITRINEOS, STEVE
from tests.things import THEM, US, evse, party, settled


async def _take(database: Database, source: Source, files: dict[str, str], *, preview: bool = False) -> TakenOver:
    async with database.unit() as unit:
        return await takeover.take_over(unit, US, source, files, by="ada", preview=preview)


async def _deeds(database: Database) -> int:
    async with database.unit() as unit:
        return len(await people.deeds(unit))


async def test_a_preview_says_what_taking_then_does_and_a_second_time_changes_nothing(database: Database) -> None:
    await settled(database)
    for source, files in ((Source.STEVE, STEVE), (Source.CITRINEOS, CITRINEOS)):
        before = await _deeds(database)
        shown = await _take(database, source, files, preview=True)
        assert await _deeds(database) == before
        taken = await _take(database, source, files)
        again = await _take(database, source, files)
        assert [(one.id, one.becomes) for one in shown.parts] == [(one.id, one.becomes) for one in taken.parts]
        assert [one.id for one in taken.parts if one.becomes is Becomes.NEW] == [
            one.id for one in again.parts if one.becomes is Becomes.KNOWN
        ]
        assert not any(one.password for one in (*shown.parts, *again.parts))
    async with database.unit() as unit:
        (charge,) = await takeover.past_charges(unit, US, "KAJ-1")
        assert (charge.id, charge.row, charge.energy) == ("7", "steve", wh(12500))
        assert await sessions.page(unit, US) == []  # nothing that could ever be billed
        (card,) = await tokens.by_uid(unit, US, "04A2")
        assert (card.blocked, card.valid) == (True, False)
        station = await locations.station(unit, "CS1")
        assert [(number, where.evse_uid) for number, where in station.evses] == [(1, "CS1-1")]
        deed = (await people.deeds(unit))[0]
        assert (deed.who, deed.deed) == ("ada", "take over an export")


async def test_a_list_of_stations_makes_them_with_their_evses_and_says_what_cannot_be(database: Database) -> None:
    await settled(database)
    async with database.unit() as unit:
        place = with_evse(await locations.fetch(unit, US, US, "LOC1"), evse("EVSE3"))
        await locations.keep(unit, US, with_evse(place, evse("EVSE4")))
        await locations.add_station(unit, US, "WENT")
        await locations.leave(unit, "WENT", "")
    text = (
        "id;location_id;evses;password;security_profile\n"
        "NEW-1;LOC1;EVSE3;sixteen-bytes-or-more;\n"
        "NEW-2;;;;0\n"
        "NEW-3;LOC1;EVSE1;;\n"
        "NEW-4;NOWHERE;;;\n"
        "NEW 5/6;;;;\n"
        "ST1;;;;\n"
        "NEW-7;;;;9\n"
        "NEW-2;;;;0\n"
        "NEW-8;LOC1;evse3;;\n"
        "NEW-9;LOC1;EVSE4 EVSE4;;\n"
        "WENT;;;;\n"
    )
    shown = await _take(database, Source.STATIONS, {"stations.csv": text}, preview=True)
    taken = await _take(database, Source.STATIONS, {"stations.csv": text})
    assert [(one.id, one.becomes, one.says) for one in shown.parts] == [
        (one.id, one.becomes, one.says) for one in taken.parts
    ]
    assert [one.becomes for one in taken.parts] == [
        *[Becomes.NEW] * 2,
        *[Becomes.LEFT_OUT] * 3,
        Becomes.KNOWN,
        Becomes.KNOWN,
        *[Becomes.LEFT_OUT] * 2,
        Becomes.NEW,
        Becomes.LEFT_OUT,
    ]
    assert [one.says for one in taken.parts[7:9]] == [
        "EVSE evse3 is that of station NEW-1",
        "EVSE EVSE4 is that of station NEW-9",
    ]
    assert "that of station ST1" in (taken.parts[2].says or "")
    async with database.unit() as unit:
        assert await locations.password_fits(unit, "NEW-1", "sixteen-bytes-or-more")
        assert (await locations.station(unit, "NEW-2")).security_profile == 0
        assert (await locations.station(unit, "WENT")).moved_at is None
        with pytest.raises(UnknownStation):
            await locations.station(unit, "NEW-9")


async def test_what_another_party_has_stays_its_own(database: Database) -> None:
    async with database.unit() as unit:
        await parties.add(unit, party(ref=unit.new_id()))
        await parties.add(unit, party(THEM, ref=unit.new_id()))
        await locations.add_station(unit, THEM, "KAJ-1")
    taken = await _take(database, Source.STEVE, STEVE)
    assert [(one.kind, one.becomes) for one in taken.parts if one.id in ("KAJ-1", "7")] == [
        ("station", Becomes.LEFT_OUT),
        ("charge", Becomes.LEFT_OUT),
    ]


async def test_a_password_that_is_too_short_leaves_its_station_out_and_says_where(database: Database) -> None:
    """A00.FR.205: before anything is done, as well as when it is; the other lines are taken."""
    await settled(database)
    text = "id,password\nNEW-1,sesame\nNEW-2,sixteen characters\n"
    for preview in (True, False):
        taken = await _take(database, Source.STATIONS, {"stations.csv": text}, preview=preview)
        unfit, fits = taken.parts
        assert (unfit.becomes, fits.becomes) == (Becomes.LEFT_OUT, Becomes.NEW)
        assert "stations.csv" in unfit.row and "2" in unfit.row
        assert "`password` has 6 characters, and a station's has 16 to 64" in (unfit.says or "")
