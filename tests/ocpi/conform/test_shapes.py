"""Objects are read strictly, value by value, against the tables of their version."""

from __future__ import annotations

from typing import Any

import pytest

from laddnav.ocpi.conform.catalogue import catalogue
from laddnav.ocpi.conform.checks.objects import REQUIRES
from laddnav.ocpi.conform.dialect import DIALECTS
from laddnav.ocpi.conform.shapes import Slip, inspected, vocabulary
from laddnav.ocpi.wire.codec import encoded, parsed

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")


def samples(version: str) -> dict[str, Any]:
    ours = DIALECTS[version].ours(country="NL", party="LNC", mark="1", at="2026-11-23T08:00:00Z")
    token, location = ours.token(), ours.location()
    made = {
        "Token": token,
        "Location": location,
        "Tariff": ours.tariff(),
        "Session": ours.session(token, location),
        "CDR": ours.cdr(token, location),
    }
    if version == "2.3.0":
        made |= {
            "InvoiceReconciliationRecord": ours.reconciliation(),
            "Terminal": ours.terminal(),
            "FinancialAdviceConfirmation": ours.confirmation(),
        }
    return {kind: parsed(encoded(words)) for kind, words in made.items()}


def slips(words: Any, kind: str, version: str, *, partial: bool = False) -> dict[str, Slip]:
    """What is wrong, by its place."""
    return {seen.pointer: seen.slip for seen in inspected(words, kind, version, partial=partial) if seen.slip}


@pytest.mark.parametrize("version", VERSIONS)
def test_what_the_tester_says_itself_is_right(version: str) -> None:
    assert {kind: slips(words, kind, version) for kind, words in samples(version).items()} == {
        kind: {} for kind in samples(version)
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_whatever_is_required_is_missed(version: str) -> None:
    """An absent and a null value alike."""
    for kind, words in samples(version).items():
        for name, field in vocabulary(version).objects[kind].items():
            if field.required:
                without = {key: value for key, value in words.items() if key != name}
                assert slips(without, kind, version) == {f"/{name}": Slip.MISSING}
                assert slips(words | {name: None}, kind, version) == {f"/{name}": Slip.MISSING}


@pytest.mark.parametrize(
    ("change", "pointer", "slip"),
    [
        ({"country": "SE"}, "/country", Slip.FORM),
        ({"city": "x" * 46}, "/city", Slip.LENGTH),
        ({"city": "a\ttab"}, "/city", Slip.CHARSET),
        ({"id": "Ö"}, "/id", Slip.CHARSET),
        ({"publish": "true"}, "/publish", Slip.TYPE),
        ({"evses": {}}, "/evses", Slip.TYPE),
        ({"parking_type": "on_street"}, "/parking_type", Slip.VALUE),
        ({"last_updated": "2026-11-23T08:00:00+00:00"}, "/last_updated", Slip.FORM),
        ({"last_updated": "2026-11-23T08:00:00.123456Z"}, "/last_updated", Slip.LENGTH),
        ({"lastUpdated": "2026-11-23T08:00:00Z"}, "/lastUpdated", Slip.NAME),
        ({"coordinates": {"latitude": "57,7", "longitude": "11.966790"}}, "/coordinates/latitude", Slip.FORM),
        ({"operator": {"name": 1}}, "/operator/name", Slip.TYPE),
        ({"images": [{"url": "a b", "category": "OTHER", "type": "png"}]}, "/images/0/url", Slip.FORM),
    ],
)
def test_a_wrong_value_is_found_where_it_stands(change: dict[str, Any], pointer: str, slip: Slip) -> None:
    assert slips(samples("2.2.1")["Location"] | change, "Location", "2.2.1") == {pointer: slip}


def test_a_list_that_must_not_be_empty_is_not() -> None:
    assert slips(samples("2.2.1")["Tariff"] | {"elements": []}, "Tariff", "2.2.1") == {"/elements": Slip.EMPTY}


def test_an_open_enum_takes_any_value() -> None:
    """In 2.3.0, and nowhere before it."""
    token = samples("2.3.0")["Token"] | {"type": "IMPLANT"}
    assert slips(token, "Token", "2.3.0") == {}
    assert slips(token, "Token", "2.2.1") == {"/type": Slip.VALUE}


def test_a_patch_may_leave_out_anything_but_says_nothing_wrong() -> None:
    assert slips({"kwh": 1}, "Session", "2.2.1", partial=True) == {}
    assert slips({"kwh": "1"}, "Session", "2.2.1", partial=True) == {"/kwh": Slip.TYPE}
    assert slips({"kwh": None}, "Session", "2.2.1", partial=True) == {"/kwh": Slip.MISSING}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_tables_name_only_what_there_is(version: str) -> None:
    """Types that are known, and ids of the catalogue."""
    known = vocabulary(version)
    ids = set(catalogue())
    assert known.shown <= ids
    assert {id for those in REQUIRES.values() for id in those} <= ids
    for kind, fields in known.objects.items():
        for field in fields.values():
            list(inspected({field.name: ""}, kind, version, partial=True))
