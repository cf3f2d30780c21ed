"""A car on one phase is put where the most is left, by the Station's own numbers, and stays where it is."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from laddnav.sites.facts import Facts
from laddnav.sites.lone_phase import lone_phase
from laddnav.sites.model.site import Phase
from laddnav.sites.model.standing import Standing
from laddnav.sites.model.told import Measurement, Place
from tests.sites.garage import member, panel, site
from tests.sites.moments import NOW, charge, facts

TURNED = member("G1", phases=(Phase.L3, Phase.L1, Phase.L2))


def loaded(*amps: int, **more: object) -> Facts:
    """The building draws so much on each phase of the mains; G2 may draw its fallback from L1 alone."""
    said = Measurement(place=Place.BUILDING, at=NOW, amps=(Decimal(amps[0]), Decimal(amps[1]), Decimal(amps[2])))
    yard = site(members=(TURNED, member("G2", phases=(Phase.L1,))))
    return facts(charge("G1"), **{"site": yard, "measurements": {Place.BUILDING: said}} | more)


def test_it_is_the_one_with_the_most_left_beside_the_building_and_others() -> None:
    assert lone_phase(loaded(9, 5, 1), TURNED) == 1  # L3 of the mains is behind its L1
    assert lone_phase(loaded(9, 1, 5), TURNED) == 3
    assert lone_phase(loaded(0, 5, 7), TURNED) == 3  # 6 A of L1 are G2's
    assert lone_phase(loaded(0, 7, 8), TURNED) == 2


def test_a_fuse_on_the_way_counts_as_well() -> None:
    narrow = replace(panel("Row", 20), amps=(Decimal(12), Decimal(20), Decimal(8)))
    here = replace(TURNED, panel="Row")
    yard = site(members=(here,), panels=(narrow,))
    assert lone_phase(loaded(9, 5, 1, site=yard), here) == 3


def test_a_car_that_is_seen_on_one_stays_there_and_where_one_is_wired_nothing_is_chosen() -> None:
    seen = Standing(station_id="G1", evse_no=1, fallback=Decimal(6), session_id="S-G1", since_at=NOW, phases=(0,))
    assert lone_phase(loaded(9, 5, 1, standings={("G1", 1): seen}), TURNED) == 2
    alone = member("G1", phases=(Phase.L2,))
    assert lone_phase(loaded(9, 5, 1, site=site(members=(alone,))), alone) is None
