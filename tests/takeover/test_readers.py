"""What exports of other central systems mean, read without a database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from laddnav.kit.energy import wh
from laddnav.kit.refusal import Refusal
from laddnav.takeover import tables
from laddnav.takeover.model import Source
from laddnav.takeover.rules import brought, token
from tests.takeover.exports import CITRINEOS, STEVE
from tests.things import US

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def test_steve_is_read_from_csv_with_its_stops_joined_to_its_starts() -> None:
    found = brought(Source.STEVE, STEVE, US, NOW)
    assert [one.id for one in found.stations] == ["KAJ-1", "KAJ-2"]
    assert [(one.uid, one.group_id, one.blocked) for one in found.cards] == [
        ("04A1", "FLEET", False),
        ("04A2", None, True),
    ]
    (charge,) = found.charges
    assert (charge.station_id, charge.id, charge.evse_no, charge.uid) == ("KAJ-1", "7", 2, "04A1")
    assert (charge.energy, charge.started_at) == (wh(12500), datetime(2026, 1, 2, 8, 30, tzinfo=UTC))
    assert charge.stop_reason == "Local"
    assert [(one.row, one.says.partition(";")[0]) for one in found.left_out] == [
        ("ocpp_tag.csv, line 4", "expiry_date is 'soon', which is no time"),
        ("transaction_start.csv, line 3", "it is still under way there"),
        ("transaction_start.csv, line 4", "its connector_pk 99 is in no row of connector"),
    ]


def test_citrineos_is_read_with_its_places_and_plugs() -> None:
    found = brought(Source.CITRINEOS, CITRINEOS, US, NOW)
    ((row, place),) = found.locations
    assert (row, place.id, place.publish, place.country) == ("Locations.json, object 1", "CITRINEOS-4", False, "SWE")
    assert (place.coordinates.latitude, place.coordinates.longitude) == (Decimal("57.7"), Decimal("11.96"))
    (evse,) = place.evses
    assert (evse.uid, evse.evse_id, evse.connectors[0].standard) == ("CS1-1", "SE*LAD*E1", "IEC_62196_T2_COMBO")
    assert [(one.id, one.location_id, one.evses) for one in found.stations] == [
        ("CS1", "CITRINEOS-4", ((1, "CS1-1"),)),
        ("CS2", None, ()),
    ]
    assert [(one.uid, one.blocked, one.group_id) for one in found.cards] == [("G1", False, None), ("C1", True, "G1")]
    (charge,) = found.charges
    assert (charge.id, charge.energy, charge.evse_no, charge.uid) == ("tx-1", wh("10250"), 1, "C1")
    assert [one.says for one in found.left_out] == [
        "a plug of station CS2 (Connectors.csv, line 3) has the type ''",
        "it is still under way there; its end will be told to whoever the station is connected to",
    ]


def test_the_pairs_of_mysqldump_are_read_by_the_columns_that_stand_beside_them() -> None:
    described = "CREATE TABLE `charge_box` (\n  `charge_box_pk` int,\n  `charge_box_id` text,\n  `note` text\n);"
    lines = "1\tKAJ-1\t\\N\n2\tKAJ\\\t2\tone\\\ntwo\n3\tKAJ-3\ta\\\\b\n"
    read = tables.read({"charge_box.sql": described, "charge_box.txt": lines})["charge_box"]
    assert [(row.text("charge_box_id"), row.text("note")) for row in read] == [
        ("KAJ-1", None),
        ("KAJ\t2", "one\ntwo"),
        ("KAJ-3", "a\\b"),
    ]


@pytest.mark.parametrize(
    ("source", "files", "says"),
    [
        (Source.STEVE, {}, "no file of the table 'charge_box' (files: none)"),
        (Source.STEVE, {"charge_box.csv": "id\n1\n"}, "charge_box.csv, line 1: no column 'charge_box_id' (id)"),
        (Source.STEVE, {"charge_box.csv": "charge_box_id,note\nA,b\nB\n"}, "charge_box.csv, line 3: 1 values"),
        (Source.STEVE, {"charge_box.csv": 'charge_box_id\n"A\nB\n'}, "charge_box.csv, line 3: unexpected end of data"),
        (Source.CITRINEOS, {"ChargingStations.json": '{"data": 5}'}, "ChargingStations.json, line 1: its data are no"),
        (Source.CITRINEOS, {"ChargingStations.json": '{"data": null}'}, "ChargingStations.json, line 1: its data are"),
        (Source.CITRINEOS, {"ChargingStations.json": "[1]"}, "ChargingStations.json, line 1: object 1"),
        (Source.CITRINEOS, {"ChargingStations.json": '{"id": '}, "ChargingStations.json, line 1: neither JSON"),
        (
            Source.STEVE,
            {"charge_box.sql": "  `charge_box_id` int\n", "charge_box.txt": "A\tB\n"},
            "charge_box.txt, line 1: 2 values",
        ),
    ],
)
def test_a_wrong_file_is_one_error_with_file_and_line(source: Source, files: Mapping[str, str], says: str) -> None:
    with pytest.raises(Refusal) as refusal:
        brought(source, files, US, NOW)
    assert says in str(refusal.value)


def test_a_time_that_says_nothing_leaves_its_row_out() -> None:
    """SteVe may write the year 1 of who does not know; nothing here could show it."""
    cards = "id_tag,expiry_date\nC1,0001-01-01 00:00:00\nC2,9999-12-31 23:59:59\nC3,9999-12-31T23:59:59-12:00\n"
    found = brought(Source.STEVE, {**STEVE, "ocpp_tag.csv": cards}, US, NOW)
    assert [card.uid for card in found.cards] == ["C2"]
    assert [one.says for one in found.left_out if one.row.startswith("ocpp_tag")] == [
        "expiry_date is '0001-01-01 00:00:00', before 1970",
        "expiry_date is '9999-12-31T23:59:59-12:00', which is no time",
    ]


def test_a_card_has_the_same_contract_however_often_it_is_read() -> None:
    card = brought(Source.STEVE, STEVE, US, NOW).cards[0]
    one, again = token(card, US, "Laddnav", NOW), token(card, US, "Laddnav", NOW)
    assert one == again
    assert one.contract_id.startswith("SE-LAD-C") and one.valid and one.group_id == "FLEET"
