"""The whole road, once: a station that we did not write charges with a card of another company, and both are paid."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

from pypdf import PdfReader

from laddnav.billing import actions as billing
from laddnav.billing.model import Invoice
from laddnav.billing.pdf import pdf
from laddnav.billing.postings import payable, receivable
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr
from laddnav.kit.energy import Energy, wh
from laddnav.kit.money import Price
from laddnav.kit.power import kw
from laddnav.ledger import actions as ledger
from laddnav.metering import periods as metering
from laddnav.ocpi.commands import commands
from laddnav.ocpi.connections import partners
from laddnav.ocpi.model import KeptCommand
from laddnav.ocpi.wire.commands import Verdict
from laddnav.pricing.rounding import rounded
from laddnav.pricing.tab import metered
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import AuthMethod, Session, Status
from laddnav.sim.car import Car
from laddnav.sim.station import SimStation
from laddnav.tariffs import actions as tariffs
from tests.clock import SetClock
from tests.walks.companies import (
    ASKED_FOR,
    BLOCKED,
    KNOWN,
    NETWORK,
    PROVIDER,
    Company,
    card_of,
    minutes,
    the_only,
    until,
)

CAR = Car(energy=wh(12_345), power_max=kw(11), steady=0.9)  # full after an hour and a quarter


async def test_the_meter_the_session_both_cdrs_the_ledger_and_both_invoices_agree(
    network: Company, provider: Company, street_station: SimStation, station_clock: SetClock
) -> None:
    """TOK-031 SES-001 SES-023 SES-028 CDR-001 CDR-029: asked in real time, followed while it happens, closed once."""
    plug = street_station.plugs[1]
    began_with = plug.register
    await street_station.plug_in(1, CAR)
    assert await street_station.show_card(1, ASKED_FOR)
    session = await only_session(network)
    assert session.auth_method is AuthMethod.AUTH_REQUEST and session.authorization_reference is not None

    for _ in range(6):
        station_clock.advance(minutes(15))
        await street_station.sample(1)
        session = await only_session(network)
        assert session.energy == plug.register - began_with
        assert session.cost == await priced_from_the_start(network, session)
        await until(lambda: same_at_both(network, provider))
    assert street_station.plugs[1].status == "SuspendedEV"

    station_clock.advance(minutes(29))
    await street_station.end(1)
    await street_station.unplug(1)
    assert plug.register - began_with == CAR.energy
    closed = await until(lambda: only_cdr(network))
    received = await until(lambda: only_cdr(provider))
    session = await only_session(network)
    assert session.status is Status.COMPLETED
    await until(lambda: same_at_both(network, provider))

    assert session.energy == closed.energy == received.energy == CAR.energy
    # 12.345 kWh at 2.50, a fee of 5.00, and 44 minutes parked, from the reading at 75 minutes on, at 30.00 an hour.
    assert closed.costs.total.before_taxes == Decimal("30.86") + 5 + Decimal("22.00")
    # A price that travelled has lost the percentage of its VAT, for OCPI 2.2.1 tells the two sums.
    assert session.cost == closed.costs.total
    assert received.costs.total.before_taxes == closed.costs.total.before_taxes
    assert received.costs.total.after_taxes == closed.costs.total.after_taxes
    assert (received.id, received.session_id, received.token.uid) == (closed.id, session.id, ASKED_FOR)
    assert received.authorization_reference == session.authorization_reference

    theirs = await until(lambda: issued(network, closed))
    drivers = await until(lambda: issued(provider, received))
    total = closed.costs.total.before_taxes
    for invoice in (theirs, drivers):
        assert sum((line.amount for charge in invoice.charges for line in charge.lines), Decimal(0)) == total
        assert [(charge.cdr_id, charge.energy) for charge in invoice.charges] == [(closed.id, CAR.energy)]
        assert (invoice.total_excl, invoice.total_incl) == (total, closed.costs.total.after_taxes)
        text = text_of(invoice)
        assert invoice.number is not None and invoice.number in text and closed.id in text and "12.345" in text
    assert {(line.tariff_id, line.element, line.component) for charge in theirs.charges for line in charge.lines} == {
        ("T1", 0, 0),
        ("T1", 0, 1),
        ("T1", 0, 2),
    }

    async with network.database.unit() as unit:
        owed = await ledger.balance(unit, NETWORK, receivable(theirs.debtor.id), "SEK")
        assert owed == theirs.total_incl
        assert sum(one.amount for one in await ledger.trial_balance(unit, NETWORK)) == 0
    async with provider.database.unit() as unit:
        assert await ledger.balance(unit, PROVIDER, payable(NETWORK), "SEK") == -total
        assert await ledger.balance(unit, PROVIDER, receivable(drivers.debtor.id), "SEK") == drivers.total_incl
        assert sum(one.amount for one in await ledger.trial_balance(unit, PROVIDER)) == 0


async def test_a_card_that_the_network_may_trust_is_not_asked_about(
    network: Company, provider: Company, street_station: SimStation, station_clock: SetClock
) -> None:
    """TOK-029: the network decides from what it was told, and asks nobody."""
    await street_station.plug_in(2, CAR)
    assert await street_station.show_card(2, KNOWN)
    session = await only_session(network)
    assert session.auth_method is AuthMethod.WHITELIST
    station_clock.advance(minutes(30))
    await street_station.unplug(2)
    received = await until(lambda: only_cdr(provider))
    assert received.energy == CAR.taken(timedelta(minutes=30), kw(22))


async def test_a_card_that_its_company_refuses_does_not_charge(
    network: Company, provider: Company, street_station: SimStation
) -> None:
    """TOK-031 TOK-045: the eMSP says no, and the station hears it."""
    await street_station.plug_in(1, CAR)
    assert not await street_station.show_card(1, BLOCKED)
    async with network.database.unit() as unit:
        assert await sessions.page(unit, NETWORK) == []


async def test_a_driver_starts_and_stops_from_afar_and_hears_what_the_station_said(
    network: Company, provider: Company, street_station: SimStation, station_clock: SetClock
) -> None:
    """CMD-008 CMD-009 CMD-032: the answer at once says that it was passed on, the result says what the station did."""
    await street_station.plug_in(1, CAR)
    asked = await commands.start_session(
        provider.database,
        provider.clients,
        PROVIDER,
        token=await card_of(provider, ASKED_FOR),
        owner=NETWORK,
        location_id="LOC1",
        evse_uid="EVSE1",
    )
    assert asked.verdict is Verdict.ACCEPTED
    started = await until(lambda: answered(provider, asked.command_id))
    assert started.result == "ACCEPTED"
    session = await until(lambda: charging(provider))
    assert (session.auth_method, session.token.uid) == (AuthMethod.COMMAND, ASKED_FOR)

    station_clock.advance(minutes(20))
    stop = await commands.stop_session(
        provider.database, provider.clients, PROVIDER, owner=NETWORK, session_id=session.id
    )
    assert stop.verdict is Verdict.ACCEPTED
    stopped = await until(lambda: answered(provider, stop.command_id))
    assert stopped.result == "ACCEPTED"
    received = await until(lambda: only_cdr(provider))
    assert received.session_id == session.id and received.auth_method is AuthMethod.COMMAND
    assert received.energy == CAR.taken(timedelta(minutes=20), kw(22))


# What is looked at ----------------------------------------------------------------------------------------------------


async def only_session(company: Company) -> Session:
    async with company.database.unit() as unit:
        return the_only(await sessions.page(unit, company.holder))


async def charging(company: Company) -> Session:
    session = await only_session(company)
    assert session.status is Status.ACTIVE
    return session


async def same_at_both(network: Company, provider: Company) -> bool:
    """The provider sees the state, the energy and the cost that the network sees."""
    ours, theirs = await only_session(network), await only_session(provider)
    assert ours.cost is not None and theirs.cost is not None
    assert (ours.status, ours.energy) == (theirs.status, theirs.energy)
    assert (ours.cost.before_taxes, ours.cost.after_taxes) == (theirs.cost.before_taxes, theirs.cost.after_taxes)
    return True


async def priced_from_the_start(network: Company, session: Session) -> Price:
    """The cost so far out of all facts at once: what the fold that advances with each of them must come to."""
    assert session.meter is not None and session.meter_started is not None
    async with network.database.unit() as unit:
        facts = await readings.facts(unit, NETWORK, session.id)
        promised = await tariffs.fetch(unit, NETWORK, NETWORK, "T1")
    read_at, register = session.meter.read_at, session.meter.register
    measured = metering.stretches(
        [fact for fact in facts if fact.at <= read_at],
        session.started_at,
        Energy(session.meter_started),
        read_at,
        register,
    )
    return rounded(metered(promised, measured.stretches, session.time_zone)).total.price


async def only_cdr(company: Company) -> Cdr:
    async with company.database.unit() as unit:
        return the_only(await cdrs.page(unit, company.holder))


async def issued(company: Company, cdr: Cdr) -> Invoice:
    """The one invoice that this CDR is on, as it left the house."""
    async with company.database.unit() as unit:
        ref = the_only(await billing.invoices_of_cdr(unit, company.holder, cdr.owner, cdr.id))
        invoice = await billing.invoice(unit, ref)
    assert invoice.number is not None
    return invoice


def text_of(invoice: Invoice) -> str:
    """What a person reads on the PDF."""
    pages = PdfReader(BytesIO(pdf(invoice, "en"))).pages
    return " ".join(page.extract_text() for page in pages)


async def answered(provider: Company, command_id: str) -> KeptCommand:
    """The command, once its result has come."""
    async with provider.database.unit() as unit:
        connection = the_only(await partners.connections(unit, PROVIDER))
        command = the_only([one for one in await partners.commands(unit, connection) if one.id == command_id])
    assert command.answered_at is not None
    return command
