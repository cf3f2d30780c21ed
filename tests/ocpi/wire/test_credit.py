"""A Credit CDR says all that the original said, and takes its total back; what cannot be taken back is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from laddnav.cdrs.model import Cdr
from laddnav.cdrs.rules import credited
from laddnav.kit.json import Unreadable
from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.credit import NotCreditable, credit
from tests.ocpi.wire.test_examples import CASES, HEARING, SPELT

NOW = datetime(2026, 11, 21, 9, 47, tzinfo=UTC)


def example(version: str, **changes: Any) -> dict[str, Any]:
    words: dict[str, Any] = parsed((CASES / version / "cdrs" / "example-of-a-cdr.json").read_bytes())
    if version == "2.3.0":
        words["tariffs"][0]["tax_included"] = "NO"
    return words | changes


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_all_is_repeated_but_the_total_which_is_negated(version: str) -> None:
    """CDR-012, CDR-013, CDR-014, CDR-015, CDR-016: fields that nobody knows too; parts stay as they were."""
    said = example(version, x_of_the_partner={"kept": [1]})
    taken = credit(said, version, id=None, at=NOW)
    assert taken["id"] == "12345-C" and taken["credit"] is True and taken["credit_reference_id"] == "12345"
    assert taken["last_updated"] == "2026-11-21T09:47:00Z"
    own = {"id", "credit", "credit_reference_id", "last_updated", "total_cost"}
    assert {name: said for name, said in taken.items() if name not in own} == {
        name: one for name, one in said.items() if name not in own
    }
    assert taken["total_time_cost"] == said["total_time_cost"]
    if version == "2.2.1":
        assert taken["total_cost"] == {"excl_vat": -4, "incl_vat": Decimal("-4.40")}
    else:
        assert taken["total_cost"] == {"before_taxes": -4, "taxes": [{"name": "VAT", "amount": Decimal("-0.40")}]}


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_the_words_of_a_credit_are_those_of_the_cdr_that_we_would_credit(version: str) -> None:
    """CDR-014: whether a CDR is taken back as words or as meaning, the same is said."""
    codec, said = SPELT[version][Cdr], example(version)
    meant = credited(codec.convert(said, HEARING), id="12345-C", ref=HEARING.ref, now=NOW)
    assert codec.convert(credit(said, version, id=None, at=NOW), HEARING) == meant


def test_an_id_is_its_own_and_no_longer_than_39_characters() -> None:
    """CDR-013, CDR-020."""
    long = example("2.2.1", id="x" * 36)
    assert credit(long, "2.2.1", id=None, at=NOW)["id"] == "x" * 36 + "-C"
    assert credit(long, "2.2.1", id="MINE", at=NOW)["id"] == "MINE"
    for id in ("X" * 36, "y" * 40):
        with pytest.raises(NotCreditable):
            credit(long, "2.2.1", id=id, at=NOW)


def test_what_has_no_credit_is_not_given_one() -> None:
    """CDR-019: 2.1.1 has no such thing; and a credit is not credited."""
    with pytest.raises(NotCreditable, match=r"2\.1\.1 has no Credit CDRs"):
        credit(example("2.1.1"), "2.1.1", id=None, at=NOW)
    with pytest.raises(NotCreditable, match="Credit CDR itself"):
        credit(credit(example("2.2.1"), "2.2.1", id=None, at=NOW), "2.2.1", id=None, at=NOW)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"id": None}, "id"),
        ({"total_cost": None}, "total_cost"),
        ({"total_cost": {"incl_vat": 5}}, "excl_vat"),
        ({"total_cost": {"excl_vat": "4.00"}}, "excl_vat"),
        ({"total_cost": {"excl_vat": True}}, "excl_vat"),
    ],
)
def test_what_cannot_be_negated_is_refused_by_name(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(Unreadable, match=path):
        credit(example("2.2.1", **changes), "2.2.1", id=None, at=NOW)
