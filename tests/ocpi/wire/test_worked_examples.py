"""The worked examples of OCPI 2.1.1 and 2.3.0: those that both newer texts have cost the same in the words of either.

What only one text has is a folder of `tests/cases/pricing` like all the others.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from laddnav.ocpi.wire.charge import read_charge, read_tariff
from laddnav.ocpi.wire.codec import parsed
from laddnav.pricing import metered, price
from tests.ocpi.wire.test_examples import CASES
from tests.pricing.test_cases import METERED, Case, stretches

IN_BOTH = [case for case in METERED if case.session.tariff.startswith("ocpi/2.2.1/")]


@pytest.mark.parametrize("case", IN_BOTH, ids=str)
def test_an_example_of_2_2_1_costs_the_same_in_the_words_of_2_3_0(case: Case) -> None:
    """TAR-030, TAR-082, TAR-083, TAR-084: `tax_included` NO is what 2.2.1 always means, and so all numbers stay."""
    said = (CASES.parent / case.session.tariff.replace("2.2.1", "2.3.0")).read_bytes()
    assert case.session.zone is not None
    total = metered(read_tariff(said), stretches(case.session), case.session.zone).total
    assert (total.excl, total.incl) == case.expected.total


def test_every_tariff_of_2_3_0_with_a_price_in_the_text_is_priced_here() -> None:
    """But the two that 2.2.1 does not have, which have folders of their own, and those without a number in the text."""
    without_numbers = {
        "ad-hoc-tariff-example-not-possible-with-ocpi.json",
        "example-new-tariff-euro-2-per-hour-charging-time-not-parking.json",
    }
    own = {"simple-tariff-with-north-american-taxes.json"}
    own |= {"simple-tariff-with-north-american-taxes-price-inclusive-of-tax.json"}
    priced = {case.session.tariff.rsplit("/")[-1] for case in IN_BOTH}
    assert priced | own | without_numbers == {path.name for path in (CASES / "2.3.0" / "tariffs").iterdir()}


def test_every_tariff_of_2_1_1_is_priced_here() -> None:
    """But those that say the price of two euro an hour once more, with other words about it, and half a Tariff."""
    folder = CASES / "2.1.1" / "tariffs"
    priced = {case.session.tariff.rsplit("/")[-1] for case in METERED if case.session.tariff.startswith("ocpi/2.1.1/")}
    elements = {path.name: parsed(path.read_bytes()).get("elements") for path in folder.iterdir()}
    two_euro = elements["simple-tariff-example-2-euro-per-hour.json"]
    again = {name for name, said in elements.items() if said == two_euro}
    assert priced | again | {"example-change-tariff-to-2-50.json"} == set(elements)


@pytest.mark.parametrize(("version", "incl"), [("2.1.1", None), ("2.2.1", Decimal("4.40")), ("2.3.0", Decimal("4.40"))])
def test_the_example_of_a_cdr_costs_what_it_says(version: str, incl: Decimal | None) -> None:
    """TAR-115: 7102.8 seconds are billed as 7200, and the CDR's own total says so."""
    charge = read_charge((CASES / version / "cdrs" / "example-of-a-cdr.json").read_bytes())
    total = price(charge, zone="Europe/Brussels").total
    assert (total.excl, total.incl) == (Decimal(4), incl)
    assert charge.stated.total is not None
    assert (charge.stated.total.excl, charge.stated.total.incl) == (total.excl, total.incl)
