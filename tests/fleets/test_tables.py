"""Vehicles and departures as tables: read whole, or every fault told by its line and column."""

from __future__ import annotations

from decimal import Decimal

import pytest

from laddnav.fleets import tables
from laddnav.fleets.tables import Fault, Faults
from laddnav.fleets.written_departures import DepartureSaid
from laddnav.fleets.written_vehicles import VehicleSaid
from tests.fleets.vans import departure_said, vehicle_said

HEAD = "id,battery_kwh,ac_amps,kwh_per_100_km"


def faults(text: str) -> list[str]:
    with pytest.raises(Faults) as refused:
        tables.read(text, VehicleSaid)
    return [str(one) for one in refused.value.faults]


def test_a_table_is_read_by_its_header_in_any_order_and_without_what_may_be_left_out() -> None:
    ((line, said),) = tables.read("ac_amps,id,kwh_per_100_km,battery_kwh,plate\n16,V1,20,60,ABC 123\n", VehicleSaid)
    assert line == 2
    assert said == vehicle_said(plate="ABC 123")


def test_a_spreadsheet_of_a_country_with_decimal_commas_is_read_too() -> None:
    ((_, said),) = tables.read("\ufeffid;battery_kwh;ac_amps;kwh_per_100_km\r\nV1;60,5;16;20\r\n\r\n", VehicleSaid)
    assert said.battery_kwh == Decimal("60.5")


def test_every_fault_is_told_by_line_and_column() -> None:
    assert faults(f"{HEAD}\nV1,sixty,16,20\nV2,60,16,\n") == [
        "line 2, battery_kwh: 'sixty' is no number",
        "line 3, kwh_per_100_km: it is empty",
    ]


def test_a_header_that_is_not_known_or_lacks_something_is_told_before_any_row() -> None:
    assert faults("id,battery_kwh,ac_amps,kwh_per_100_km,colour\nV1,x,16,20,red\n")[0].startswith("line 1, colour: ")
    assert faults("id,battery_kwh,ac_amps\nV1,60,16\n") == ["line 1, kwh_per_100_km: this column is missing"]
    assert faults("") == [f"line 1, {name}: this column is missing" for name in sorted(HEAD.split(","))]
    assert faults(f"{HEAD},id\n") == ["line 1: a column stands there twice"]


def test_a_line_that_is_too_long_or_never_ends_is_told() -> None:
    assert faults(f"{HEAD}\nV1,60,16,20,more\n") == ["line 2: it has 5 fields, and the header has 4"]
    assert faults(f'{HEAD}\nV1,60,16,"20\n')[0].startswith("line 2: it cannot be read as CSV")


def test_a_message_tells_the_first_faults_and_how_many_more_there_are() -> None:
    told = str(Faults(Fault(line=line, column="id", why="it is empty") for line in range(2, 32)))
    assert told.startswith("Nothing was taken. line 2, id: it is empty; line 3")
    assert told.endswith("; and 10 more")


def test_what_is_written_is_read_as_it_was() -> None:
    vans = [vehicle_said(), vehicle_said("V2", name="a, b; c", cards="A B", dc_kw=Decimal("100.5"))]
    assert [said for _, said in tables.read(tables.written(vans, VehicleSaid), VehicleSaid)] == vans
    timetable = [departure_said(), departure_said("D2", but_on="2026-12-24 2026-12-25", need="80 %")]
    assert [one for _, one in tables.read(tables.written(timetable, DepartureSaid), DepartureSaid)] == timetable
