"""Scalars, fields and changes: what every version reads and writes alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.cdrs.model import Cdr
from laddnav.kit.ids import NotAPartyId, PartyId
from laddnav.kit.json import Unreadable
from laddnav.locations.model import Location, PublishTokenType
from laddnav.ocpi.wire.codec import Hearing, encoded, parsed
from laddnav.ocpi.wire.shared.geo import degrees
from laddnav.ocpi.wire.shared.scalars import Number, read_hours, write_hours
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.sessions.model import Session
from laddnav.tariffs.model import Tariff
from laddnav.tokens.model import Token
from tests import things
from tests.ocpi.wire.test_examples import CASES

CODECS = VERSIONS["2.2.1"].codecs
HEARING = Hearing(holder=PartyId("SE", "LAD"), sender=PartyId("NL", "TNM"))
AT = datetime(2026, 11, 21, 9, 47, tzinfo=UTC)


def token(**changes: Any) -> bytes:
    words = parsed((CASES / "2.2.1" / "tokens" / "full-rfid-example.json").read_bytes())
    return encoded({name: value for name, value in (words | changes).items() if value is not ...})


def session(**changes: Any) -> bytes:
    file = CASES / "2.2.1" / "sessions" / "simple-session-example-of-a-short-finished-session.json"
    return encoded(parsed(file.read_bytes()) | changes)


def location(**changes: Any) -> dict[str, Any]:
    words: dict[str, Any] = parsed(
        (CASES / "2.2.1" / "locations" / "example-public-charging-location.json").read_bytes()
    )
    return words | changes


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-11-21T09:47:00Z", AT),
        ("2026-11-21T09:47:00", AT),
        ("2026-11-21 09:47:00", AT),
        ("2026-11-21T09:47:00.5", AT + timedelta(milliseconds=500)),
        ("2026-11-21T09:47:00.1234Z", AT + timedelta(microseconds=123400)),
        ("2026-11-21T09:47:00.123456789Z", AT + timedelta(microseconds=123456)),
        ("2026-11-21T11:47:00+02:00", AT),
    ],
)
def test_an_instant_is_read_in_every_form_it_comes_in(said: str, meant: datetime) -> None:
    """TYP-008, TYP-009, TYP-011, TYP-012: without zone it is UTC, and an offset is understood."""
    assert CODECS[Token].decode(token(last_updated=said), HEARING).last_updated == meant


@pytest.mark.parametrize(
    "said", ["2026-11-21", "yesterday", "2026-13-01T00:00:00Z", "", 1763718420, None, "20:00 o'clock"]
)
def test_what_names_no_instant_is_refused_with_its_path(said: Any) -> None:
    """TYP-008, TYP-039."""
    with pytest.raises(Unreadable, match=r"last_updated"):
        CODECS[Token].decode(token(last_updated=said), HEARING)


def test_an_instant_is_written_in_utc_within_25_characters() -> None:
    """TYP-010, TYP-013."""
    heard = CODECS[Token].decode(token(last_updated="2026-11-21T11:47:00.123456+02:00"), HEARING)
    assert parsed(CODECS[Token].encode(heard))["last_updated"] == "2026-11-21T09:47:00.123Z"


@pytest.mark.parametrize("said", ["41.12", True, None, [1]])
def test_a_number_in_quotes_is_no_number(said: Any) -> None:
    """TYP-015."""
    with pytest.raises(Unreadable, match=r"\$\.kwh"):
        CODECS[Session].decode(session(kwh=said), HEARING)


@pytest.mark.parametrize("said", ["1e400", "1e-400", "9" * 60, "NaN", "Infinity"])
def test_a_number_that_nobody_can_reckon_with_is_refused(said: str) -> None:
    words = session().replace(b'"kwh":41.12', b'"kwh":' + said.encode())
    with pytest.raises(Unreadable):
        CODECS[Session].decode(words, HEARING)


@pytest.mark.parametrize("publish", [True, False])
def test_who_may_see_a_place_is_said_where_not_everybody_may(publish: bool) -> None:
    """LOC-033."""
    place = things.location(publish=publish, publish_allowed_to=(PublishTokenType(group_id="STAFF"),))
    assert ("publish_allowed_to" in parsed(CODECS[Location].encode(place))) is not publish


def test_exceptions_from_the_hours_are_instants_in_utc() -> None:
    """LOC-104: and closings are said beside the openings that they override."""
    exceptions = {
        "exceptional_openings": [{"period_begin": "2026-06-21T09:00:00", "period_end": "2026-06-21T12:00:00+02:00"}],
        "exceptional_closings": [{"period_begin": "2026-06-21T09:30:00Z", "period_end": "2026-06-21T09:45:00.000Z"}],
    }
    heard = CODECS[Location].convert(location(opening_times={"twentyfourseven": True} | exceptions), HEARING)
    assert parsed(CODECS[Location].encode(heard))["opening_times"] == {
        "twentyfourseven": True,
        "exceptional_openings": [{"period_begin": "2026-06-21T09:00:00Z", "period_end": "2026-06-21T10:00:00Z"}],
        "exceptional_closings": [{"period_begin": "2026-06-21T09:30:00Z", "period_end": "2026-06-21T09:45:00Z"}],
    }


@pytest.mark.parametrize("said", [Decimal("220.5"), "220"])
def test_a_whole_number_with_a_fraction_or_in_quotes_is_refused(said: Any) -> None:
    """TYP-018."""
    words = location()
    words["evses"][0]["connectors"][0]["max_voltage"] = said
    with pytest.raises(Unreadable, match="max_voltage"):
        CODECS[Location].convert(words, HEARING)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uid", "x" * 37),  # TYP-004
        ("uid", ""),
        ("uid", "zä"),  # TYP-001
        ("contract_id", "line\nbreak"),
        ("issuer", "tab\there"),  # TYP-007
        ("country_code", "NLD"),
        ("language", "nld"),
        ("valid", "true"),
        ("whitelist", "always"),  # TYP-021
        ("type", "PHONE"),  # TYP-025
        ("uid", 12345678),
        ("whitelist", ...),  # TYP-039
    ],
)
def test_a_field_that_breaks_its_rule_is_named(field: str, value: Any) -> None:
    """TYP-001, TYP-004, TYP-007, TYP-021, TYP-025, TYP-039, TOK-014, TOK-017, TOK-024."""
    with pytest.raises((Unreadable, NotAPartyId), match=field if value is not ... else "whitelist"):
        CODECS[Token].decode(token(**{field: value}), HEARING)


def test_text_may_be_of_any_language_and_ids_keep_their_case() -> None:
    """TYP-002, TYP-007."""
    heard = CODECS[Token].decode(token(issuer="Örebro Ström", uid="aBcD"), HEARING)
    assert (heard.issuer, heard.uid) == ("Örebro Ström", "aBcD")


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_known_is_said_and_never_called_not_available(version: str) -> None:
    """TYP-041"""
    codecs = VERSIONS[version].codecs
    for thing in (things.location(), things.tariff(), things.token()):
        assert b"#NA" not in codecs[type(thing)].encode(thing)


def test_null_an_empty_list_and_absence_are_the_same() -> None:
    """TYP-035, TYP-037."""
    said = [
        location(facilities=None),
        location(facilities=[]),
        {k: v for k, v in location().items() if k != "facilities"},
    ]
    heard = [CODECS[Location].convert(words, HEARING).facilities for words in said]
    assert heard == [(), (), ()]


@pytest.mark.parametrize("none", [None, [], ...])
def test_a_list_that_must_not_be_empty_is_missed(none: Any) -> None:
    """TYP-038, LOC-054, TAR-011."""
    words = parsed((CASES / "2.2.1" / "tariffs" / "simple-tariff-example-euro-2-per-hour.json").read_bytes())
    words["elements"] = none
    with pytest.raises(Unreadable, match="elements"):
        CODECS[Tariff].convert({k: v for k, v in words.items() if v is not ...}, HEARING)


def test_words_of_tomorrow_survive_where_nothing_is_decided_by_them() -> None:
    """LOC-059, TYP-044: words that 2.2.1 does not list are kept, and fields that it does not have are passed over."""
    words = location(facilities=["SPACE_PORT"], help_phone="+46 8 1")
    words["evses"][0]["capabilities"] = ["TELEPORT"]
    words["evses"][0]["connectors"][0]["standard"] = "MCS"
    heard = CODECS[Location].convert(words, HEARING)
    assert (heard.facilities, heard.evses[0].capabilities) == (("SPACE_PORT",), ("TELEPORT",))
    assert heard.evses[0].connectors[0].standard == "MCS"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"coordinates": {"latitude": "51.04", "longitude": "3.729944"}}, "latitude"),  # LOC-095
        ({"coordinates": {"latitude": 51.047599, "longitude": "3.729944"}}, "latitude"),
        ({"time_zone": "Mars/Phobos"}, "time_zone"),  # LOC-048
        ({"publish": False, "publish_allowed_to": [{"issuer": "TNM"}]}, "publish_allowed_to"),  # LOC-034
        ({"publish_allowed_to": [{"uid": "1"}]}, "publish_allowed_to"),
        ({"publish_allowed_to": [{"visual_number": "1"}]}, "publish_allowed_to"),
        ({"opening_times": {"twentyfourseven": False}}, "opening_times"),  # LOC-099
        (
            {
                "opening_times": {
                    "twentyfourseven": False,
                    "regular_hours": [{"weekday": 8, "period_begin": "08:00", "period_end": "20:00"}],
                }
            },
            "weekday",  # LOC-101
        ),
        (
            {
                "opening_times": {
                    "twentyfourseven": False,
                    "regular_hours": [{"weekday": 1, "period_begin": "8:00", "period_end": "24:00"}],
                }
            },
            "period_begin",  # LOC-102
        ),
        ({"operator": {"website": "https://example.org"}}, "name"),  # LOC-107
        ({"operator": {"name": "x", "website": "not a url"}}, "website"),  # TYP-019
        ({"operator": {"name": "x", "website": f"https://e.org/{'x' * 242}"}}, "website"),
        ({"images": [{"url": "https://e.org/i", "category": "OTHER"}]}, "type"),  # LOC-106
    ],
)
def test_a_location_that_breaks_a_rule_is_refused_with_its_path(changes: dict[str, Any], complaint: str) -> None:
    """LOC-034, LOC-048, LOC-095, LOC-099, LOC-101, LOC-102, LOC-106, LOC-107, TYP-019."""
    with pytest.raises(Unreadable, match=complaint):
        CODECS[Location].convert(location(**changes), HEARING)


@pytest.mark.parametrize(
    ("angle", "said"),
    [
        ("48.9", "48.90000"),
        ("48.89233", "48.89233"),
        ("-12.3456789", "-12.345679"),
        ("0.0000001", "0.0000001"),
        ("-179.5", "-179.50000"),
    ],
)
def test_an_angle_has_five_to_seven_decimals_and_never_an_exponent(angle: str, said: str) -> None:
    """LOC-095, LOC-097."""
    assert degrees(Decimal(angle), 10) == said


def test_hours_are_exact_to_the_millisecond() -> None:
    """CDR-046, TYP-017."""
    for length in (timedelta(minutes=20), timedelta(hours=1, milliseconds=1), timedelta(), timedelta(hours=30)):
        assert read_hours(write_hours(length)) == length
    assert write_hours(timedelta(hours=30)).value.as_tuple().exponent == 0
    assert read_hours(Number(Decimal("1.973"))) == timedelta(seconds=7102.8)


def test_a_credit_cdr_names_what_it_credits() -> None:
    """CDR-018."""
    words = parsed((CASES / "2.2.1" / "cdrs" / "example-of-a-cdr.json").read_bytes())
    with pytest.raises(Unreadable, match="credit_reference_id"):
        CODECS[Cdr].convert(words | {"credit": True}, HEARING)
    assert CODECS[Cdr].convert(words | {"credit": True, "credit_reference_id": "1"}, HEARING).credit


@pytest.mark.parametrize(
    ("way", "most"),
    [
        (("encoding_method",), 36),
        (("public_key",), 512),
        (("url",), 512),
        (("signed_values", 0, "nature"), 32),
        (("signed_values", 0, "plain_data"), 5000),
        (("signed_values", 0, "signed_data"), 5000),
    ],
)
def test_signed_data_has_the_room_that_the_text_gives_it(way: tuple[Any, ...], most: int) -> None:
    """CDR-059, CDR-060."""
    words = parsed((CASES / "2.2.1" / "cdrs" / "example-of-a-cdr.json").read_bytes())
    value = {"nature": "Start", "plain_data": "", "signed_data": ""}
    inside: Any = {"encoding_method": "OCMF", "encoding_method_version": 1, "signed_values": [value]}
    words["signed_data"] = inside
    for step in way[:-1]:
        inside = inside[step]
    inside[way[-1]] = "x" * most
    CODECS[Cdr].convert(words, HEARING)
    inside[way[-1]] += "x"
    with pytest.raises(Unreadable):
        CODECS[Cdr].convert(words, HEARING)


def test_an_address_is_cut_to_the_room_that_a_cdr_has_for_it() -> None:
    """CDR-052: a Location has room for 255 characters."""
    cdr = CODECS[Cdr].decode((CASES / "2.2.1" / "cdrs" / "example-of-a-cdr.json").read_bytes(), HEARING)
    long = replace(cdr, location=replace(cdr.location, address="Å" * 60, state="s" * 45))
    said = parsed(CODECS[Cdr].encode(long))
    assert (said["cdr_location"]["address"], said["cdr_location"]["state"]) == ("Å" * 44 + "…", "s" * 19 + "…")
    assert CODECS[Cdr].convert(said, HEARING).location.address == "Å" * 44 + "…"


def test_a_change_without_its_instant_is_refused() -> None:
    """TRN-036, LOC-017, SES-010, TOK-010."""
    for change in (b'{"valid": false}', b'{"valid": false, "last_updated": null}', b"[]", b'"x"', b"{"):
        with pytest.raises(Unreadable):
            CODECS[Token].patch(token(), change)


def test_null_in_a_change_clears_and_a_list_replaces() -> None:
    """TRN-042, TRN-045: RFC 7396."""
    change = {"visual_number": None, "energy_contract": {"contract_id": "1"}, "last_updated": "2026-01-01T00:00:00Z"}
    changed = parsed(CODECS[Token].patch(token(energy_contract={"supplier_name": "S"}), encoded(change)))
    assert "visual_number" not in changed
    assert changed["energy_contract"] == {"supplier_name": "S", "contract_id": "1"}
    required = CODECS[Token].patch(token(), encoded({"issuer": None, "last_updated": "2026-01-01T00:00:00Z"}))
    with pytest.raises(Unreadable, match="issuer"):
        CODECS[Token].decode(required, HEARING)


def test_periods_are_added_once_however_often_they_are_sent() -> None:
    """SES-011, SES-012, SES-015."""
    added = {"start_date_time": "2015-06-29T23:30:00Z", "dimensions": [{"type": "ENERGY", "volume": 1}]}
    change = encoded({"charging_periods": [added], "last_updated": "2015-06-29T23:50:18Z"})
    once = CODECS[Session].patch(session(), change)
    again = CODECS[Session].patch(once, change)
    assert len(parsed(once)["charging_periods"]) == 4 and parsed(again) == parsed(once)
    nothings: tuple[Any, ...] = ([], None)
    for nothing in nothings:
        kept = CODECS[Session].patch(
            session(), encoded({"charging_periods": nothing, "last_updated": "2016-01-01T00:00:00Z"})
        )
        assert len(parsed(kept)["charging_periods"]) == 3


def test_settling_is_a_word_of_ours_alone() -> None:
    """SES-033, SES-035: to a partner a session is ACTIVE until nothing changes any more."""
    with pytest.raises(Unreadable, match="status"):
        CODECS[Session].decode(session(status="SETTLING"), HEARING)
    assert CODECS[Session].decode(session(status="RESERVATION"), HEARING).status == "RESERVATION"


def test_nested_without_end_is_refused() -> None:
    with pytest.raises(Unreadable):
        parsed(b"[" * 100_000)
    with pytest.raises(Unreadable):
        CODECS[Token].decode(b'{"x":' + b"[" * 100_000, HEARING)
