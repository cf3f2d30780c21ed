"""Charging profiles in the words of each version, which fit its schema."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from laddnav.ocpp.wire.abilities import abilities
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.dialects import DIALECTS
from laddnav.ocpp.wire.requests import LimitCharge, LimitDefault, ReportLimits, UnlimitDefault
from laddnav.ocpp.wire.variables import Variable, VariableName
from laddnav.scheduling.fitted import Abilities
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
SIX = ProfileLimit(timedelta(), Decimal(6))
ONE_PHASE = ChargingProfile(unit=RateUnit.WATT, limits=(ProfileLimit(timedelta(), Decimal("3680.5"), 1),))
every = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)


def profile_of(dialect: Dialect, request: LimitCharge | LimitDefault) -> dict[str, Any]:
    payload = dialect.ask("1", request).payload
    return dict(payload.get("csChargingProfiles") or payload["chargingProfile"])


def schedule_of(profile: dict[str, Any]) -> dict[str, Any]:
    said = profile["chargingSchedule"]
    return dict(said if isinstance(said, dict) else said[0])


@every
def test_a_default_stands_below_all_else_and_begins_when_it_is_set(dialect: Dialect) -> None:
    """K01.FR.15 K01.FR.40, OCPP 1.6 §5.16.3: of one Evse, in no transaction, without an end."""
    default = ChargingProfile(unit=RateUnit.AMPERE, started_at=AT, limits=(SIX,))
    said = profile_of(dialect, LimitDefault(number=7, evse_no=2, profile=default))
    assert (said["chargingProfilePurpose"], said["chargingProfileKind"], said["stackLevel"]) == (
        "TxDefaultProfile",
        "Absolute",
        0,
    )
    assert "transactionId" not in said
    schedule = schedule_of(said)
    assert schedule["startSchedule"] == "2026-11-23T08:00:00Z" and "duration" not in schedule
    assert dialect.ask("1", LimitDefault(number=7, evse_no=2, profile=default)).payload.get("evseId", 2) == 2
    assert 7 in dialect.ask("1", UnlimitDefault(number=7)).payload.values()


@every
def test_phases_and_the_level_are_told_where_they_are_known(dialect: Dialect) -> None:
    """K01.FR.03 K01.FR.31 K01.FR.38 K01.FR.41 K01.FR.50: and not which phase, while nobody knows."""
    request = LimitCharge(charge="5", number=5, evse_no=1, profile=ONE_PHASE, stack_level=0)
    said = profile_of(dialect, request)
    (period,) = schedule_of(said)["chargingSchedulePeriod"]
    assert period == {"startPeriod": 0, "limit": Decimal("3680.5"), "numberPhases": 1}
    assert (said["stackLevel"], said["chargingProfileKind"]) == (0, "Relative")
    assert str(said["transactionId"]) == "5" and "startSchedule" not in schedule_of(said)


@every
def test_which_phase_is_told_of_a_lone_one_by_versions_that_have_a_word_for_it(dialect: Dialect) -> None:
    """K01.FR.19 K01.FR.46: of no period that is drawn from several, or from nobody knows how many."""
    limits = tuple(ProfileLimit(timedelta(minutes=n), Decimal(8), phases) for n, phases in enumerate((1, 3, None)))
    profile = ChargingProfile(unit=RateUnit.AMPERE, limits=limits)
    said = profile_of(dialect, LimitCharge(charge="5", number=5, evse_no=1, profile=profile, phase=3))
    knows = dialect is not DIALECTS["ocpp1.6"]
    assert [one.get("phaseToUse") for one in schedule_of(said)["chargingSchedulePeriod"]] == [
        3 if knows else None,
        None,
        None,
    ]


@every
def test_what_limits_an_evse_may_be_asked_in_a_unit(dialect: Dialect) -> None:
    """K08.FR.01, OCPP 1.6 §5.7."""
    asked = ReportLimits(evse_no=1, duration=timedelta(minutes=30), unit=RateUnit.WATT)
    assert dialect.ask("1", asked).payload["chargingRateUnit"] == "W"


@pytest.mark.parametrize(
    ("said", "able"),
    [
        ({}, Abilities()),
        (
            {
                "ChargeProfileMaxStackLevel": "8",
                "ChargingScheduleAllowedChargingRateUnit": "Current, Power",
                "ChargingScheduleMaxPeriods": "24",
                "ConnectorSwitch3to1PhaseSupported": "true",
            },
            Abilities(units=frozenset(RateUnit), periods_max=24, stack_level_max=8, switches_phases=True),
        ),
        (
            {"ProfileStackLevel": "0", "RateUnit": "A", "PeriodsPerSchedule": "1", "Phases3to1": "false"},
            Abilities(units=frozenset({RateUnit.AMPERE}), periods_max=1, stack_level_max=0),
        ),
        (
            {"RateUnit": "horses", "PeriodsPerSchedule": "many", "ProfileStackLevel": "", "Phases3to1": "perhaps"},
            Abilities(),
        ),
        ({"ChargingScheduleMaxPeriods": "0"}, Abilities()),
        ({"ACPhaseSwitchingSupported": "true"}, Abilities(chooses_phase=True)),
    ],
)
def test_what_a_station_can_is_what_it_says_whatever_its_version_calls_it(
    said: dict[str, str], able: Abilities
) -> None:
    """OCPP 1.6 §9.4; what cannot be read is as good as not said."""
    variables = [Variable(name=VariableName(component="SmartChargingCtrlr", name=one), value=said[one]) for one in said]
    assert abilities(variables) == able
