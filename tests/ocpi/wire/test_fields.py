"""Field by field: what OCPI lets an object say, as a table a version (`tests/cases/ocpi/fields.tsv` is that of 2.2.1).

LOC-029, LOC-032, LOC-038, LOC-039, LOC-040, LOC-041, LOC-042, LOC-043, LOC-044, LOC-045, LOC-047, LOC-049, LOC-052,
LOC-053, LOC-054, LOC-057, LOC-059, LOC-061, LOC-063, LOC-065, LOC-067, LOC-070, LOC-071, LOC-072, LOC-074, LOC-076,
LOC-078, LOC-080, LOC-081, LOC-082, LOC-083, LOC-085, LOC-086, LOC-087, LOC-091, LOC-092, LOC-094, LOC-096, LOC-098,
LOC-099, LOC-100, LOC-106, LOC-107, LOC-108, LOC-110, LOC-111, LOC-112, LOC-113, LOC-115, LOC-119, SES-017, SES-018,
SES-019, SES-020, SES-022, SES-023, SES-026, SES-027, SES-029, SES-030, SES-031, SES-032, SES-033, SES-037, SES-042,
SES-055, SES-056, CDR-018, CDR-020, CDR-021, CDR-022, CDR-023, CDR-024, CDR-025, CDR-030, CDR-038, CDR-039, CDR-041,
CDR-042, CDR-048, CDR-051, CDR-052, CDR-053, CDR-055, CDR-056, CDR-057, CDR-058, CDR-059, CDR-060, CDR-062, CDR-063,
CDR-064, CDR-065, CDR-066, CDR-067, TAR-010, TAR-011, TAR-012, TAR-013, TAR-014, TAR-015, TAR-016, TAR-017, TAR-020,
TAR-024, TAR-026, TAR-027, TAR-029, TAR-047, TAR-052, TAR-053, TAR-054, TAR-055, TAR-057, TAR-058, TAR-059, TAR-060,
TAR-081, TAR-082, TAR-085, TOK-014, TOK-015, TOK-016, TOK-017, TOK-022, TOK-023, TOK-024, TOK-025, CRED-025, CRED-026,
CRED-028, CRED-034, CRED-035, TYP-004, TYP-005, TYP-007, TYP-012, TYP-015, TYP-018, TYP-020, TYP-021, TYP-022, TYP-023,
TYP-024, TYP-027, TYP-028, TYP-029, TYP-030, TYP-033, TYP-034, TYP-035, TYP-036, TYP-037, TYP-038, TYP-039, TYP-042,
TYP-043.
"""

from __future__ import annotations

import csv
import re
from typing import Any

import pytest

from laddnav.cdrs.model import Cdr
from laddnav.kit.ids import NotAPartyId
from laddnav.kit.json import Unreadable
from laddnav.locations.model import Location
from laddnav.ocpi.deviations.quirks import mended
from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.handshake import Credentials
from laddnav.sessions.model import Session
from laddnav.tariffs.model import Tariff
from laddnav.tokens.model import Token
from tests.ocpi.wire.test_examples import CASES, HEARING, SPELT

SUBJECTS: dict[type[Any], str] = {
    Cdr: "cdrs/example-of-a-cdr.json",
    Credentials: "credentials/object-description-examples.json",
    Location: "locations/example-public-charging-location.json",
    Session: "sessions/simple-session-example-of-a-short-finished-session.json",
    Tariff: "tariffs/tariff-example-euro-0-25-per-kwh-start-fee-max-price-tariff-end-date.json",
    Token: "tokens/full-rfid-example.json",
}
SUBJECTS_OF_2_1_1: dict[type[Any], str] = {
    Credentials: "credentials/object-description-example.json",
    Location: "locations/location-object-example.json",
    Tariff: "tariffs/complex-tariff-example.json",
    Token: "tokens/token-object-example.json",
}
KINDS = {kind.__name__: kind for kind in SUBJECTS}
TABLES = {"2.1.1": "fields-2.1.1.tsv", "2.2.1": "fields.tsv", "2.3.0": "fields-2.3.0.tsv"}


def rows(version: str) -> list[dict[str, str]]:
    with (CASES / TABLES[version]).open() as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def subject(version: str, kind: type[Any]) -> Any:
    """An example of the text's own, which in 2.1.1 and 2.3.0 has to be put right first."""
    name = SUBJECTS_OF_2_1_1.get(kind, SUBJECTS[kind]) if version == "2.1.1" else SUBJECTS[kind]
    words = parsed((CASES / version / name).read_bytes())
    if version == "2.1.1":
        words, _ = mended(words)
    if (version, kind) == ("2.3.0", Cdr):
        words["tariffs"][0]["tax_included"] = "NO"
    return words


def named(row: dict[str, str]) -> str:
    return f"{row['kind']}{row['pointer']}={row['said'][:30]}"


def field(row: dict[str, str]) -> tuple[str, str, str]:
    return row["kind"], row["pointer"], row["said"]


# 2.3.0 spells everything as 2.2.1 does, but for what its own table says.
OTHERWISE = {field(row) for row in rows("2.3.0")}
ALL = [(version, row) for version in TABLES for row in rows(version)]
ALL += [("2.3.0", row) for row in rows("2.2.1") if field(row) not in OTHERWISE and "_vat" not in row["said"]]


@pytest.mark.parametrize(("version", "row"), ALL, ids=lambda one: one if isinstance(one, str) else named(one))
def test_a_field_may_say_this(version: str, row: dict[str, str]) -> None:
    kind = KINDS[row["kind"]]
    codec, words = SPELT[version][kind], subject(version, kind)
    *way, last = row["pointer"].strip("/").split("/")
    inside: Any = words
    for step in way:
        inside = inside[int(step)] if step.isdigit() else inside[step]
    if row["said"] == "…":
        inside.pop(last, None)
    else:
        inside[last] = parsed(row["said"].encode())
    if row["verdict"] == "taken":
        codec.convert(words, HEARING)
        return
    with pytest.raises((Unreadable, NotAPartyId)):
        codec.convert(words, HEARING)


def test_this_file_names_everything_that_its_rows_show() -> None:
    named_here = set(re.findall(r"[A-Z]+-\d{3}", __doc__))
    assert {one for _, row in ALL for one in row["shows"].split()} == named_here
