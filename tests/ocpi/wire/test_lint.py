"""What is wrong with a tariff as it is written: one that has it, and one that nearly has."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest

from laddnav.kit.json import Unreadable
from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.lint import SHAPES, findings, linted_words
from laddnav.pricing.lint.findings import MOST_FINDINGS, Code, Severity

TARIFF: dict[str, Any] = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "T1",
    "currency": "SEK",
    "tax_included": "NO",
    "elements": [
        {
            "price_components": [{"type": "ENERGY", "price": 4.25, "vat": 25, "step_size": 1}],
            "restrictions": {"start_time": "07:00", "end_time": "00:00"},
        },
        {"price_components": [{"type": "ENERGY", "price": 2, "vat": 25, "step_size": 1}]},
    ],
    "last_updated": "2026-01-01T00:00:00Z",
}


def with_(path: str, value: Any) -> dict[str, Any]:
    """The tariff with one thing changed; ... takes it out."""
    changed = copy.deepcopy(TARIFF)
    at: Any = changed
    *way, last = [int(part) if part.isdigit() else part for part in path.strip("/").split("/")]
    for part in way:
        at = at[part]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return changed


def found(words: Any, version: str = "2.3.0") -> list[tuple[Code, str]]:
    return [(one.code, one.pointer) for one in findings(msgspec.json.encode(words), version)]


@pytest.mark.parametrize("version", SHAPES)
def test_a_clean_tariff_has_nothing_wrong(version: str) -> None:
    words = {
        "2.1.1": {name: TARIFF[name] for name in ("id", "currency", "last_updated")}
        | {"elements": [{"price_components": [{"type": "ENERGY", "price": 4.25, "step_size": 1}]}]},
        "2.2.1": with_("/tax_included", ...),
        "2.3.0": TARIFF,
    }[version]
    assert found(words, version) == []


COMPONENT = "/elements/0/price_components/0"


@pytest.mark.parametrize(
    ("code", "path", "value", "nearly"),
    [
        (Code.NEEDLESS_NULL, "/tariff_alt_url", None, "https://ladd.example/t1"),
        (Code.WRONG_TYPE, f"{COMPONENT}/price", "4.25", 4),
        (Code.WRONG_TYPE, f"{COMPONENT}/step_size", 1.5, 1),
        (Code.WRONG_TYPE, "/tax_included", True, "YES"),
        (Code.WRONG_TYPE, "/elements/0/restrictions", [], {}),
        (Code.UNKNOWN_FIELD, "/vat", 25, ...),
        (Code.WRONG_CASE, f"{COMPONENT}/type", "energy", "ENERGY"),
        (Code.WRONG_CASE, "/currency", "sek", "SEK"),
        (Code.UNKNOWN_VALUE, "/type", "CHEAP", "PROFILE_CHEAP"),
        (Code.MALFORMED, "/elements/0/restrictions/end_time", "24:00", "23:59"),
        (Code.MALFORMED, "/elements/0/restrictions/start_time", "7:00", "07:00"),
        (Code.MALFORMED, "/last_updated", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00.000Z"),
        (Code.MALFORMED, f"{COMPONENT}/step_size", -1, 1),
        (Code.EMPTY_LIST, "/elements/0/restrictions/day_of_week", [], ["MONDAY"]),
        (Code.TOO_LONG, "/id", "T" * 37, "T" * 36),
    ],
)
def test_the_words_are_judged_where_they_stand(code: Code, path: str, value: Any, nearly: Any) -> None:
    """TAR-012, TAR-013, TAR-026, TAR-047."""
    assert (code, path) in found(with_(path, value) if value is not ... else TARIFF)
    assert code not in {one for one, _ in found(TARIFF if nearly is ... else with_(path, nearly))}


@pytest.mark.parametrize(
    ("code", "path", "pointer"),
    [
        (Code.MISSING_TAX_INCLUDED, "/tax_included", ""),
        (Code.MISSING_FIELD, "/currency", ""),
        (Code.MISSING_FIELD, f"{COMPONENT}/step_size", COMPONENT),
    ],
)
def test_what_is_required_and_not_there_is_missed_where_it_should_be(code: Code, path: str, pointer: str) -> None:
    """TAR-011, TAR-012, TAR-026."""
    assert (code, pointer) in found(with_(path, ...))
    assert (code, pointer) not in found(TARIFF)


def test_a_version_knows_only_its_own_fields() -> None:
    """TAR-088: vat, the owner and the type came after 2.1.1, tax_included after 2.2.1."""
    unknown = [pointer for code, pointer in found(TARIFF, "2.1.1") if code is Code.UNKNOWN_FIELD]
    assert set(unknown) == {
        "/country_code",
        "/party_id",
        "/tax_included",
        f"{COMPONENT}/vat",
        "/elements/1/price_components/0/vat",
    }
    assert (Code.UNKNOWN_FIELD, "/tax_included") in found(TARIFF, "2.2.1")


def test_the_words_say_their_version_themselves() -> None:
    wrong = with_(f"{COMPONENT}/vat", "25")
    assert [one.pointer for one in findings(msgspec.json.encode(wrong))] == [f"{COMPONENT}/vat"]


def test_what_the_words_mean_is_judged_as_well() -> None:
    """The words are wrong in one place and what they mean in another."""
    words = with_("/currency", "SEX")
    words["elements"][0]["price_components"][0]["price"] = "4.25"
    assert {code for code, _ in found(words)} == {Code.WRONG_TYPE, Code.UNKNOWN_CURRENCY}


def test_a_time_that_somebody_meant_is_told_as_ocpi_writes_it() -> None:
    for said, meant in (("24:00", "00:00"), ("7:00", "07:00"), ("07:00:00", "07:00"), ("25:00", "HH:MM, 00:00–23:59")):
        words = msgspec.json.encode(with_("/elements/0/restrictions/start_time", said))
        (one,) = linted_words(parsed(words), "2.3.0")
        assert one.fix == f"Write {meant}."


def test_what_cannot_be_read_at_all_is_an_error_or_a_refusal() -> None:
    assert [code for code, _ in found(with_("/elements", []))] == [Code.MISSING_FIELD]
    with pytest.raises(Unreadable):
        findings(b"{", "2.2.1")
    with pytest.raises(Unreadable):
        findings(b"[]")
    with pytest.raises(Unreadable, match="is not known"):
        findings(b"{}", "3.0")
    assert linted_words([], "2.2.1")[0].code is Code.WRONG_TYPE


def test_a_number_beyond_all_use_is_unreadable_and_named() -> None:
    body = msgspec.json.encode(TARIFF).replace(b"4.25", b"1e999")
    (one, *_) = findings(body, "2.3.0")
    assert one.code is Code.UNREADABLE
    assert one.severity is Severity.ERROR


def test_a_million_faults_are_told_in_bounded_number() -> None:
    words = {f"field{number}": None for number in range(50_000)}
    assert len(linted_words(words, "2.3.0")) == MOST_FINDINGS


def test_findings_are_said_in_swedish_too() -> None:
    (one,) = findings(msgspec.json.encode(with_("/tax_included", ...)), "2.3.0", "sv")
    assert one.message == "OCPI 2.3.0 kräver tax_included, och utan det vet ingen vad som betalas."
