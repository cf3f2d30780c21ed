"""What 2.1.1 has no words for is left out or said as what comes nearest, and is named as lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.locations.model import BusinessDetails, DisplayText, GeoLocation, Location
from laddnav.ocpi.wire.codec import Hearing, Unsayable, parsed
from laddnav.ocpi.wire.commands import CommandResponse, CommandResult, ReserveNow, Result, StartSession, Verdict
from laddnav.ocpi.wire.envelope import StatusCode
from laddnav.ocpi.wire.handshake import Credentials, CredentialsRole, Interface, VersionDetails
from laddnav.ocpi.wire.v2_1_1.plain import plain
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.sessions.model import Session
from laddnav.tokens.model import Token, TokenType
from tests import things
from tests.ocpi.network import CPO, EMSP
from tests.ocpi.wire.test_examples import CASES

OLD = VERSIONS["2.1.1"]
HEARING = Hearing(holder=EMSP, sender=CPO, role=Role.CPO)


def words(thing: Any) -> dict[str, Any]:
    said: dict[str, Any] = parsed(OLD.codecs[type(thing)].encode(thing))
    return said


@pytest.mark.parametrize(
    ("text", "in_ascii"),
    [
        ("Göteborg", "Goteborg"),
        ("Łódź, Straße – “Ærø”…", 'Lodz, Strase - "Aro".'),
        ("東京", "??"),
        ("https://example.org/ä?b=%20", "https://example.org/%C3%A4?b=%20"),
        ("plain ~ text", "plain ~ text"),
    ],
)
def test_text_is_said_in_ascii_and_is_no_longer_for_that(text: str, in_ascii: str) -> None:
    """TYP-001, TYP-006."""
    assert plain(text) == in_ascii
    assert "://" in text or len(plain(text)) == len(text)


def test_every_text_in_an_object_is() -> None:
    """TYP-006, TYP-020: to whatever depth; and each is named as lost."""
    codec = OLD.codecs[Location]
    evse = things.evse(directions=(DisplayText("sv", "Åk ner"),))
    location = things.location(owner=CPO, evses=(evse,), operator=BusinessDetails("Företaget"))
    said = words(location)
    assert (said["city"], said["operator"]["name"]) == ("Goteborg", "Foretaget")
    assert said["evses"][0]["directions"] == [{"language": "sv", "text": "Ak ner"}]
    assert {"city", "operator.name", "evses[0].directions[0].text"} <= set(codec.lost(location, HEARING))


def test_instants_are_said_to_the_second_and_degrees_to_the_sixth_decimal() -> None:
    """TYP-010, TYP-014, LOC-096, LOC-097."""
    at = datetime(2026, 11, 21, 9, 47, 3, 999000, tzinfo=UTC)
    place = GeoLocation(Decimal("57.7071649"), Decimal("-0.5"))
    said = words(things.location(last_updated=at, coordinates=place))
    assert said["last_updated"] == "2026-11-21T09:47:03Z"
    assert said["coordinates"] == {"latitude": "57.707165", "longitude": "-0.500000"}


def test_what_its_lists_do_not_have_is_not_said() -> None:
    """LOC-042, LOC-066, LOC-070, LOC-090, LOC-093, LOC-112, TYP-025: and a plug that it does not know is left out."""
    mega = things.connector(id="2", standard="MCS")
    two_phases = things.connector(id="3", power_type="AC_2_PHASE")
    evses = (
        things.evse("E1", connectors=(things.connector(), mega), capabilities=("RFID_READER", "PED_TERMINAL")),
        things.evse("E2", connectors=(mega, two_phases)),
    )
    location = things.location(
        evses=evses, facilities=("WIFI", "TRAM_STOP"), parking_type="ALONG_MOTORWAY", related_locations=()
    )
    said = words(location)
    assert [one["uid"] for one in said["evses"]] == ["E1"]
    assert [one["id"] for one in said["evses"][0]["connectors"]] == ["1"]
    assert said["evses"][0]["capabilities"] == ["RFID_READER"] and said["facilities"] == ["WIFI"]
    assert said["type"] == "OTHER" and words(things.location())["type"] == "UNKNOWN"
    assert "evses" in OLD.codecs[Location].lost(location, HEARING)
    with pytest.raises(Unsayable, match="MCS"):
        words(mega)
    with pytest.raises(Unsayable, match="E2"):
        words(evses[1])


def test_a_location_that_is_not_public_cannot_be_said() -> None:
    with pytest.raises(Unsayable, match="not to be shown"):
        words(things.location(publish=False))


def test_a_location_without_a_postal_code_or_zone_has_what_can_be_known() -> None:
    """LOC-041, LOC-049: the zone of a country that has one; a country with several says nothing."""
    codec = OLD.codecs[Location]
    said = words(things.location(postal_code=None))
    assert said["postal_code"] == ""
    del said["time_zone"]
    assert codec.convert(said, HEARING).time_zone == "Europe/Stockholm"
    assert codec.convert(said, HEARING).postal_code is None
    assert codec.convert(said | {"country": "ESP"}, HEARING).time_zone == "UTC"


def test_a_session_without_its_place_cannot_be_said() -> None:
    """SES-020."""
    path = CASES / "2.2.1" / "sessions" / "simple-session-example-of-just-starting-a-session.json"
    session = VERSIONS["2.2.1"].codecs[Session].decode(path.read_bytes(), HEARING)
    with pytest.raises(Unsayable, match="without the Location"):
        words(session)


@pytest.mark.parametrize(("type", "said"), [("RFID", "RFID"), ("APP_USER", "OTHER"), ("EMAID", "OTHER")])
def test_any_other_type_of_token_is_other(type: str, said: str) -> None:
    """TOK-023."""
    assert words(things.token(type=type))["type"] == OLD.token_type(type) == said


def test_a_reservation_has_a_number_that_is_always_the_same() -> None:
    """CMD-035, CMD-036: so that who reserves again replaces what he had."""
    command = ReserveNow(
        response_url="https://a.example/r",
        token=things.token(),
        expires_at=things.LONG_AGO,
        reservation_id="R-7f3a",
        location_id="LOC1",
    )
    number = words(command)["reservation_id"]
    assert 0 <= number < 2**31 and words(command)["reservation_id"] == number
    for id, told in (("42", 42), ("042", None), ("99999999999", None)):
        again = words(replace(command, reservation_id=id))["reservation_id"]
        assert again == told if told is not None else again != int(id)
    said = words(command) | {"reservation_id": 42}
    assert OLD.codecs[ReserveNow].convert(said, HEARING).reservation_id == "42"


@pytest.mark.parametrize("result", Result)
def test_a_result_is_one_of_four_words(result: Result) -> None:
    """CMD-007, CMD-010."""
    said = words(CommandResult(result=result))["result"]
    assert said == (result if result in ("ACCEPTED", "NOT_SUPPORTED", "REJECTED", "TIMEOUT") else "REJECTED")


def test_an_answer_may_be_that_the_station_did_not_answer() -> None:
    """CMD-007: which is a no like others; and as a result, an unknown session is one."""
    response = OLD.codecs[CommandResponse].convert({"result": "TIMEOUT"}, HEARING)
    assert (response.result, response.timeout) == (Verdict.REJECTED, 60) and response.message
    result = OLD.codecs[CommandResult].convert({"result": "UNKNOWN_SESSION"}, HEARING)
    assert result.result is Result.REJECTED


def test_a_token_in_a_command_belongs_to_who_sends_it() -> None:
    """CMD-026, TRN-053."""
    said = words(StartSession(response_url="https://a.example/r", token=things.token(), location_id="LOC1"))
    assert OLD.codecs[StartSession].convert(said, HEARING).token.owner == CPO
    assert OLD.codecs[Token].convert(said["token"], HEARING).type is TokenType.RFID


@pytest.mark.parametrize(("role", "side"), [(Role.CPO, Interface.SENDER), (Role.EMSP, Interface.RECEIVER)])
def test_whose_side_an_endpoint_is_follows_from_who_publishes_it(role: Role, side: Interface) -> None:
    """VER-006, VER-029."""
    url = "https://a.example/x"
    endpoints = [{"identifier": one, "url": url} for one in ("credentials", "cdrs", "tokens", "nltnm-weather")]
    hearing = replace(HEARING, role=role)
    details = OLD.codecs[VersionDetails].convert({"version": "2.1.1", "endpoints": endpoints}, hearing)
    other = Interface.RECEIVER if side is Interface.SENDER else Interface.SENDER
    assert [one.role for one in details.endpoints] == [Interface.SENDER, side, other, Interface.SENDER]


@pytest.mark.parametrize(
    ("role", "paths", "sides"),
    [
        (Role.NAP, ("nap/locations", "nap/sender/locations"), "RS"),
        (Role.NAP, ("v/emsp/locations", "v/cpo/locations"), "RS"),
        (Role.NAP, ("cpo/2.1.1/emsp/locations", "cpo/2.1.1/cpo/locations"), "RS"),
        (Role.NAP, ("sender/locations",), "S"),
        (Role.NAP, ("locations",), "R"),
        (Role.CPO, ("msp/tokens", "cpo/tokens"), "SR"),
        (Role.CPO, ("emsp/locations",), "S"),
        (Role.CPO, ("a/locations", "b/locations"), "SS"),
    ],
)
def test_who_has_both_sides_of_a_module_says_by_its_urls_which_is_which(
    role: Role, paths: tuple[str, ...], sides: str
) -> None:
    """VER-006: by the side or the role in them; where one tells, the other is the other."""
    endpoints = [{"identifier": one.rpartition("/")[2], "url": f"https://a.example/{one}"} for one in paths]
    hearing = replace(HEARING, role=role)
    details = OLD.codecs[VersionDetails].convert({"version": "2.1.1", "endpoints": endpoints}, hearing)
    assert "".join(one.role[0] for one in details.endpoints) == sides


def test_credentials_are_of_one_party_in_the_role_that_we_know() -> None:
    """CRED-028, CRED-041."""
    roles = tuple(
        CredentialsRole(role=one, party=CPO, business=BusinessDetails("Kajen")) for one in (Role.CPO, Role.NSP)
    )
    said = words(Credentials(token="t", url="https://a.example", roles=roles))
    assert (said["country_code"], said["party_id"], said["business_details"]) == ("SE", "LAD", {"name": "Kajen"})
    (heard,) = OLD.codecs[Credentials].convert(said, HEARING).roles
    assert (heard.role, heard.party) == (Role.CPO, CPO)


def test_a_code_that_it_does_not_define_is_the_general_one() -> None:
    """TOK-041, TRN-033, TRN-035."""
    assert OLD.status(StatusCode.UNKNOWN_TOKEN) == StatusCode.CLIENT_ERROR
    assert OLD.status(StatusCode.UNKNOWN_LOCATION) == StatusCode.UNKNOWN_LOCATION
    assert VERSIONS["2.2.1"].status(StatusCode.UNKNOWN_TOKEN) == StatusCode.UNKNOWN_TOKEN


def test_a_change_is_never_older_than_what_it_changes() -> None:
    """LOC-018: their clock may be ahead of ours."""
    codec = OLD.codecs[Token]
    said = codec.encode(things.token(last_updated=things.LONG_AGO + timedelta(days=1)))
    changed = parsed(codec.patch(said, b'{"valid": false}', received_at=things.LONG_AGO))
    assert (changed["valid"], changed["last_updated"]) == (False, "2026-01-02T00:00:00Z")
