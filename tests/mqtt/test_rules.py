"""What is asked of a charge for a home, and when it is asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.mqtt import rules
from laddnav.mqtt.model import ChargePoint, HomeAsked, HomeMode, HomeWish
from laddnav.mqtt.rules import Asked
from laddnav.scheduling.surplus import Following

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SUNNY = Following(amps=7.25, phases=3)


def a_point(wanted: HomeWish, done: HomeAsked | None = None) -> ChargePoint:
    return ChargePoint(
        holder=PartyId("SE", "LAD"),
        broker="home",
        station_id="ST1",
        evse_no=1,
        key="ST1-1",
        name="Garage",
        wanted=wanted,
        done=done or HomeAsked(),
    )


@pytest.mark.parametrize(
    ("wanted", "roof", "asked"),
    [
        (HomeWish(mode=HomeMode.SOLAR), SUNNY, Asked(Decimal("7.2"))),
        (HomeWish(mode=HomeMode.SOLAR), None, Asked(Decimal(0))),
        (HomeWish(mode=HomeMode.SOLAR, amps=Decimal(6)), SUNNY, Asked(Decimal(6))),
        (HomeWish(mode=HomeMode.SOLAR, charge=False), SUNNY, Asked(Decimal(0))),
        (HomeWish(mode=HomeMode.NOW, amps=Decimal(10)), SUNNY, Asked(Decimal(10))),
        (HomeWish(mode=HomeMode.NOW), SUNNY, None),
    ],
)
def test_a_charge_is_limited_to_what_its_home_wants_and_the_roof_spares(
    wanted: HomeWish, roof: Following | None, asked: Asked | None
) -> None:
    assert rules.limit_due(a_point(wanted), "S1", roof, NOW) == asked


def test_what_was_asked_of_a_charge_is_not_asked_of_it_twice_but_of_the_next() -> None:
    point = a_point(HomeWish(amps=Decimal(10)), HomeAsked(session_id="S1", amps=Decimal(10)))
    assert rules.limit_due(point, "S1", None, NOW) is None
    assert rules.limit_due(point, "S2", None, NOW) == Asked(Decimal(10))


def test_a_station_that_would_not_is_left_alone_for_a_while_and_asked_again() -> None:
    refused = HomeAsked(session_id="S1", amps=Decimal(-1), refused_at=NOW)
    point = a_point(HomeWish(mode=HomeMode.SOLAR), refused)
    assert rules.limit_due(point, "S1", SUNNY, NOW + rules.ASKED_AGAIN_AFTER - timedelta(seconds=1)) is None
    assert rules.limit_due(point, "S1", SUNNY, NOW + rules.ASKED_AGAIN_AFTER) == Asked(Decimal("7.2"))
    again = replace(point, wanted=HomeWish(mode=HomeMode.NOW))
    assert rules.limit_due(again, "S1", SUNNY, NOW + rules.ASKED_AGAIN_AFTER) == Asked(Decimal(16))
