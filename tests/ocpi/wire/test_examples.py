"""The specification's own examples are read, or refused for a reason that is written down."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from laddnav.bookings.model import Booking, BookingLocation, BookingRequest, Calendar
from laddnav.cdrs.model import Cdr
from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.kit.money import Price, TaxAmount
from laddnav.locations.model import Connector, Evse, Location
from laddnav.ocpi.deviations.quirks import mended
from laddnav.ocpi.wire import envelope
from laddnav.ocpi.wire.codec import Codecs, Hearing, encoded, parsed
from laddnav.ocpi.wire.handshake import Credentials, OfferedVersion, VersionDetails
from laddnav.ocpi.wire.v2_1_1 import codecs as v2_1_1
from laddnav.ocpi.wire.v2_3_0 import codecs as v2_3_0
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.payments.model import Confirmation, Terminal
from laddnav.sessions.model import Session
from laddnav.tariffs.model import Tariff, TaxIncluded
from laddnav.tokens.model import Token

CASES = Path(__file__).parents[2] / "cases" / "ocpi"
CODECS = VERSIONS["2.2.1"].codecs
SPELT: dict[str, Codecs] = {"2.1.1": v2_1_1.CODECS, "2.2.1": CODECS, "2.3.0": v2_3_0.CODECS}
HEARING = Hearing(holder=PartyId("SE", "LAD"), sender=PartyId("NL", "TNM"), ref="a row")
KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        Booking,
        BookingLocation,
        BookingRequest,
        Calendar,
        Cdr,
        Confirmation,
        Connector,
        Credentials,
        Evse,
        Location,
        OfferedVersion,
        Session,
        Tariff,
        Terminal,
        Token,
        VersionDetails,
    )
}
PUBLIC = CASES / "2.2.1" / "locations" / "example-public-charging-location.json"
# What we say of one besides: 2.1.1 lets the time zone be guessed from the country.
TOLD_BESIDES: dict[tuple[str, type[Any]], dict[str, Any]] = {("2.1.1", Location): {"time_zone": "Europe/Brussels"}}
FRAGMENTS = {"EnergyMix": "energy_mix", "Hours": "opening_times", "DisplayText": "directions"}


def rows(version: str = "2.2.1") -> list[dict[str, str]]:
    with (CASES / f"{version}.tsv").open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def whole(packed: str, kind: str) -> bool:
    return packed == "object" and kind in KINDS


def named(row: dict[str, str]) -> str:
    return row["file"]


@pytest.mark.parametrize("version", SPELT)
def test_every_example_is_listed(version: str) -> None:
    found = {str(path.relative_to(CASES / version)) for path in (CASES / version).rglob("*.json")}
    assert found == {row["file"] for row in rows(version)}


WHOLE = [(version, row) for version in SPELT for row in rows(version) if whole(row["packed"], row["kind"])]


@pytest.mark.parametrize(("version", "row"), WHOLE, ids=lambda one: one if isinstance(one, str) else named(one))
def test_an_example_object_is_read_and_written_without_loss_of_words(version: str, row: dict[str, str]) -> None:
    """TYP-017, TYP-028, LOC-040, LOC-054, LOC-081, TOK-014, SES-017, CRED-029, TAR-010, TAR-011, TAR-012, TAR-024.

    TAR-057, TAR-081, TAR-082, CDR-022, LOC-041, LOC-049, LOC-082, TOK-015, CRED-028, VER-006.
    The specification's objects are understood, and what we write of them says the same.
    """
    codec = SPELT[version][KINDS[row["kind"]]]
    said = (CASES / version / row["file"]).read_bytes()
    if row["refused"]:
        with pytest.raises(Unreadable, match=row["refused"]):
            codec.decode(said, HEARING)
        return
    thing = codec.decode(said, HEARING)
    besides = TOLD_BESIDES.get((version, KINDS[row["kind"]]), {})
    assert parsed(codec.encode(thing)) == without_what_we_drop(parsed(said)) | besides
    assert codec.lost(thing, HEARING) == ()


def test_the_example_cdr_of_2_1_1_is_read_once_it_is_repaired() -> None:
    """CDR-023, CDR-024, CDR-056, CDR-058: its price is a text and its country has two letters, which quirks put right.

    Of its Location stays what a CDR keeps of a place; its status, voltage and amperage do not.
    """
    said, repairs = mended(parsed((CASES / "2.1.1" / "cdrs" / "example-of-a-cdr.json").read_bytes()))
    assert {repair.name for repair in repairs} == {"alpha-2-country", "quoted-number"}
    codec = SPELT["2.1.1"][Cdr]
    cdr = codec.convert(said, HEARING)
    assert (cdr.token.contract_id, cdr.location.evse_id) == ("DE8ACC12E46L89", "BE-BEC-E041503003")
    assert (cdr.costs.total, cdr.ended_at) == (Price(Decimal(4)), datetime(2015, 6, 29, 23, 37, 32, tzinfo=UTC))
    written = parsed(codec.encode(cdr))
    assert written | {"location": said["location"]} == said
    assert codec.lost(cdr, HEARING) == ()
    place, evse = said["location"], said["location"]["evses"][0]
    assert {name: place[name] for name in place if name not in ("type", "evses", "last_updated")}.items() <= written[
        "location"
    ].items()
    assert [evse[name] for name in ("uid", "evse_id")] == [
        written["location"]["evses"][0][name] for name in ("uid", "evse_id")
    ]


def test_the_example_sessions_of_2_1_1_are_read_once_their_country_has_three_letters() -> None:
    """SES-018, SES-019, SES-020, SES-025, SES-041: of their Location stays what a Session keeps of a place."""
    codec = SPELT["2.1.1"][Session]
    for name in ("a-just-starting", "a-short-finished"):
        path = CASES / "2.1.1" / "sessions" / f"simple-session-example-of-{name}-session.json"
        said, repairs = mended(parsed(path.read_bytes()))
        assert {repair.name for repair in repairs} == {"alpha-2-country"}
        session = codec.convert(said, HEARING)
        assert (session.token.contract_id, session.token.owner) == ("DE8ACC12E46L89", HEARING.holder)
        assert (session.location_id, session.evse_uid, session.connector_id) == ("LOC1", "3256", "1")
        assert session.time_zone == "Europe/Brussels"
        written = parsed(codec.encode(session))
        assert written | {"location": said["location"]} == said
        assert written["location"]["evses"][0]["evse_id"] == "BE-BEC-E041503003"
        assert codec.lost(session, HEARING) == ()


def test_the_example_cdr_of_2_3_0_names_its_tax_once_its_tariff_says_whether_it_is_included() -> None:
    """CDR-066, CDR-022: the text's own example leaves `tax_included` out, which its own Tariffs require."""
    said = parsed((CASES / "2.3.0" / "cdrs" / "example-of-a-cdr.json").read_bytes())
    said["tariffs"][0]["tax_included"] = "NO"
    codec = SPELT["2.3.0"][Cdr]
    cdr = codec.convert(said, HEARING)
    assert cdr.costs.total == Price(Decimal(4), (TaxAmount("VAT", Decimal("0.40")),))
    assert cdr.tariffs[0].tax_included is TaxIncluded.NO
    assert parsed(codec.encode(cdr)) == said


def without_what_we_drop(words: Any) -> Any:
    """Empty lists are said by leaving them out, and of a Tariff's energy mix we know only whether it is green."""
    if isinstance(words, list):
        return [without_what_we_drop(one) for one in words]
    if isinstance(words, dict):
        kept = {name: without_what_we_drop(one) for name, one in words.items() if one not in ([], None)}
        if "elements" in kept and "energy_mix" in kept:
            kept["energy_mix"] = {"is_green_energy": kept["energy_mix"]["is_green_energy"]}
        return kept
    return words.replace(".000Z", "Z") if isinstance(words, str) else words


CHANGES = [(version, row) for version in VERSIONS for row in rows(version) if row["packed"] == "patch"]


@pytest.mark.parametrize(("version", "row"), CHANGES, ids=lambda one: one if isinstance(one, str) else named(one))
def test_an_example_change_is_applied_to_the_words_it_is_partial_of(version: str, row: dict[str, str]) -> None:
    """TRN-041, LOC-019, SES-010, TOK-010: a PATCH changes what it names and nothing else.

    LOC-018, SES-057, TOK-055: where 2.1.1 does not say when, it is of the moment in which it came.
    """
    codec = SPELT[version][KINDS[row["kind"]]]
    said, change = subject(version, row["kind"]), (CASES / version / row["file"]).read_bytes()
    at = None if VERSIONS[version].dates_changes else datetime(2026, 11, 21, 9, 47, tzinfo=UTC)
    changed, changes = parsed(codec.patch(said, change, received_at=at)), parsed(change)
    if at is not None:
        changes.setdefault("last_updated", "2026-11-21T09:47:00Z")
    for name, value in changes.items():
        if name == "charging_periods":
            assert changed[name][-len(value) :] == value and len(changed[name]) > len(value)
        else:
            assert changed[name] == value
    assert {k: v for k, v in changed.items() if k not in changes} == {
        k: v for k, v in parsed(said).items() if k not in changes
    }
    codec.decode(encoded(changed), HEARING)


def subject(version: str, kind: str) -> bytes:
    """A whole example of the version, for parts of it to be changed."""
    path = CASES / "2.1.1" / "locations" / "location-object-example.json" if version == "2.1.1" else PUBLIC
    location = parsed(path.read_bytes())
    if kind == "Location":
        return encoded(location)
    if kind == "Evse":
        return encoded(location["evses"][0])
    if kind == "Connector":
        return encoded(location["evses"][0]["connectors"][0])
    name = {
        "Session": "sessions/simple-session-example-of-a-short-finished-session.json",
        "Tariff": "tariffs/simple-tariff-example-2-euro-per-hour.json",
        "Token": "tokens/token-object-example.json" if version == "2.1.1" else "tokens/full-rfid-example.json",
    }
    words, _ = mended(parsed((CASES / version / name[kind]).read_bytes()))
    return encoded(words)


PARTS = [(version, row) for version in VERSIONS for row in rows(version) if row["kind"] in FRAGMENTS]


@pytest.mark.parametrize(("version", "row"), PARTS, ids=lambda one: one if isinstance(one, str) else named(one))
def test_an_example_part_is_read_inside_a_location(version: str, row: dict[str, str]) -> None:
    """LOC-099, LOC-104, LOC-108, LOC-111, TYP-020: hours, exceptions, energy mixes and texts of the specification."""
    field = FRAGMENTS[row["kind"]]
    part = parsed((CASES / version / row["file"]).read_bytes())
    part = part[field] if row["packed"] == "fragment" else part
    words = parsed(subject(version, "Location")) | {field: [part] if field == "directions" else part}
    codec = SPELT[version][Location]
    location = codec.convert(words, HEARING)
    assert without_what_we_drop(parsed(codec.encode(location))[field]) == without_what_we_drop(words[field])


ANSWERS = [(version, row) for version in VERSIONS for row in rows(version) if row["kind"] == "envelope"]


@pytest.mark.parametrize(("version", "row"), ANSWERS, ids=lambda one: one if isinstance(one, str) else named(one))
def test_an_example_answer_is_opened(version: str, row: dict[str, str]) -> None:
    """TRN-015, TRN-016, TRN-019: an answer with a list, with one object and with none at all."""
    codecs = SPELT[version]
    answer = envelope.opened((CASES / version / row["file"]).read_bytes())
    if "error" in row["file"]:
        assert (answer.granted, answer.status, answer.data) == (False, 2001, None)
        return
    assert answer.granted
    if "list" in row["file"]:
        kind: type[Any] = Token if "token" in row["file"] else OfferedVersion
        assert all(codecs[kind].convert(one, HEARING) for one in envelope.members(answer.data))
    elif "token" in row["file"]:
        assert codecs[Token].decode(envelope.single(answer.data), HEARING).uid


@pytest.mark.parametrize(("version", "numbers"), [("2.1.1", ["2.1.1", "2.0"]), ("2.2.1", ["2.1.1", "2.2.1"])])
def test_the_example_list_of_versions_is_read(version: str, numbers: list[str]) -> None:
    """VER-001."""
    words = parsed((CASES / version / "versions" / "version-information-endpoint-get-example.json").read_bytes())
    assert [SPELT[version][OfferedVersion].convert(one, HEARING).version for one in words] == numbers
