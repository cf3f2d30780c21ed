"""What a charge costs is one number: so far, in its CDR, on its invoice, on its receipt, and what is taken for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as some

from laddnav.billing.rules import lines_of, total_of
from laddnav.cdrs import rules as cdrs
from laddnav.cdrs.model import Cdr
from laddnav.kit.energy import Energy
from laddnav.metering.model import Activity, Measured, Stretch
from laddnav.metering.periods import begun
from laddnav.payments import receipts
from laddnav.payments.payment import Payment, ProviderKind, Purpose
from laddnav.payments.ticket import Ticket
from laddnav.pricing.model import Tab
from laddnav.pricing.rounding import rounded
from laddnav.pricing.tab import advanced, opened, priced
from laddnav.sessions.model import AuthMethod, CdrToken, Session, Status
from laddnav.tariffs.model import Element, Tariff, TariffDimension
from tests.billing.charges import cdr as a_cdr
from tests.billing.charges import energy
from tests.things import US, WHERE, component, party, tariff

START = datetime(2026, 11, 23, 17, 50, tzinfo=UTC)
prices = some.decimals(0, 9, places=3)
rates = some.sampled_from(("0", "6", "12", "25"))


@some.composite
def tariffs(draw: some.DrawFn) -> Tariff:
    """Each kind of price at a rate of VAT of its own."""
    kinds = (TariffDimension.ENERGY, TariffDimension.TIME, TariffDimension.PARKING_TIME, TariffDimension.FLAT)
    return tariff(
        elements=(Element(components=tuple(component(one, str(draw(prices)), vat=draw(rates)) for one in kinds)),)
    )


stretches = some.lists(
    some.tuples(some.integers(1, 5000), some.decimals(0, 9000, places=1), some.booleans()), min_size=1, max_size=8
)


@settings(max_examples=40)
@given(offered=tariffs(), course=stretches)
def test_running_cost_cdr_invoice_line_receipt_and_what_is_taken_are_one_number(
    offered: Tariff, course: list[tuple[int, Decimal, bool]]
) -> None:
    tab, at, done = opened(offered, START, "Europe/Stockholm"), START, []
    for seconds, watt_hours, stands in course:
        until = at + timedelta(seconds=seconds)
        activity = Activity.SUSPENDED_EV if stands else Activity.CHARGING
        used = Energy(Decimal(0)) if stands else Energy(watt_hours)
        done.append(Stretch(started_at=at, ended_at=until, energy=used, activity=activity))
        tab, at = advanced(tab, done[-1]), until
    running = rounded(priced(tab, over=True)).total
    measured = Measured(meter=begun(START, None), stretches=tuple(done))
    cdr = cdrs.closed(_charged(offered, tab, at), measured, id="C1", now=at)
    net, gross = cdr.costs.total.before_taxes, cdr.costs.total.after_taxes
    assert (running.excl, running.incl) == (net, gross)
    assert net == total_of(cdr) == sum((line.amount for line in lines_of(cdr)), Decimal(0))
    assert gross is not None
    receipt = _receipt_of(cdr).replace(",", "")
    for what, amount in (("Net", net), ("VAT", gross - net), ("Total", gross)):
        assert f"{what}: {amount:.2f} SEK" in receipt


def _charged(offered: Tariff, tab: Tab, at: datetime) -> Session:
    return Session(
        holder=US,
        owner=US,
        id="S1",
        ref="S1",
        status=Status.COMPLETED,
        token=CdrToken(owner=US, uid="AH1", type="AD_HOC_USER", contract_id="AH1"),
        auth_method=AuthMethod.COMMAND,
        location_id=WHERE.location_id,
        evse_uid=WHERE.evse_uid,
        connector_id="1",
        place=a_cdr(energy("1", "1")).location,
        started_at=START,
        ended_at=at,
        currency=offered.currency,
        tariff_id=offered.id,
        time_zone="Europe/Stockholm",
        tab=tab,
        last_updated=at,
    )


def _receipt_of(cdr: Cdr) -> str:
    total = cdr.costs.total.after_taxes or Decimal(0)
    payment = Payment(
        holder=US,
        ref="P1",
        account="A1",
        provider=ProviderKind.STRIPE,
        purpose=Purpose.SESSION,
        about="AH1",
        credits="receivable:driver:AH1",
        currency=cdr.currency,
        hold=total,
        made_at=START,
        made_by="driver",
        expires_at=START,
        changed_at=START,
    )
    ticket = Ticket(
        holder=US,
        ref="T1",
        code="AH1",
        link="x",
        where=WHERE,
        evse_id="SE*LAD*EEVSE1",
        connector_id="1",
        zone="Europe/Stockholm",
        payment="P1",
        provider=ProviderKind.STRIPE,
        currency=cdr.currency,
        hold=total,
        wanted=total,
        tariff_id="T1",
        agreed_at=START,
        made_at=START,
        changed_at=START,
    )
    return receipts.written(ticket, cdr, party(ref="R"), payment, "https://lad.example/charge/ticket/x").text
