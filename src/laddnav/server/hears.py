"""Who hears what; an event that nobody hears is still in the stream, where pages and other systems follow along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from laddnav.billing import actions as billing
from laddnav.billing.actions import by_card, homes, interest, standing, wallets
from laddnav.billing.events import InvoiceIssued, InvoicePaidInPart, InvoiceReminded, InvoiceSettled, InvoiceWrittenOff
from laddnav.bookings.actions import offering, waiting
from laddnav.bookings.events import BookingChanged, BookingLocationChanged
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrAccepted, CdrClosed, CdrReceived
from laddnav.customers.actions import allowing
from laddnav.customers.events import CustomerChanged, WalletShort
from laddnav.db.events import Event
from laddnav.db.unit import Listener
from laddnav.fleets import actions as fleets
from laddnav.locations.events import EvseStatusChanged, LocationChanged, UnlockAnswered, UnlockRequested
from laddnav.market.events import GridTariffChanged, PricesPublished
from laddnav.meters import actions as meters
from laddnav.mqtt import actions as mqtt
from laddnav.ocpi.commands import commanded, profiled
from laddnav.ocpi.connections.introductions import introduce_debtors
from laddnav.ocpi.deviations.sharing import tell_of_prices
from laddnav.ocpi.events import ConnectionChanged
from laddnav.ocpi.payments import paying
from laddnav.ocpi.telling.listeners import (
    push_booking,
    push_booking_location,
    push_cdr,
    push_closed_places,
    push_location,
    push_record,
    push_session,
    push_status,
    push_tariff,
    push_token,
)
from laddnav.ocpi.telling.losses import note_cdr, note_location, note_tariff, note_token
from laddnav.ocpi.telling.neighbours import tell_clients
from laddnav.ocpp import both_ways, calls, credit, fallbacks, outcasts
from laddnav.payments.actions import cards, holding, tickets
from laddnav.payments.events import (
    ConfirmationChanged,
    PaymentChanged,
    TerminalAssigned,
    TerminalChanged,
    TerminalDeactivated,
    TerminalDescribed,
)
from laddnav.readings.events import DoubtRaised
from laddnav.reconciliation import actions as reconciliation
from laddnav.reconciliation.events import RecordChanged
from laddnav.reservations import actions as reservations
from laddnav.reservations.events import (
    CancellationAnswered,
    CancellationRequested,
    ReservationAnswered,
    ReservationChanged,
    ReservationRequested,
    ReservationWithdrawn,
)
from laddnav.sessions.actions import claiming, hearing
from laddnav.sessions.events import (
    LimitsAnswered,
    LimitsChanged,
    LimitsRequested,
    PreferencesChanged,
    RoamingCostMoved,
    SessionAmended,
    SessionChanged,
    SessionEnded,
    SessionFailed,
    SessionStarted,
    StartAnswered,
    StartRequested,
    StopAnswered,
    StopRequested,
)
from laddnav.settlement.actions import earning, mailing
from laddnav.settlement.events import SettlementChanged
from laddnav.sites import actions as sites
from laddnav.sites.actions import drivers
from laddnav.sites.events import FallbackWanted, PlanMade, SiteChanged, StationBroughtBack, StationTakenOut
from laddnav.tariffs.events import TariffChanged, TariffRegrouped
from laddnav.tokens.events import TokenChanged, TokenRenamed

HEARS: Mapping[type[Event], Sequence[Listener]] = {
    LocationChanged: [push_location, note_location, offering.location_changed],
    BookingLocationChanged: [push_booking_location],
    BookingChanged: [push_booking],
    EvseStatusChanged: [push_status],
    TariffChanged: [push_tariff, note_tariff],
    TariffRegrouped: [tell_of_prices],
    TokenChanged: [push_token, note_token, allowing.look_at],
    WalletShort: [wallets.refill_short],
    CustomerChanged: [allowing.look_at, wallets.pay_later, cards.follow],
    TokenRenamed: [push_closed_places],
    StartRequested: [calls.start_requested],
    StartAnswered: [commanded.answer_command],
    StopRequested: [calls.stop_requested],
    StopAnswered: [commanded.answer_command],
    ReservationRequested: [calls.reservation_requested],
    ReservationAnswered: [commanded.answer_command],
    ReservationChanged: [waiting.reservation_went_on],
    ReservationWithdrawn: [commanded.withdraw_reservation],
    CancellationRequested: [calls.cancellation_requested],
    CancellationAnswered: [commanded.answer_command],
    UnlockRequested: [calls.unlock_requested],
    UnlockAnswered: [commanded.answer_command],
    LimitsRequested: [calls.limits_requested],
    LimitsAnswered: [mqtt.limits_answered, profiled.answer_limits, sites.answered],
    LimitsChanged: [profiled.push_limits],
    PricesPublished: [sites.prices_published],
    GridTariffChanged: [sites.tariff_changed, earning.tariff_changed],
    SiteChanged: [earning.site_changed],
    FallbackWanted: [fallbacks.wanted],
    StationTakenOut: [outcasts.taken_out],
    StationBroughtBack: [outcasts.brought_back],
    DoubtRaised: [meters.count_again],
    PreferencesChanged: [credit.budgeted, drivers.lead, both_ways.allowed],
    SessionStarted: [
        tickets.charge_went_on,
        holding.held_charge_went_on,
        claiming.take_up,
        reservations.session_went_on,
        waiting.session_went_on,
        fleets.vehicle_plugged_in,
        push_session,
    ],
    SessionChanged: [push_session],
    RoamingCostMoved: [hearing.hold],
    SessionEnded: [cdrs.close, fleets.vehicle_unplugged, push_session],
    SessionFailed: [
        tickets.charge_went_on,
        holding.held_charge_went_on,
        reservations.session_went_on,
        fleets.vehicle_unplugged,
        push_session,
    ],
    SessionAmended: [cdrs.correct, push_session],
    CdrClosed: [
        billing.bill,
        homes.reimburse,
        tickets.pay_charge,
        earning.account_for,
        fleets.count,
        push_cdr,
        note_cdr,
    ],
    PlanMade: [fleets.site_planned],
    CdrReceived: [cdrs.check],
    CdrAccepted: [billing.bill, earning.account_for, fleets.count],
    InvoiceIssued: [reconciliation.record_issued, wallets.pay, billing.mail_invoice],
    InvoiceReminded: [billing.mail_reminder, standing.judge],
    InvoiceSettled: [standing.judge, interest.last_of_it, by_card.settled],
    InvoicePaidInPart: [by_card.settled],
    InvoiceWrittenOff: [standing.judge],
    SettlementChanged: [mailing.mail_statement],
    RecordChanged: [push_record],
    PaymentChanged: [
        billing.settle_payment,
        wallets.filled,
        by_card.went_on,
        tickets.payment_went_on,
        holding.held_payment_went_on,
    ],
    TerminalChanged: [paying.push_terminal],
    TerminalAssigned: [paying.push_assignment],
    TerminalDescribed: [paying.push_assignment],
    TerminalDeactivated: [paying.push_deactivation],
    ConfirmationChanged: [paying.push_confirmation],
    ConnectionChanged: [introduce_debtors, tell_clients],
}
