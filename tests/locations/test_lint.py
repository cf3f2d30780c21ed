"""What is wrong with a place as it stands: one that has it, and one that nearly has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.locations.findings import SEVERITY, Code
from laddnav.locations.lint import Around, Offered, linted
from laddnav.locations.model import (
    BusinessDetails,
    EnergyMix,
    Evse,
    ExceptionalPeriod,
    Hours,
    Image,
    Location,
    Parking,
    PublishTokenType,
    RegularHours,
    Share,
    Status,
)
from laddnav.locations.rules import may_be_shown, open_while_charging
from laddnav.tokens.model import TokenType
from tests import things

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLACE = things.location(postal_code="41119", operator=BusinessDetails("Us"), evses=(things.evse(),))
AROUND = Around(company="Laddnav AB")
SPACE = Parking(id="P1", vehicle_types=("PERSONAL_VEHICLE",), restricted_to_type=False, reservation_required=False)
MEASURED = replace(
    SPACE,
    vehicle_types=("SEMI_TRACTOR",),
    vehicle_weight_max=Decimal(40000),
    vehicle_height_max=Decimal(450),
    vehicle_length_max=Decimal(2500),
    vehicle_width_max=Decimal(260),
    length=Decimal(2600),
    width=Decimal(400),
    dangerous_goods_allowed=False,
)
PHOTO = Image(url="https://us.example/p.jpg", category="CHARGER", type="jpeg", width=800, height=600)


def with_evse(**changes: object) -> Location:
    evse: Evse = replace(PLACE.evses[0], **changes)
    return replace(PLACE, evses=(evse,))


def hours(*regular: RegularHours, **exceptions: tuple[ExceptionalPeriod, ...]) -> Location:
    return replace(PLACE, opening_times=Hours(twentyfourseven=not regular, regular=regular, **exceptions))


def period(begins: int, ends: int) -> ExceptionalPeriod:
    return ExceptionalPeriod(NOON + timedelta(hours=begins), NOON + timedelta(hours=ends))


def shared(percent: int) -> Location:
    mix = EnergyMix(is_green_energy=True, sources=(Share("WIND", Decimal(60)), Share("SOLAR", Decimal(percent))))
    return replace(PLACE, energy_mix=mix)


def found(location: Location, around: Around = AROUND) -> list[tuple[Code, str]]:
    return [(one.code, one.pointer) for one in linted(location, around)]


def test_a_clean_place_has_nothing_wrong() -> None:
    assert found(PLACE) == []


TWO = things.evse(connectors=(things.connector(), things.connector(id="2"))).connectors


@pytest.mark.parametrize(
    ("code", "pointer", "wrong", "nearly"),
    [
        (
            Code.ALLOWED_THOUGH_PUBLISHED,
            "/publish_allowed_to",
            replace(PLACE, publish_allowed_to=(PublishTokenType(issuer="Us"),)),
            replace(PLACE, publish=False, publish_allowed_to=(PublishTokenType(issuer="Us"),)),
        ),
        (Code.NO_POSTAL_CODE, "", replace(PLACE, postal_code=None), PLACE),
        (Code.NO_OPERATOR, "", replace(PLACE, operator=None), PLACE),
        (
            Code.BACKWARD_HOURS,
            "/opening_times/regular_hours/0",
            hours(RegularHours(5, "22:00", "06:00")),
            hours(RegularHours(5, "22:00", "23:59"), RegularHours(6, "00:00", "06:00")),
        ),
        (
            Code.OPEN_AND_CLOSED,
            "/opening_times/exceptional_closings/0",
            hours(openings=(period(0, 3),), closings=(period(2, 4),)),
            hours(openings=(period(0, 2),), closings=(period(2, 4),)),
        ),
        (Code.MIX_NOT_WHOLE, "/energy_mix/energy_sources", shared(39), shared(40)),
        (
            Code.SMALL_IMAGE,
            "/images/0",
            replace(PLACE, images=(replace(PHOTO, height=599),)),
            replace(PLACE, images=(PHOTO, replace(PHOTO, category="OPERATOR", width=512, height=512))),
        ),
        (
            Code.HALF_A_TERMINAL,
            "/evses/0/capabilities",
            with_evse(capabilities=("PED_TERMINAL", "CHIP_CARD_SUPPORT")),
            with_evse(capabilities=("PED_TERMINAL", "CHIP_CARD_SUPPORT", "DEBIT_CARD_PAYABLE")),
        ),
        (
            Code.NO_TARIFF,
            "/evses/0/connectors/0",
            with_evse(connectors=(things.connector(tariff_ids=()),)),
            with_evse(connectors=(things.connector(tariff_ids=("FREE",)),)),
        ),
        (
            Code.NO_MEASURES,
            "/parking_places/0",
            replace(PLACE, parking_places=(replace(MEASURED, dangerous_goods_allowed=None),)),
            replace(PLACE, parking_places=(MEASURED, SPACE)),
        ),
        (
            Code.NO_IMAGE,
            "/parking_places/0",
            replace(PLACE, parking_places=(replace(SPACE, vehicle_types=("DISABLED",)),)),
            replace(PLACE, parking_places=(replace(SPACE, vehicle_types=("DISABLED",), images=(PHOTO,)),)),
        ),
    ],
)
def test_what_is_wrong_is_found_and_what_nearly_is_not(
    code: Code, pointer: str, wrong: Location, nearly: Location
) -> None:
    """LOC-033, LOC-046, LOC-069, LOC-075, LOC-077, LOC-089, LOC-103, LOC-105, LOC-109, LOC-114"""
    assert found(wrong) == [(code, pointer)]
    assert found(nearly) == []


def test_an_evse_has_a_uid_of_its_own_in_the_whole_network() -> None:
    """LOC-055, LOC-056: it stays where it was REMOVED, so that the same hardware elsewhere is another EVSE."""
    uid = PLACE.evses[0].uid
    assert found(PLACE, replace(AROUND, elsewhere={uid: "LOC2"})) == [(Code.EVSE_ELSEWHERE, "/evses/0/uid")]
    assert found(PLACE, replace(AROUND, elsewhere={f"{uid}0": "LOC2"})) == []


def test_a_station_that_cannot_choose_needs_to_be_told_the_connector() -> None:
    """LOC-118: or each connector is an EVSE of its own."""
    place = with_evse(connectors=TWO)
    choiceless = replace(AROUND, choiceless=frozenset({place.evses[0].uid}))
    assert found(place) == []
    assert found(place, choiceless) == [(Code.WHICH_CONNECTOR, "/evses/0")]
    assert found(with_evse(connectors=TWO, capabilities=("START_SESSION_CONNECTOR_REQUIRED",)), choiceless) == []
    assert found(PLACE, choiceless) == []


def test_who_takes_preferences_has_a_tariff_for_each_of_them() -> None:
    """LOC-088"""
    ids = ("C", "F", "G")
    place = with_evse(connectors=(things.connector(tariff_ids=ids),), capabilities=("CHARGING_PREFERENCES_CAPABLE",))
    types = {one: Offered(type=type) for one, type in (("c", "PROFILE_CHEAP"), ("f", "PROFILE_FAST"), ("g", "REGULAR"))}
    (finding,) = linted(place, replace(AROUND, tariffs=types))
    assert finding.code is Code.NO_PROFILE_TARIFF
    assert "PROFILE_GREEN" in finding.message and "PROFILE_FAST" not in finding.message
    assert found(place, replace(AROUND, tariffs=types | {"g": Offered(type="PROFILE_GREEN")})) == []


JANUARY, JULY = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "second", "at_once"),
    [
        (Offered(), Offered(), True),
        (Offered(type="REGULAR"), Offered(type="AD_HOC_PAYMENT"), False),
        (Offered(), Offered(group="STAFF"), False),
        (Offered(ends_at=JULY), Offered(starts_at=JULY), False),
        (Offered(starts_at=JULY), Offered(ends_at=JULY), False),
        (Offered(ends_at=JULY), Offered(starts_at=JANUARY), True),
    ],
)
def test_two_tariffs_of_one_type_are_not_offered_at_one_moment(first: Offered, second: Offered, at_once: bool) -> None:
    """LOC-087: to one driver."""
    place = with_evse(connectors=(things.connector(tariff_ids=("A", "B")),))
    said = found(place, replace(AROUND, tariffs={"a": first, "b": second}))
    assert said == ([(Code.TWO_TARIFFS, "/evses/0/connectors/0")] if at_once else [])


def test_a_removed_evse_is_left_in_peace() -> None:
    """LOC-058: it may have no evse_id any more either."""
    gone = with_evse(status=Status.REMOVED, evse_id=None, connectors=(things.connector(tariff_ids=()),))
    assert found(gone) == []


def test_every_finding_is_said_in_both_languages_the_gravest_first() -> None:
    place = replace(
        hours(RegularHours(5, "22:00", "06:00")),
        postal_code=None,
        evses=with_evse(connectors=(things.connector(tariff_ids=()),)).evses,
    )
    for language, word in (("en", "postal code"), ("sv", "Postnummer")):
        told = linted(place, AROUND, language)
        assert [SEVERITY[one.code].value for one in told] == ["error", "warning", "hint"]
        assert word in told[-1].message


HIDDEN = replace(
    PLACE,
    publish=False,
    publish_allowed_to=(
        PublishTokenType(issuer="Tram & Bus", group_id="STAFF"),
        PublishTokenType(uid="AB12", type=TokenType.RFID),
    ),
)


def test_a_hidden_place_is_shown_to_whoever_owns_a_token_that_it_names() -> None:
    """LOC-030, LOC-031: all that one entry sets has to agree."""
    card = things.token("XY", type=TokenType.RFID, issuer="tram & bus", group_id="Staff")
    assert may_be_shown(PLACE, None)
    assert may_be_shown(HIDDEN, card)
    assert may_be_shown(HIDDEN, things.token("ab12"))
    assert not may_be_shown(HIDDEN, replace(card, group_id=None))
    assert not may_be_shown(HIDDEN, things.token("ab12", type=TokenType.APP_USER))
    assert not may_be_shown(HIDDEN, None)
    assert not may_be_shown(replace(HIDDEN, publish_allowed_to=(PublishTokenType(),)), card)


def test_a_charge_goes_on_after_closing_time_unless_it_is_said_not_to() -> None:
    """LOC-051"""
    assert [open_while_charging(replace(PLACE, charging_when_closed=said)) for said in (None, True, False)] == [
        True,
        True,
        False,
    ]
