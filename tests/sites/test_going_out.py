"""What others allow to go out of a site bounds its plan, and is obeyed when the meter at the connection says so."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from msgspec.structs import replace

from laddnav.sites.model import Covers, OutsideLimit, Place
from laddnav.sites.moment import moment
from laddnav.sites.planning import steps_of
from laddnav.sites.problem import Outlook, problem
from laddnav.sites.steering import obeyed
from tests.sites.moments import NOW, charge, facts, measured

TWO_KW = OutsideLimit(
    id="1",
    by="DSO",
    kw=Decimal(2),
    covers=Covers.EXPORT,
    begin_at=NOW,
    end_at=NOW + timedelta(minutes=15),
    told_at=NOW,
)


def test_a_plan_knows_what_may_go_out_and_limits_nothing_else_by_it() -> None:
    now = facts(charge(), limits=(TWO_KW,))
    planned = problem(now, Outlook(), steps_of(now)).site
    assert planned.export_max[:2].tolist() == [2, np.inf]
    assert not planned.import_max.size and not planned.cars_max.size
    assert moment(now).kw_max is None
    assert not problem(facts(charge()), Outlook(), steps_of(now)).site.export_max.size


@pytest.mark.parametrize(("amps", "kept"), [(None, False), (-3, False), (-2.9, True), (10, True)])
def test_it_is_obeyed_by_what_is_measured(amps: float | None, kept: bool) -> None:
    """2.9 A out on three phases are 2 kW."""
    now = facts(charge(), limits=(TWO_KW,))
    if amps is not None:
        now = replace(now, measurements={Place.GRID: measured(Place.GRID, amps)})
    assert [one.obeyed_at for one in obeyed(now, moment(now))] == ([NOW] if kept else [])
