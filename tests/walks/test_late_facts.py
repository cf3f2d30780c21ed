"""A reading that comes after the invoices: the CDR is taken back and closed anew, on both sides, to the last öre."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from laddnav.billing import actions as billing
from laddnav.billing.postings import payable, receivable
from laddnav.billing.rules import partner_id
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr, Standing
from laddnav.kit.energy import wh
from laddnav.kit.power import kw
from laddnav.ledger import actions as ledger
from laddnav.locations import actions as locations
from laddnav.metering.model import Measurand, Reading
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sim.car import Car
from laddnav.sim.station import SimStation
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, Restriction, TariffDimension
from tests.clock import SetClock
from tests.things import LONG_AGO, component, tariff
from tests.walks.companies import KNOWN, NETWORK, PROVIDER, Company, minutes, the_only, until

DEAR_FIRST = tariff(
    elements=(
        Element(
            components=(component(TariffDimension.ENERGY, "4.00"),),
            restriction=Restriction(duration_max=timedelta(hours=1)),
        ),
        Element(components=(component(TariffDimension.ENERGY, "1.00"),)),
    ),
    last_updated=LONG_AGO + timedelta(days=1),
)
CAR = Car(energy=wh(6_000), power_max=kw(11), steady=0.9)


async def test_what_comes_to_light_late_is_credited_and_closed_anew_at_both_companies(
    network: Company, provider: Company, street_station: SimStation, station_clock: SetClock
) -> None:
    """CDR-003, CDR-012, CDR-013, CDR-014, CDR-017: more flowed in the dear first hour than a straight line had said."""
    async with network.database.unit() as unit:
        await tariffs.keep(unit, NETWORK, DEAR_FIRST)
    began_with = street_station.plugs[1].register
    await street_station.plug_in(1, CAR)
    assert await street_station.show_card(1, KNOWN)
    async with network.database.unit() as unit:
        session = the_only(await sessions.page(unit, NETWORK))
    full_at = station_clock.now() + minutes(45)
    station_clock.advance(minutes(120))
    await street_station.unplug(1)
    (first,) = await until(lambda: cdrs_of(network, 1))
    await until(lambda: cdrs_of(provider, 1))

    said = Reading(at=full_at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=(began_with + CAR.energy).wh)
    async with network.database.unit() as unit:
        one = Measurement(
            station=await locations.station(unit, "ST1"), evse_no=1, session_id=session.id, readings=(said,)
        )
        await sessions.measure(unit, [one])
    ours = await until(lambda: cdrs_of(network, 3))
    theirs = await until(lambda: cdrs_of(provider, 3))

    credit, successor = ours[1:]
    assert (credit.credit_reference_id, successor.closing) == (first.id, 2)
    assert {one.id for one in theirs} == {one.id for one in ours}
    assert sum(one.costs.total.before_taxes for one in theirs) == successor.costs.total.before_taxes
    assert successor.costs.total != first.costs.total
    total = successor.costs.total.before_taxes

    async def settled() -> bool:
        async with network.database.unit() as unit:
            owed = await ledger.balance(unit, NETWORK, receivable(partner_id(PROVIDER)), "SEK")
            invoiced = [
                await billing.invoice(unit, ref)
                for one in ours
                for ref in await billing.invoices_of_cdr(unit, NETWORK, NETWORK, one.id)
            ]
            assert [one.total_excl for one in invoiced] == [one.costs.total.before_taxes for one in ours]
            assert [one.credit_note for one in invoiced] == [False, True, False]
            assert owed == sum(one.total_incl for one in invoiced) == invoiced[-1].total_incl
        async with provider.database.unit() as unit:
            assert await ledger.balance(unit, PROVIDER, payable(NETWORK), "SEK") == -total
            assert await cdrs.count_disputed(unit, PROVIDER) == 0
            for one in theirs:
                review = await cdrs.review_of(unit, one)
                assert review is not None and review.standing is Standing.ACCEPTED
            assert sum(one.amount for one in await ledger.trial_balance(unit, PROVIDER)) == Decimal(0)
        return True

    await until(settled)


async def cdrs_of(company: Company, many: int) -> list[Cdr]:
    """All, in the order in which they came to be, once there are so many."""
    async with company.database.unit() as unit:
        found = list(reversed(await cdrs.page(unit, company.holder)))
    assert len(found) == many
    return found
