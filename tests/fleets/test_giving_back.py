"""What a fleet says of how far its vehicles may be emptied while they stand there."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from laddnav.fleets.actions.watching import said_for, to_say
from laddnav.fleets.model import Outlook
from laddnav.fleets.readiness import readiness
from laddnav.kit.energy import NO_ENERGY, kwh
from laddnav.sessions.model import Preferred, Session, Voice
from tests.fleets.vans import NOW, content, plugged, standing, trip, van
from tests.sites.moments import charge


def outlook(gives_back_to_percent: int = 100) -> Outlook:
    """A van that surely holds 30 of 60 kWh, 4 of which came with this charge."""
    holds = replace(content(32, sure=2), charged=kwh(4))
    looks = readiness(trip(), standing(content=holds, plugged=plugged()), NOW)
    return Outlook(
        trip=trip(),
        vehicle=van(gives_back_to_percent=Decimal(gives_back_to_percent)),
        content=holds,
        readiness=looks,
        plugged=plugged(),
    )


def test_a_vehicle_gives_nothing_back_unless_its_fleet_says_how_far() -> None:
    wants = said_for(outlook(), kwh(10))
    assert not wants.may_discharge and wants.energy_least is None


def test_a_vehicle_is_emptied_to_what_its_fleet_keeps_in_it_and_by_what_it_surely_holds() -> None:
    """40 % are 24 kWh, 6 less than it surely holds: the charge, which gave 4, may come to 2 less than nothing."""
    wants = said_for(outlook(gives_back_to_percent=40), kwh(10))
    assert wants.may_discharge and wants.energy_least == NO_ENERGY - kwh(2)
    assert said_for(outlook(gives_back_to_percent=60), kwh(10)).energy_least == kwh(10)


def told(gives_back_to_percent: int) -> Session:
    """A charge that its fleet told how far it may give back."""
    bare = charge(energy=4)
    wants = to_say(bare, outlook(gives_back_to_percent))
    assert wants is not None
    return replace(bare, preferred=(Preferred(at=NOW, wants=wants, by=Voice.FLEET),))


def test_what_a_fleet_said_of_giving_back_is_said_once() -> None:
    assert to_say(told(20), outlook(20)) is None
    assert to_say(told(20), outlook(21)) is None  # 0.6 kWh are no reason for another plan
    assert to_say(told(100), outlook()) is None


def test_a_fleet_takes_back_while_a_vehicle_stands_there_that_it_may_be_emptied_or_how_far() -> None:
    none, less = to_say(told(20), outlook()), to_say(told(20), outlook(60))
    assert none is not None and not none.may_discharge and none.energy_least is None
    assert less is not None and less.may_discharge and less.energy_least == kwh(10)
    allowed = to_say(told(100), outlook(20))
    assert allowed is not None and allowed.may_discharge


def test_a_vehicle_that_leaves_for_nothing_any_more_gives_nothing_back_and_hears_so_once() -> None:
    before = told(20)
    wants = to_say(before, None)
    assert wants is not None and not wants.may_discharge and wants.energy_least is None
    assert (wants.departs_at, wants.energy) == (before.preferred[0].wants.departs_at, before.preferred[0].wants.energy)
    again = Preferred(at=NOW, wants=wants, by=Voice.FLEET)
    assert to_say(replace(before, preferred=(*before.preferred, again)), None) is None
    assert to_say(told(100), None) is None and to_say(charge(), None) is None
