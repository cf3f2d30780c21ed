"""What 2.1.1 and 2.2.1 have no words for is left out, taken out or refused, never said as something else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.cdrs.model import Cdr
from laddnav.kit.money import Price, TaxAmount
from laddnav.metering.model import ChargingPeriod, Dimension
from laddnav.ocpi.wire.codec import Unsayable, parsed
from laddnav.sessions.model import AuthMethod
from laddnav.tariffs.model import (
    Element,
    Limit,
    PriceComponent,
    Restriction,
    Tariff,
    TariffDimension,
    TariffType,
    TaxIncluded,
)
from tests import things
from tests.ocpi.wire.test_examples import CASES, HEARING, SPELT

OLD, MIDDLE, NEW = (SPELT[version] for version in ("2.1.1", "2.2.1", "2.3.0"))


def tariff(*elements: Element, included: TaxIncluded | None = None) -> Tariff:
    return things.tariff(elements=elements, tax_included=included)


def element(price: str, vat: str | None = None, **restriction: Any) -> Element:
    component = PriceComponent(
        type=TariffDimension.TIME, price=Decimal(price), vat=None if vat is None else Decimal(vat), step_size=1
    )
    return Element(components=(component,), restriction=replace(Restriction(), **restriction))


def cdr() -> Cdr:
    said = (CASES / "2.2.1" / "cdrs" / "example-of-a-cdr.json").read_bytes()
    return MIDDLE[Cdr].decode(said, HEARING)


def elements_of(version: str, said: Tariff) -> tuple[Element, ...]:
    codec = SPELT[version][Tariff]
    return codec.decode(codec.encode(said), HEARING).elements


@pytest.mark.parametrize(
    "condition",
    [
        {"reservation": "RESERVATION"},
        {"booking": "BOOKING_EXPIRES"},
        {"current_min": Decimal(32)},
        {"current_max": Decimal(32)},
    ],
    ids=lambda one: next(iter(one)),
)
def test_an_element_whose_condition_2_1_1_cannot_say_is_left_out_whole(condition: dict[str, Any]) -> None:
    """TAR-057, TAR-088: without its condition its price would hold for everybody, and at all times."""
    told = tariff(element("9", **condition), element("2"))
    assert elements_of("2.1.1", told) == (element("2"),)
    assert "elements" in OLD[Tariff].lost(told, HEARING)
    (free,) = elements_of("2.1.1", tariff(element("9", **condition)))
    assert [(one.type, one.price) for one in free.components] == [(TariffDimension.FLAT, Decimal(0))]


def test_what_2_1_1_cannot_say_of_a_tariff_is_named() -> None:
    """TAR-088: whom it is for, its limits, when it holds and its taxes; all else survives."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    told = things.tariff(type=TariffType.REGULAR, starts_at=at, ends_at=at + timedelta(days=9))
    told = replace(told, price_min=Limit(Decimal(1)), price_max=Limit(Decimal(9)))
    lost = {path.rsplit(".")[-1] for path in OLD[Tariff].lost(told, HEARING)}
    assert lost == {"country", "party", "type", "price_min", "price_max", "starts_at", "ends_at", "vat", "tax_included"}


def test_a_booking_stays_a_booking_wherever_it_is_heard() -> None:
    """TAR-015: an Element that would lose it would price every charge."""
    for version in ("2.2.1", "2.3.0"):
        told = tariff(element("9", booking="BOOKING"))
        assert elements_of(version, told) == told.elements


def test_a_tax_that_is_in_a_price_is_taken_out_for_who_cannot_say_so() -> None:
    """TAR-028, TAR-029, TAR-031: 1.25 with 25 % VAT is 1; with thirds it is exact to the millionth."""
    told = tariff(element("1.25", "25"), element("2", "20"), included=TaxIncluded.YES)
    assert [one.components[0].price for one in elements_of("2.2.1", told)] == [Decimal(1), Decimal("1.666667")]
    assert [one.components[0].vat for one in elements_of("2.2.1", told)] == [25, 20]
    assert [one.components[0].price for one in elements_of("2.1.1", told)] == [Decimal(1), Decimal("1.666667")]
    assert elements_of("2.3.0", told) == told.elements
    assert {path.rsplit(".")[-1] for path in MIDDLE[Tariff].lost(told, HEARING)} == {"tax_included", "price"}


def test_a_vat_that_does_not_apply_is_not_said_to_who_would_apply_it() -> None:
    """TAR-030: `tax_included` N/A wins over a vat, which 2.2.1 would add."""
    told = tariff(element("1.25", "25"), included=TaxIncluded.NOT_APPLICABLE)
    assert elements_of("2.2.1", told) == (element("1.25"),)


def test_a_tax_that_nobody_names_stays_in_the_price() -> None:
    """TAR-032."""
    told = tariff(element("2.10"), included=TaxIncluded.YES)
    assert elements_of("2.2.1", told) == (element("2.10"),)
    assert "tax_included" in MIDDLE[Tariff].lost(told, HEARING)


def test_a_tariff_of_before_is_said_in_2_3_0_as_one_without_taxes() -> None:
    """TAR-012, TAR-116."""
    for included in (None, TaxIncluded.UNSAID, TaxIncluded.NO):
        assert parsed(NEW[Tariff].encode(tariff(element("1"), included=included)))["tax_included"] == "NO"


def test_a_credit_cdr_is_not_said_in_2_1_1() -> None:
    """CDR-019: it would read as one more charge."""
    with pytest.raises(Unsayable, match=r"2\.1\.1 has no Credit CDRs"):
        OLD[Cdr].encode(replace(cdr(), credit=True, credit_reference_id="12345"))


def test_what_2_1_1_cannot_say_of_a_cdr_is_named() -> None:
    """CDR-021, CDR-038, CDR-056, CDR-058: the rest survives, and the Token's contract is all that is said of it."""
    lost = OLD[Cdr].lost(replace(cdr(), auth_method=AuthMethod.COMMAND), HEARING)
    assert set(lost) == {
        "owner.country",
        "owner.party",
        "token.owner.country",
        "token.owner.party",
        "token.uid",
        "token.type",
        "auth_method",
        "periods[0].tariff_id",
        "tariffs[0].owner.country",
        "tariffs[0].owner.party",
        "tariffs[0].elements[0].components[0].vat",
        "tariffs[0].tax_included",
        "costs.total.taxes",
        "costs.time",
    }


def test_a_period_that_2_1_1_has_no_words_for_keeps_its_place() -> None:
    """CDR-038, CDR-033: left out, the one before it would last until the one after it."""
    before, period = cdr(), cdr().periods[0]
    reserved = ChargingPeriod(
        started_at=period.started_at - timedelta(minutes=20),
        dimensions=(Dimension("RESERVATION_TIME", Decimal("0.33")),),
    )
    powered = replace(period, dimensions=(*period.dimensions, Dimension("MAX_POWER", Decimal(11))))
    words = parsed(OLD[Cdr].encode(replace(before, periods=(reserved, powered))))["charging_periods"]
    assert [one["dimensions"] for one in words] == [
        [{"type": "TIME", "volume": 0}],
        [{"type": "TIME", "volume": Decimal("1.973")}],
    ]


def test_what_2_2_1_says_with_vat_is_one_tax_in_2_3_0_and_the_other_way_round() -> None:
    """TYP-031, TYP-032: and where nobody says the taxes, none are named, which says no less."""
    said = parsed((CASES / "2.2.1" / "cdrs" / "example-of-a-cdr.json").read_bytes())
    for older, newer in (
        ({"excl_vat": 4, "incl_vat": 5}, {"before_taxes": 4, "taxes": [{"name": "VAT", "amount": 1}]}),
        ({"excl_vat": 4}, {"before_taxes": 4}),
    ):
        heard = MIDDLE[Cdr].convert(said | {"total_cost": older}, HEARING)
        words = parsed(NEW[Cdr].encode(heard))
        assert words["total_cost"] == newer
        again = NEW[Cdr].convert(words, HEARING)
        assert again.costs.total.after_taxes == older.get("incl_vat", 4)
        assert parsed(MIDDLE[Cdr].encode(again))["total_cost"] == {"excl_vat": 4, "incl_vat": older.get("incl_vat", 4)}


def test_taxes_are_named_in_2_3_0_and_summed_in_2_2_1() -> None:
    """CDR-048, CDR-016: GST and QST of a Canadian charge, with the account of who pays them on."""
    taxes = (
        TaxAmount("GST", Decimal("0.20"), Decimal(5)),
        TaxAmount("QST", Decimal("0.399"), Decimal("9.975"), account_number="1234567890 TQ0001"),
    )
    charged = replace(cdr(), costs=replace(cdr().costs, total=Price(Decimal(4), taxes)))
    words = parsed(NEW[Cdr].encode(charged))["total_cost"]
    assert words["taxes"][1] == {
        "name": "QST",
        "account_number": "1234567890 TQ0001",
        "percentage": Decimal("9.975"),
        "amount": Decimal("0.399"),
    }
    assert NEW[Cdr].decode(NEW[Cdr].encode(charged), HEARING).costs.total == charged.costs.total
    assert parsed(MIDDLE[Cdr].encode(charged))["total_cost"] == {"excl_vat": 4, "incl_vat": Decimal("4.599")}
    assert parsed(OLD[Cdr].encode(charged))["total_cost"] == 4


def test_what_2_3_0_has_no_words_for_is_left_out_or_not_said_at_all() -> None:
    """TYP-023: a charge is told without it, a period of nothing else as empty; a price of such a condition is none."""
    counted = (Dimension("FLAT", Decimal(1)), Dimension("ENERGY", Decimal(2))), (Dimension("FLAT", Decimal(1)),)
    charge = MIDDLE[Cdr].convert(parsed((CASES / "2.2.1" / "cdrs" / "example-of-a-cdr.json").read_bytes()), HEARING)
    start = charge.started_at
    periods = tuple(
        ChargingPeriod(started_at=start + timedelta(minutes=number), dimensions=one)
        for number, one in enumerate(counted)
    )
    said = parsed(NEW[Cdr].encode(replace(charge, periods=periods)))
    told = [[(one["type"], one["volume"]) for one in period["dimensions"]] for period in said["charging_periods"]]
    assert told == [[("ENERGY", 2)], [("TIME", 0)]]
    one = things.tariff()
    element = replace(one.elements[0], restriction=Restriction(reservation="RESERVATION_TOMORROW"))
    with pytest.raises(Unsayable, match="RESERVATION_TOMORROW"):
        NEW[Tariff].encode(replace(one, elements=(element,)))
