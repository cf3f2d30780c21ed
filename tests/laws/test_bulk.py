"""Charges priced by the column cost what they cost one by one, to the last digit."""

from collections.abc import Sequence

import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st

from laddnav.pricing.bulk.bills import Sides
from laddnav.pricing.bulk.columns import of_charges
from laddnav.pricing.bulk.totals import totals
from laddnav.pricing.charge import price
from laddnav.pricing.model import Amount, Charge
from laddnav.pricing.policy import OURS, Policy
from laddnav.tariffs.model import Tariff
from tests.laws.charges import charges, used
from tests.laws.tariffs import ANY_TAX, policies, tariffs

# What goes into columns: charges without a reservation, under tariffs that can be written in 64 bits.
tidy = charges(reserved=False, energies=used, taxes=ANY_TAX, limited=False) | charges(reserved=False, energies=used)
CHOOSING = ("missing", "extent", "window_day", "equal_window", "local_time")


def assert_agree(several: Sequence[Charge], policy: Policy = OURS, tariffs: tuple[Tariff, ...] = ()) -> None:
    found = totals(of_charges(several), policy=policy, tariffs=tariffs)
    for place in np.flatnonzero(~found.left).tolist():
        one = price(several[place], policy=policy, tariffs=tariffs)
        for part in ("total", "fixed", "energy", "time", "parking"):
            assert _at(getattr(found, part), place) == _sides(getattr(one, part)), (part, several[place])
    event(f"{int((~found.left).sum())} of {len(several)} in columns")


def _at(sides: Sides, place: int) -> tuple[object, object]:
    return sides.excl.decimal(place), sides.incl.decimal(place)


def _sides(amount: Amount) -> tuple[object, object]:
    return amount.excl, amount.incl


@given(st.lists(charges(taxes=ANY_TAX, untidy=True), min_size=1, max_size=4))
def test_whatever_is_written(several: list[Charge]) -> None:
    assert_agree(several)


@given(st.lists(tidy, min_size=1, max_size=4), policies(CHOOSING))
def test_whatever_fits_into_columns_under_every_policy_that_only_chooses(several: list[Charge], policy: Policy) -> None:
    assert_agree(several, policy)


@given(st.lists(tidy, min_size=1, max_size=3), tariffs(taxes=ANY_TAX))
def test_whatever_is_priced_under_another_tariff(several: list[Charge], asked: Tariff) -> None:
    assert_agree(several, tariffs=(asked,))
