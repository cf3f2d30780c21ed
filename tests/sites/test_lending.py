"""What a car may give back, and how much of it is asked at once; without a database."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.kit.energy import NO_ENERGY, kwh
from laddnav.kit.power import kw
from laddnav.metering.model import Meter
from laddnav.metering.periods import begun
from laddnav.scheduling.site import Wish
from laddnav.sessions.model import Session
from laddnav.sites.facts import Facts
from laddnav.sites.model.plan import PlannedCar, SitePlan
from laddnav.sites.moment import moment
from tests.sites.garage import each, member, site
from tests.sites.moments import NOW, charge, facts

MINUTE = timedelta(minutes=1)
HOUSE = site(amps=each(40), building=each(0), members=(member(discharge_amps_max=Decimal(16)),), reaction_seconds=60)


def counted(**changes: Any) -> Meter:
    """A meter that says now what came back."""
    return replace(begun(NOW, NO_ENERGY), **{"returned": kwh(70), "returned_at": NOW} | changes)


def lending(amount: str, meter: Meter | None) -> Session:
    """It may give so many kWh, up to 9 kW at a time, and has until tomorrow."""
    wants = {
        "departs_at": NOW + timedelta(hours=12),
        "energy": kwh(3),
        "energy_least": NO_ENERGY - kwh(amount),
        "may_discharge": True,
    }
    return charge(wants=wants, meter=meter, gives_back_max=kw(9))


def asked(session: Session, at: timedelta = timedelta()) -> float:
    """kW that are asked of a car whose plan has it give 8.28 kW, 12 A, for an hour."""
    car = PlannedCar(
        session_id=session.id,
        session_ref=session.ref,
        station_id="G1",
        evse_no=1,
        since_at=NOW,
        departs_at=NOW + timedelta(hours=12),
        energy=3,
        said=True,
        wish=Wish.CHEAP,
        amps_max=32,
        power=(-8.28,) * 4,
        unmet=0,
    )
    plan = SitePlan(
        number=1, made_at=NOW, why="a test", start_at=NOW, step_minutes=15, prices=(9,) * 4, cars=(car,), cost=0,
        currency="SEK",
    )  # fmt: skip
    (outlet,) = moment(facts(session, site=HOUSE, plan=plan, at=NOW + at)).outlets
    return outlet.gives_amps * 0.69


def lends(session: Session) -> float:
    now: Facts = facts(session, site=HOUSE)
    return float(now.need(session).lends)


def test_a_car_lends_nothing_while_its_station_has_not_said_what_came_back() -> None:
    for meter in (None, begun(NOW, NO_ENERGY), counted(returned_at=None)):
        assert lends(lending("9", meter)) == 0 and asked(lending("9", meter)) == 0
    assert lends(lending("9", counted())) == 9 and asked(lending("9", counted())) == pytest.approx(8.28)


def test_what_came_back_since_the_last_register_is_lent_no_more() -> None:
    """0.9 of a kWh that leaves a battery comes out."""
    assert lends(lending("9", counted(giving=kwh("0.9")))) == pytest.approx(8)
    back = replace(lending("9", counted(given=kwh("0.9"))), energy=NO_ENERGY - kwh("0.9"))
    assert lends(back) == pytest.approx(8)


def test_a_car_is_asked_for_no_more_than_it_lends_until_its_lease_is_over() -> None:
    """Five minutes and one in which it follows: a tenth of an hour. Of 0.1 kWh come 0.09."""
    assert asked(lending("0.1", counted())) == pytest.approx(0.9)
    assert asked(lending("0.5", counted())) == pytest.approx(4.5)


@pytest.mark.parametrize("amount", ["0.5", "2", "9"])
def test_a_car_whose_register_falls_silent_keeps_what_it_does_not_lend(amount: str) -> None:
    """Whatever it is asked for minute by minute, and what the last lease lets it give after that."""
    session, given = lending(amount, counted()), 0.0
    for minute in range(60):
        power = asked(session, minute * MINUTE)
        assert given + power / 10 <= float(amount) * 0.9 + 1e-9
        given += power / 60
    assert asked(session, timedelta(minutes=59, seconds=59)) == 0 < given
