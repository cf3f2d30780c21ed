"""Whatever OCPP has a word for is kept, each in its place, in one unit."""

import json
from importlib.resources import files
from itertools import chain, zip_longest
from typing import Any

import msgspec
import pytest

from laddnav.db.unit import Database
from laddnav.ocpp.wire.v1_6 import meter_value as of_1_6
from laddnav.ocpp.wire.v2_0_1 import meter_value as of_2
from laddnav.readings import actions as readings
from laddnav.readings.model import Said
from tests.things import US

AT = "2026-11-23T08:00:00Z"
PARTS = ("measurand", "phase", "location", "context")


def words(folder: str, file: str) -> dict[str, list[str]]:
    """Every word for each part of a sample, by the official schema."""
    schema = json.loads((files("ocpp") / folder / "schemas" / file).read_text(encoding="utf-8-sig"))
    if folder == "v16":
        sample = schema["properties"]["meterValue"]["items"]["properties"]["sampledValue"]["items"]["properties"]
        return {part: sample[part]["enum"] for part in PARTS}
    kinds = {"measurand": "Measurand", "phase": "Phase", "location": "Location", "context": "ReadingContext"}
    return {part: schema["definitions"][f"{kind}EnumType"]["enum"] for part, kind in kinds.items()}


def samples(known: dict[str, list[str]]) -> list[dict[str, Any]]:
    """As many as there are measurands, and in them every other word too."""
    columns = [known[part] for part in PARTS]
    return [
        {part: word for part, word in zip(PARTS, row, strict=True) if word} | {"value": str(number)}
        for number, row in enumerate(zip_longest(*columns))
    ]


@pytest.mark.parametrize(
    ("folder", "file", "dialect"),
    [
        ("v16", "MeterValues.json", of_1_6),
        ("v201", "MeterValuesRequest.json", of_2),
        ("v21", "MeterValuesRequest.json", of_2),
    ],
)
async def test_every_measurand_phase_location_and_context_is_kept(
    database: Database, folder: str, file: str, dialect: Any
) -> None:
    known = words(folder, file)
    told = msgspec.convert(
        [{"timestamp": AT, "sampledValue": samples(known)}], list[dialect.WireMeterValue], strict=False
    )
    read, unread = dialect.readings(told)
    assert unread == () and len(read) == len(known["measurand"])
    async with database.unit() as unit:
        readings.append(unit, [Said(holder=US, station_id="ST-1", evse_no=1, session_id="S1", readings=read)] * 2)
    async with database.unit() as unit:
        kept = await readings.of_session(unit, US, "S1")
    assert sorted(kept, key=lambda one: one.value) == sorted(read, key=lambda one: one.value)
    heard = set(chain.from_iterable((one.measurand, one.phase, one.location, one.context) for one in kept))
    assert heard >= set(chain.from_iterable(known.values()))
