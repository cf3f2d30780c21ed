"""What is taken to be priced as the moment before it has no border in it, where another price could begin."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as some

from laddnav.kit.energy import Energy, wh
from laddnav.pricing.borders import cuts, unbroken
from laddnav.pricing.offers import offers
from laddnav.tariffs.model import Element, Restriction, Tariff, TariffDimension
from tests.laws.tariffs import tariffs
from tests.things import component, tariff

A_HAIR, A_MOMENT = Energy(Decimal("1e-9")), timedelta(microseconds=1)
OPENED = datetime(2026, 10, 24, 20, tzinfo=UTC)  # in the night after the next, clocks are set back
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


since = some.integers(0, 40 * 12).map(lambda count: timedelta(minutes=5) * count)
energies = some.integers(0, 20).map(lambda count: wh(count * 15))


@settings(max_examples=50)
@given(
    offered=tariffs(),
    lasts=some.integers(0, 300).map(lambda count: timedelta(seconds=15) * count),
    energy=energies,
    data=some.data(),
)
def test_what_is_priced_as_the_moment_before_it_has_no_border_in_it(
    offered: Tariff, lasts: timedelta, energy: Energy, data: some.DataObject
) -> None:
    asked = offers(offered)
    start = OPENED + data.draw(some.sampled_from(asked.lengths) | since if asked.lengths else since)
    used = data.draw(some.sampled_from(asked.energies) | energies if asked.energies else energies)
    if unbroken(start, start + lasts, energy, asked, zone=BERLIN, opened_at=OPENED, used=used):
        before, less = start - A_MOMENT, used - A_HAIR
        end = max(start + lasts, start + A_MOMENT)
        assert not cuts(before, end, energy + A_HAIR + A_HAIR, asked, zone=BERLIN, opened_at=OPENED, used=less)


def test_it_breaks_at_the_very_moment_of_a_border_and_not_before_it() -> None:
    by_day = Restriction(start_time=time(8), end_time=time(20))
    dear = Element(components=(component(TariffDimension.ENERGY, "1"),), restriction=by_day)
    asked = offers(tariff(elements=(dear, Element(components=(component(TariffDimension.ENERGY, "0.5"),)))))
    eight = datetime(2026, 11, 23, 7, tzinfo=UTC)  # on the clock in Berlin

    def whole(start: datetime, lasts: timedelta) -> bool:
        return unbroken(start, start + lasts, wh(10), asked, zone=BERLIN, opened_at=eight - HOUR, used=wh(5))

    assert whole(eight - HOUR / 4, HOUR / 4)
    assert not whole(eight, HOUR / 4)
    assert not whole(eight, timedelta())
    assert not whole(eight - HOUR / 8, HOUR / 4)
    assert whole(eight + A_MOMENT, HOUR / 4)
