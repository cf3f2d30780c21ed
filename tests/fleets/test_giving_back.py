"""What a fleet says of how far its vehicles may be emptied while they stand there."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from laddnav.fleets.actions.watching import said_for
from laddnav.fleets.model import Outlook
from laddnav.fleets.readiness import readiness
from laddnav.kit.energy import NO_ENERGY, kwh
from tests.fleets.vans import NOW, content, plugged, standing, trip, van


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
