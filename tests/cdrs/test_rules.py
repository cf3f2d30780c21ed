"""What a Credit CDR says, and what of two CDRs is one charge."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.cdrs import judging
from laddnav.cdrs.model import Cdr, Costs
from laddnav.cdrs.rules import AlreadyCredited, charge_of, credit_id, credited, differs, succeeding
from laddnav.kit.money import FREE, Price, TaxAmount
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.pricing.model import Amount
from laddnav.pricing.rounding import rounded_price
from tests.billing.charges import LADDNAV, NOON, TNM, cdr, energy
from tests.things import LONG_AGO, tariff

LATER = NOON + timedelta(days=1)
ORIGINAL = cdr(energy("12.345", "2.50"), id="2f0a8a5e-7d0a-7c3f-9a63-1b2c3d4e5f60")


def its_credit(of: Cdr = ORIGINAL) -> Cdr:
    return credited(of, id=credit_id(of.id), ref="another ref", now=LATER)


def test_a_credit_cdr_repeats_everything_and_turns_only_the_total() -> None:
    """CDR-012, CDR-013, CDR-014, CDR-015."""
    parts = Costs(total=ORIGINAL.costs.total, energy=Price(Decimal("30.86")), fixed=FREE)
    before = replace(ORIGINAL, costs=parts)
    credit = its_credit(before)
    assert (credit.credit, credit.credit_reference_id) == (True, before.id)
    assert credit.costs.total.before_taxes == -before.costs.total.before_taxes
    own = {"id", "ref", "costs", "credit", "credit_reference_id", "last_updated"}
    for name in set(Cdr.__struct_fields__) - own:
        assert getattr(credit, name) == getattr(before, name), name
    assert replace(credit.costs, total=parts.total) == parts


def test_the_taxes_of_the_total_are_turned_with_it() -> None:
    """CDR-016: and with what they were taken of."""
    total = Price(Decimal("20.00"), (TaxAmount("VAT", Decimal("5.00"), Decimal(25), Decimal("20.00")),))
    credit = its_credit(replace(ORIGINAL, costs=Costs(total=total)))
    assert credit.costs.total == Price(
        Decimal("-20.00"), (TaxAmount("VAT", Decimal("-5.00"), Decimal(25), Decimal("-20.00")),)
    )
    assert (total + credit.costs.total).after_taxes == 0


@pytest.mark.parametrize("length", [1, 36, 39])
def test_the_original_is_recognised_in_the_id_of_its_credit(length: int) -> None:
    """CDR-013, CDR-020: an id of its own, of 39 characters at most."""
    original = "A1b2C3d4E5f6" * 4
    id = credit_id(original[:length])
    assert id != original[:length] and len(id) <= 39
    assert id.startswith(original[: min(length, 36)])


def test_a_credit_is_not_credited() -> None:
    with pytest.raises(AlreadyCredited):
        its_credit(its_credit())


def test_a_successor_leaves_out_what_a_credit_says() -> None:
    """CDR-017, CDR-027: and its place and Token are those of the charge, whatever has become of them."""
    moved = replace(ORIGINAL, id="anew", location=replace(ORIGINAL.location, name="Renamed since"))
    successor = succeeding(ORIGINAL, moved)
    assert (successor.credit, successor.credit_reference_id) == (False, None)
    assert (successor.id, successor.location, successor.closing) == ("anew", ORIGINAL.location, 2)
    for version in VERSIONS.values():
        words = version.codecs[Cdr].encode(successor)
        assert b"credit" not in words and b"closing" not in words


def test_only_money_energy_and_time_are_worth_a_correction() -> None:
    assert not differs(ORIGINAL, replace(ORIGINAL, id="anew", periods=(), remark="said otherwise"))
    assert differs(ORIGINAL, replace(ORIGINAL, time=ORIGINAL.time + timedelta(seconds=1)))
    other = rounded_price(Price(Decimal("1")), Decimal("0.01"))
    assert differs(ORIGINAL, replace(ORIGINAL, costs=Costs(total=other)))


def test_a_cdr_is_priced_by_what_it_says_itself() -> None:
    charge = charge_of(its_credit(), "Europe/Stockholm")
    assert (charge.zone, charge.country, charge.credit) == ("Europe/Stockholm", "SWE", True)
    total = its_credit().costs.total
    assert charge.stated.total == Amount(total.before_taxes, total.after_taxes)
    assert charge.energy == ORIGINAL.energy


# ---- Which promise counts


def test_the_newest_version_that_was_published_by_the_start_counts() -> None:
    theirs = replace(ORIGINAL, owner=TNM, holder=LADDNAV)
    first = tariff(last_updated=LONG_AGO)
    second = tariff(last_updated=LONG_AGO + timedelta(days=1), url="https://second.example")
    too_late = tariff(last_updated=LATER, url="https://late.example")
    carrying = replace(theirs, tariffs=(first,))
    found = judging.promised(carrying, (too_late, second, first))
    assert found.tariffs == (second,)
    assert found.others == (too_late, first, first)
    assert judging.promised(replace(theirs, tariffs=(second,)), (first,)).tariffs == (second,)


def test_what_was_published_stands_against_a_copy_that_is_no_newer() -> None:
    published, copy = tariff(), tariff(url="https://changed.example")
    assert judging.promised(replace(ORIGINAL, tariffs=(copy,)), (published,)).tariffs == (published,)


def test_what_nobody_published_is_what_the_cdr_carries() -> None:
    carried, since = tariff(last_updated=LATER), tariff(last_updated=LATER + timedelta(days=1), url="https://x.example")
    assert judging.promised(replace(ORIGINAL, tariffs=(carried,)), ()).tariffs == (carried,)
    assert judging.promised(replace(ORIGINAL, tariffs=(carried,)), (since,)).tariffs == (carried,)
    assert judging.promised(ORIGINAL, (since,)).tariffs == (since,)


# ---- One charge or two


def test_two_cdrs_of_one_session_are_one_charge_and_others_only_overlap() -> None:
    one = replace(ORIGINAL, session_id="S1")
    assert judging.repeats(one, replace(one, id="other"))
    assert judging.repeats(one, replace(one, id="other", session_id="s1"))
    assert not judging.repeats(one, replace(one, id="other", session_id="S2"))
    unnamed = replace(one, session_id=None)
    assert judging.repeats(one, unnamed)
    later = replace(
        unnamed, started_at=one.ended_at - timedelta(seconds=30), ended_at=one.ended_at + timedelta(hours=1)
    )
    assert not judging.repeats(one, later) and not judging.overlaps(one, later)
