"""Scalars, envelope, pages, headers and the handshake's table: what every version has in common."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.cdrs.model import Cdr
from laddnav.kit.ids import NotAPartyId, PartyId
from laddnav.kit.json import Unreadable
from laddnav.locations.model import BusinessDetails, Location
from laddnav.ocpi.wire import envelope, handshake, paging, routing
from laddnav.ocpi.wire.codec import Hearing, encoded, parsed
from laddnav.ocpi.wire.handshake import (
    Credentials,
    CredentialsRole,
    Endpoint,
    EndpointsMissing,
    Interface,
    NoCommonVersion,
    NoCredentialsRoles,
    NotNow,
    OfferedVersion,
    State,
    Step,
    VersionDetails,
)
from laddnav.ocpi.wire.paging import Page
from laddnav.ocpi.wire.shared.geo import degrees
from laddnav.ocpi.wire.shared.scalars import Number, read_hours, write_hours
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
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


def test_a_whole_number_with_a_fraction_is_refused() -> None:
    """TYP-018."""
    words = location()
    words["evses"][0]["connectors"][0]["max_voltage"] = Decimal("220.5")
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


# ---- Envelope


def test_an_answer_says_data_status_and_instant() -> None:
    """TRN-015, TRN-018, TRN-020, TRN-021."""
    assert parsed(envelope.sealed(envelope.listed([b'{"a":1}', b'{"a":2}']), AT)) == {
        "data": [{"a": 1}, {"a": 2}],
        "status_code": 1000,
        "status_message": "Success",
        "timestamp": "2026-11-21T09:47:00Z",
    }
    assert "data" not in parsed(envelope.sealed(None, AT))
    assert parsed(envelope.refused(2001, 'no "id"', AT))["status_message"] == 'no "id"'


@pytest.mark.parametrize(
    ("body", "granted"),
    [
        (b'{"status_code": 1000}', True),
        (b'{"status_code": 1999, "data": null, "timestamp": 5}', True),
        (b'{"status_code": 2001, "data": "debugging help"}', False),
        (b'\xef\xbb\xbf{"status_code": 3000}', False),
    ],
)
def test_an_answer_is_judged_by_its_first_digit(body: bytes, granted: bool) -> None:
    """TRN-019, TRN-029, TRN-032."""
    assert envelope.opened(body).granted is granted


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"detail": "Not Found"}', b'{"status_code": "1000"}'])
def test_what_is_no_answer_is_told_from_one(body: bytes) -> None:
    with pytest.raises(Unreadable):
        envelope.opened(body)


def test_a_single_object_in_a_list_is_taken_out() -> None:
    assert envelope.single(b'{"a":1.50}') == b'{"a":1.50}'
    assert envelope.single(b'[{"a":1.50}]') == b'{"a":1.50}'
    for data in (None, b"[]", b"[1,2]"):
        with pytest.raises(Unreadable):
            envelope.single(data)


# ---- Pages


def test_a_page_is_what_was_asked_for_and_no_more_than_we_give() -> None:
    """TRN-062, TRN-063, TRN-068, TRN-076."""
    assert paging.asked({}) == Page(offset=0, limit=paging.PAGE_MAX)
    assert paging.asked({"limit": "2000", "offset": "10"}) == Page(offset=10, limit=paging.PAGE_MAX)
    assert paging.asked({"date_from": "2026-11-21T09:47:00", "date_to": "2026-11-21T10:47:00 01:00"}) == Page(
        date_from=AT, date_to=AT
    )


@pytest.mark.parametrize(
    "query", [{"limit": "-1"}, {"offset": "ten"}, {"offset": "9" * 30}, {"date_from": "soon"}, {"date_to": ""}]
)
def test_a_page_that_makes_no_sense_is_refused(query: dict[str, str]) -> None:
    """TRN-081."""
    with pytest.raises(Unreadable, match=next(iter(query))):
        paging.asked(query)


def test_every_page_but_the_last_links_to_the_next_with_all_filters() -> None:
    """TRN-070, TRN-071, TRN-072, TRN-073, TRN-074."""
    page = Page(offset=100, limit=100, date_from=AT)
    said = paging.headers("https://a.example/ocpi/cpo/2.2.1/cdrs", page, returned=100, total=250)
    assert said["Link"] == (
        '<https://a.example/ocpi/cpo/2.2.1/cdrs?date_from=2026-11-21T09:47:00Z&offset=200&limit=100>; rel="next"'
    )
    assert (said["X-Total-Count"], said["X-Limit"]) == ("250", "100")
    last = paging.headers("https://a.example/x", Page(offset=200, limit=100), returned=50, total=250)
    assert "Link" not in last and last["X-Limit"] == "100"


@pytest.mark.parametrize(
    ("header", "url"),
    [
        ('<https://a.example/x?offset=50>; rel="next"', "https://a.example/x?offset=50"),
        ("<https://a.example/x>; rel=next", "https://a.example/x"),
        ('<https://a.example/p>; rel="prev", <https://a.example/n>; title="a, b"; REL="next"', "https://a.example/n"),
        ('<https://a.example/p>; rel="prev"', None),
        ("", None),
        (None, None),
        ("next", None),
    ],
)
def test_the_next_page_is_found_in_a_link_header(header: str | None, url: str | None) -> None:
    """TRN-078."""
    assert paging.next_link(header) == url


def test_a_link_is_followed_at_the_endpoints_own_origin_with_our_filters() -> None:
    followed = paging.within("http://inner:8080/ocpi/cdrs?offset=50", "https://a.example/ocpi/cdrs", Page(date_from=AT))
    assert followed == "https://a.example/ocpi/cdrs?offset=50&date_from=2026-11-21T09:47:00Z"


def test_segments_are_joined_with_and_without_a_trailing_slash() -> None:
    """TRN-056, TRN-057."""
    for endpoint in ("https://a.example/ocpi/tokens", "https://a.example/ocpi/tokens/"):
        assert (
            paging.joined(endpoint, "NL", "TNM", "a/b *ö") == "https://a.example/ocpi/tokens/NL/TNM/a%2Fb%20%2A%C3%B6"
        )
    assert paging.joined("https://a.example/x?key=1", "A") == "https://a.example/x/A?key=1"
    assert paging.with_query("https://a.example/x?key=1", "limit=5") == "https://a.example/x?key=1&limit=5"


# ---- Headers


def test_a_token_travels_in_base64_and_is_understood_without() -> None:
    """TRN-002, TRN-003, TRN-005, TRN-006."""
    assert routing.authorization("example-token", encoded=True) == "Token ZXhhbXBsZS10b2tlbg=="
    assert routing.authorization("example-token", encoded=False) == "Token example-token"
    for header in ("Token ZXhhbXBsZS10b2tlbg==", "token ZXhhbXBsZS10b2tlbg", "Token ZXhhbXBsZS10b2tlbgo="):
        assert routing.tokens_in(header)[0] == "example-token"
    assert routing.tokens_in("Token example-token") == ("example-token",)
    both = b64encode(b"abc").decode()
    assert routing.tokens_in(f"Token {both}") == ("abc", both)


@pytest.mark.parametrize(
    "header", [None, "", "Token", "Token ", "Bearer abc", "Basic YTpi", "Token " + "x" * 300, "Token ä"]
)
def test_what_carries_no_token_lets_nobody_in(header: str | None) -> None:
    """TRN-007."""
    assert routing.tokens_in(header) == ()


def test_the_parties_of_a_message_are_in_its_headers() -> None:
    """TRN-010."""
    route = routing.Route(to=PartyId("NL", "TNM"), origin=PartyId("SE", "LAD"))
    said = {name.lower(): value for name, value in routing.route_headers(route).items()}
    assert routing.route_in(said) == route
    assert routing.route_in({}) == routing.Route()
    with pytest.raises(NotAPartyId):
        routing.route_in({"ocpi-to-party-id": "TNM"})


def test_a_request_without_ids_gets_one() -> None:
    """TRN-083, TRN-084, TRN-086."""
    assert routing.ids_in({}, "new") == routing.MessageIds(request="new", correlation="new")
    given = {"x-request-id": "r-1", "x-correlation-id": "c-1"}
    assert routing.id_headers(routing.ids_in(given, "new")) == {"X-Request-ID": "r-1", "X-Correlation-ID": "c-1"}
    assert routing.ids_in({"x-request-id": "x" * 500}, "new").request == "new"


# ---- Handshake


def test_the_newest_version_that_both_speak_is_chosen() -> None:
    """VER-019, VER-021, VER-022."""
    offered = [
        OfferedVersion(version=v, url=f"https://a.example/{v}") for v in ("2.1.1", "2.2.1", "2.2", "2.10.0", "9.9", "x")
    ]
    assert handshake.chosen(offered, ["2.1.1", "2.2.1"], None).version == "2.2.1"
    assert handshake.chosen(offered, ["2.2.1", "2.10.0"], None).version == "2.10.0"
    assert handshake.chosen(offered, ["2.1.1", "2.2.1"], "2.1.1").url == "https://a.example/2.1.1"
    for ours, wanted in ((["3.0"], None), (["2.2.1"], "2.1.1")):
        with pytest.raises(NoCommonVersion):
            handshake.chosen(offered, ours, wanted)


def test_endpoints_of_unknown_modules_are_left_alone() -> None:
    """VER-010, VER-017, VER-029, CRED-021."""

    def at(identifier: str, role: Interface = Interface.SENDER) -> Endpoint:
        return Endpoint(identifier=identifier, role=role, url=f"https://a.example/{identifier}")

    everything = (at("credentials", Interface.RECEIVER), at("locations"), at("nltnm-tokens"), at("locations"))
    assert handshake.usable(VersionDetails(version="2.2.1", endpoints=everything)) == everything[:3]
    for missing in ((), (at("credentials"),), (at("locations"),), (at("credentials"), at("nltnm-tokens"))):
        with pytest.raises(EndpointsMissing):
            handshake.usable(VersionDetails(version="2.2.1", endpoints=missing))


def test_credentials_name_each_party_once_in_a_role() -> None:
    """CRED-030, CRED-031, CRED-032."""

    def role(role: Role, party: str) -> CredentialsRole:
        return CredentialsRole(role=role, party=PartyId.parse(party), business=BusinessDetails("x"))

    def said(*roles: CredentialsRole) -> Credentials:
        return Credentials(token="t", url="https://a.example", roles=roles)

    many = said(role(Role.CPO, "NL*TNM"), role(Role.EMSP, "NL*TNM"), role(Role.CPO, "NL*TN2"))
    assert handshake.sound(many) == many
    assert handshake.counterpart(many.roles, Role.CPO).role is Role.EMSP
    assert handshake.counterpart(many.roles, Role.EMSP).party == PartyId("NL", "TNM")
    for wrong in (said(), said(role(Role.CPO, "NL*TNM"), role(Role.CPO, "NL*TNM"))):
        with pytest.raises(NoCredentialsRoles):
            handshake.sound(wrong)


@pytest.mark.parametrize(
    ("state", "step"),
    [
        (State.CONNECTED, Step.THEY_POST),
        (State.INVITED, Step.THEY_PUT),
        (State.INVITED, Step.THEY_DELETE),
        (State.REMOVED, Step.THEY_POST),
        (State.SUSPENDED, Step.THEY_PUT),
    ],
)
def test_a_step_out_of_turn_is_refused(state: State, step: Step) -> None:
    """CRED-011, CRED-012, CRED-013."""
    with pytest.raises(NotNow):
        handshake.moved(state, step)


def test_a_registration_goes_through_its_states() -> None:
    """CRED-003, CRED-017, CRED-018."""
    assert handshake.moved(State.INVITED, Step.THEY_POST) is State.CONNECTED
    assert handshake.moved(State.CONNECTED, Step.THEY_PUT) is State.CONNECTED
    assert handshake.moved(State.CONNECTED, Step.THEY_DELETE) is State.REMOVED
    assert handshake.moved(State.REGISTERING, Step.THEY_ANSWER) is State.CONNECTED
