"""CDRs read by the thousand are the CDRs that are read one by one."""

import json
from typing import Any

import numpy as np
import pytest

from laddnav.kit.json import Unreadable
from laddnav.ocpi.wire.charge import read_charge
from laddnav.ocpi.wire.lines import Batch, read_lines
from laddnav.pricing import price
from laddnav.pricing.bulk.totals import Totals, totals
from laddnav.sim.bench import workloads
from laddnav.sim.bench.charges import ZONE
from laddnav.sim.bench.workloads import Workload

WORKLOADS = [workloads.simple(), workloads.complex(), workloads.hourly()]


def words() -> dict[str, Any]:
    """A CDR of the specification's complex tariff."""
    read: dict[str, Any] = json.loads(next(iter(workloads.complex().lines(1))))
    return read


def priced(*lines: dict[str, Any] | bytes) -> tuple[Batch, Totals]:
    batch = read_lines(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
    return batch, totals(batch.columns, zone=ZONE)


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_all_lines_of_a_month_fit_and_cost_what_each_costs_by_itself(workload: Workload) -> None:
    lines = workload.lines(40)
    found = priced(*lines)[1]
    assert not found.left.any()
    for place, line in enumerate(lines):
        total = price(read_charge(line), zone=ZONE).total
        assert (found.total.excl.decimal(place), found.total.incl.decimal(place)) == (total.excl, total.incl)


def test_a_line_that_is_no_cdr_is_left_and_says_why() -> None:
    batch, found = priced(words(), b'{"id": "half a CDR', words(), b"[]", b"", b"{},{}")
    assert found.left.tolist() == [False, True, False, True, True]
    for place in np.flatnonzero(found.left).tolist():
        with pytest.raises(Unreadable):
            batch.charge(place)


@pytest.mark.parametrize("volume", ["1e1", "1.23456789012345", "12345678901234567890", "-1"])
def test_a_number_that_does_not_fit_leaves_its_line(volume: str) -> None:
    odd = json.dumps(words()).replace("0.55", volume, 1).encode()
    assert priced(odd, words())[1].left.tolist() == [True, False]


@pytest.mark.parametrize("missing", ["end_date_time", "charging_periods", "start_date_time"])
def test_a_cdr_without_what_it_needs_is_left(missing: str) -> None:
    lacking = {name: said for name, said in words().items() if name != missing}
    assert priced(words(), lacking)[1].left.tolist() == [False, True]


def test_instants_with_milliseconds_and_without_a_zone_fit() -> None:
    exact = json.dumps(words()).replace(":00Z", ":00.250Z").encode()
    bare = json.dumps(words()).replace(":00Z", ":00").encode()
    assert not priced(exact, bare)[1].left.any()


def test_an_instant_with_an_offset_is_left() -> None:
    assert priced(json.dumps(words()).replace(":00Z", ":00+01:00").encode())[1].left.all()


def test_a_cdr_of_2_1_1_fits_too() -> None:
    old = words()
    old["stop_date_time"] = old.pop("end_date_time")
    old["location"] = old.pop("cdr_location")
    old["total_cost"] = 1
    old["tariffs"] = [{"id": "T", "currency": "EUR", "elements": old["tariffs"][0]["elements"][:1]}]
    old["tariffs"][0]["elements"][0]["price_components"][0].pop("vat")
    for period in old["charging_periods"]:
        del period["tariff_id"]
    line = json.dumps(
        {name: said for name, said in old.items() if not name.startswith("total_") or name == "total_cost"}
    )
    _, found = priced(line.encode())
    total = price(read_charge(line.encode()), zone=ZONE).total
    assert not found.left.any() and total.incl is None
    assert (found.total.excl.decimal(0), found.total.incl.decimal(0)) == (total.excl, None)
