"""Charges priced by the column cost what they cost one by one, to the last digit."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from laddnav.pricing.bulk.bills import Sides
from laddnav.pricing.bulk.columns import of_charges
from laddnav.pricing.bulk.totals import totals
from laddnav.pricing.charge import price
from laddnav.pricing.model import Amount, Charge
from tests.laws.charges import ANY_TAX, charges


def assert_agree(several: Sequence[Charge]) -> int:
    """Returns how many fitted into columns."""
    found = totals(of_charges(several))
    for place in np.flatnonzero(~found.left).tolist():
        one = price(several[place])
        for part in ("total", "fixed", "energy", "time", "parking"):
            assert _at(getattr(found, part), place) == _sides(getattr(one, part)), (part, several[place])
    return len(several) - int(found.left.sum())


def _at(sides: Sides, place: int) -> tuple[object, object]:
    return sides.excl.decimal(place), sides.incl.decimal(place)


def _sides(amount: Amount) -> tuple[object, object]:
    return amount.excl, amount.incl


@given(st.lists(charges(taxes=ANY_TAX), min_size=1, max_size=4))
def test_whatever_is_written(several: list[Charge]) -> None:
    assert_agree(several)
