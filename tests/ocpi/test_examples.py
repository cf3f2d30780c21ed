"""The specification's own examples are read, or refused for a reason that is written down."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from laddnav.cdrs.model import Cdr
from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.locations.model import Connector, Evse, Location
from laddnav.ocpi.wire import VERSIONS, envelope
from laddnav.ocpi.wire.codec import Hearing, encoded, parsed
from laddnav.ocpi.wire.handshake import Credentials, OfferedVersion, VersionDetails
from laddnav.sessions.model import Session
from laddnav.tariffs.model import Tariff
from laddnav.tokens.model import Token

CASES = Path(__file__).parent.parent / "cases" / "ocpi"
CODECS = VERSIONS["2.2.1"].codecs
HEARING = Hearing(holder=PartyId("SE", "LAD"), sender=PartyId("NL", "TNM"), ref="a row")
KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (Cdr, Connector, Credentials, Evse, Location, OfferedVersion, Session, Tariff, Token, VersionDetails)
}
PUBLIC = CASES / "2.2.1" / "locations" / "example-public-charging-location.json"
FRAGMENTS = {"EnergyMix": "energy_mix", "Hours": "opening_times", "DisplayText": "directions"}


def rows() -> list[dict[str, str]]:
    with (CASES / "2.2.1.tsv").open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def whole(packed: str, kind: str) -> bool:
    return packed == "object" and kind in KINDS


def named(row: dict[str, str]) -> str:
    return row["file"]


def test_every_example_is_listed() -> None:
    found = {str(path.relative_to(CASES / "2.2.1")) for path in (CASES / "2.2.1").rglob("*.json")}
    assert found == {row["file"] for row in rows()}


@pytest.mark.parametrize("row", [row for row in rows() if whole(row["packed"], row["kind"])], ids=named)
def test_an_example_object_is_read_and_written_without_loss_of_words(row: dict[str, str]) -> None:
    """TYP-017, TYP-028, LOC-040, LOC-054, LOC-081, TAR-011, TAR-024, TOK-014, SES-017, CDR-022, CRED-029.

    The specification's objects are understood, and what we write of them says the same.
    """
    codec = CODECS[KINDS[row["kind"]]]
    said = (CASES / "2.2.1" / row["file"]).read_bytes()
    if row["refused"]:
        with pytest.raises(Unreadable, match=row["refused"]):
            codec.decode(said, HEARING)
        return
    thing = codec.decode(said, HEARING)
    assert parsed(codec.encode(thing)) == without_what_we_drop(parsed(said))
    assert codec.lost(thing, HEARING) == ()


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


@pytest.mark.parametrize("row", [row for row in rows() if row["packed"] == "patch"], ids=named)
def test_an_example_change_is_applied_to_the_words_it_is_partial_of(row: dict[str, str]) -> None:
    """TRN-041, LOC-019, SES-010, TOK-010: a PATCH changes what it names and nothing else."""
    codec = CODECS[KINDS[row["kind"]]]
    said, change = subject(row["kind"]), (CASES / "2.2.1" / row["file"]).read_bytes()
    changed, changes = parsed(codec.patch(said, change)), parsed(change)
    for name, value in changes.items():
        if name == "charging_periods":
            assert changed[name][-len(value) :] == value and len(changed[name]) > len(value)
        else:
            assert changed[name] == value
    assert {k: v for k, v in changed.items() if k not in changes} == {
        k: v for k, v in parsed(said).items() if k not in changes
    }
    codec.decode(encoded(changed), HEARING)


def subject(kind: str) -> bytes:
    location = parsed(PUBLIC.read_bytes())
    if kind == "Location":
        return encoded(location)
    if kind == "Evse":
        return encoded(location["evses"][0])
    if kind == "Connector":
        return encoded(location["evses"][0]["connectors"][0])
    name = {
        "Session": "sessions/simple-session-example-of-a-short-finished-session.json",
        "Token": "tokens/full-rfid-example.json",
    }
    return (CASES / "2.2.1" / name[kind]).read_bytes()


@pytest.mark.parametrize("row", [row for row in rows() if row["kind"] in FRAGMENTS], ids=named)
def test_an_example_part_is_read_inside_a_location(row: dict[str, str]) -> None:
    """LOC-099, LOC-104, LOC-108, LOC-111, TYP-020: hours, exceptions, energy mixes and texts of the specification."""
    field = FRAGMENTS[row["kind"]]
    part = parsed((CASES / "2.2.1" / row["file"]).read_bytes())
    part = part[field] if row["packed"] == "fragment" else part
    words = parsed(PUBLIC.read_bytes()) | {field: [part] if field == "directions" else part}
    codec = CODECS[Location]
    location = codec.convert(words, HEARING)
    assert without_what_we_drop(parsed(codec.encode(location))[field]) == without_what_we_drop(words[field])


@pytest.mark.parametrize("row", [row for row in rows() if row["kind"] == "envelope"], ids=named)
def test_an_example_answer_is_opened(row: dict[str, str]) -> None:
    """TRN-015, TRN-016, TRN-019: an answer with a list, with one object and with none at all."""
    answer = envelope.opened((CASES / "2.2.1" / row["file"]).read_bytes())
    if "error" in row["file"]:
        assert (answer.granted, answer.status, answer.data) == (False, 2001, None)
        return
    assert answer.granted
    if "list" in row["file"]:
        kind: type[Any] = Token if "token" in row["file"] else OfferedVersion
        assert all(CODECS[kind].convert(one, HEARING) for one in envelope.members(answer.data))
    elif "token" in row["file"]:
        assert CODECS[Token].decode(envelope.single(answer.data), HEARING).uid


def test_the_example_list_of_versions_is_read() -> None:
    """VER-001."""
    words = parsed((CASES / "2.2.1" / "versions" / "version-information-endpoint-get-example.json").read_bytes())
    assert [CODECS[OfferedVersion].convert(one, HEARING).version for one in words] == ["2.1.1", "2.2.1"]
