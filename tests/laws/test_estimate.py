"""Laws of what is said before a charge: it is what the bill would say, and an amount reaches no further."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from laddnav.kit.energy import Energy, wh
from laddnav.kit.power import Power
from laddnav.pricing.ahead.estimate import estimated, reach, supposed
from laddnav.pricing.model import Amount
from laddnav.pricing.tab import metered
from laddnav.tariffs.model import Tariff
from tests.laws.tariffs import NIGHTS, tariffs

powers = st.sampled_from(["1800", "4000", "7360", "11000", "22080.5"]).map(lambda watts: Power(Decimal(watts)))
energies = st.integers(0, 30_000).map(wh)


@st.composite
def starts(draw: st.DrawFn) -> tuple[str, datetime]:
    zone, day = draw(st.sampled_from(NIGHTS))
    at = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    return zone, at + timedelta(seconds=draw(st.integers(-7200, 10800)))


@given(tariffs(), starts(), energies, powers, st.integers(0, 300))
def test_an_estimate_is_the_price_of_the_session_it_supposes(
    tariff: Tariff, start: tuple[str, datetime], energy: Energy, power: Power, minutes: int
) -> None:
    zone, at = start
    parked = timedelta(minutes=minutes)
    said = estimated(tariff, energy=energy, start=at, power=power, zone=zone, parked=parked)
    session = supposed(energy=energy, start=at, power=power, parked=parked)
    assert said.priced == metered(tariff, session, zone, started_at=at)
    assert said.priced.used == energy
    assert said.ends_at == at + said.priced.lasted


@given(tariffs(), starts(), powers, st.decimals(0, 60, places=2), st.booleans())
def test_an_amount_reaches_as_far_as_it_says_and_no_wh_further(
    tariff: Tariff, start: tuple[str, datetime], power: Power, amount: Decimal, after_taxes: bool
) -> None:
    zone, at = start

    def cost(energy: Energy) -> Decimal:
        return _side(estimated(tariff, energy=energy, start=at, power=power, zone=zone).priced.total, after_taxes)

    found = reach(
        tariff, amount=amount, power=power, start=at, zone=zone, after_taxes=after_taxes, within=timedelta(hours=5)
    )
    if found.energy is None:
        whole = int(power.watts * 5)
        assert all(cost(wh(energy)) <= amount for energy in range(0, whole, whole // 40))
    else:
        assert found.after is not None
        assert found.energy == wh(0) or cost(found.energy) == _side(found.total, after_taxes) <= amount
        assert cost(found.energy + wh(1)) > amount or cost(found.energy) > amount
        steps = range(0, int(found.energy.wh), max(int(found.energy.wh) // 40, 1))
        assert all(cost(wh(energy)) <= amount for energy in steps)


def _side(total: Amount, after_taxes: bool) -> Decimal:
    cost = total.incl if after_taxes else total.excl
    assert cost is not None
    return cost
