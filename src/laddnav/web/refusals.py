"""What a refusal says to a reader, in the reader's language, and whether it means that there is no such page."""

from __future__ import annotations

from laddnav.analytics.money import NotADay
from laddnav.analytics.rules import NoMonth
from laddnav.billing.actions.mailing import NowhereToSend
from laddnav.billing.bank import AlreadyDecided, NotDecided, UnknownBankEntry, WentBack, WhoseIsIt, WhyNot
from laddnav.billing.camt import NotAStatement
from laddnav.billing.credits import CreditWithoutReason, NothingToCredit
from laddnav.billing.einvoice.en16931 import NotIssuedYet, NoVatNumber
from laddnav.billing.open_items import NothingOnAccount, RefundWithoutReason
from laddnav.billing.reminding import NotOverdue, RemindersStopped, StopWithoutReason
from laddnav.billing.rules import NotAnEmail, NotAnEndpoint, NotAVatNumber, UnknownDebtor, UnknownInvoice
from laddnav.billing.written_off import BeingPaidStill, LossWithoutReason, NothingLost, NotWrittenOff, StillWrittenOff
from laddnav.bookings.rules import BookingOver, NothingToDecide, UnknownBooking, UnknownBookingLocation
from laddnav.cdrs.rules import AlreadyCredited, NotInDispute, NotOurs, UnknownCdr, UnknownDispute
from laddnav.customers.calendar import InThePast
from laddnav.customers.home import HomeTaken, UnknownHome
from laddnav.customers.offered import PlanExists, UnknownPlan
from laddnav.customers.rules import ContractTaken, EnoughLinks, UnknownContract, UnknownCustomer
from laddnav.customers.subscribed import NotSubscribed, PlanNotSold, SubscribedAlready, TermWaits, TooEarly
from laddnav.customers.vouchers import NotRedeemable
from laddnav.db.refusals import Unstorable
from laddnav.fleets.rules import FleetExists, NotSwappable, UnknownDeparture, UnknownFleet, UnknownVehicle
from laddnav.kit.ids import NotAPartyId
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ledger.chart import UnfitNumber
from laddnav.ledger.exports import WhichCurrency, YearsApart
from laddnav.ledger.origin import UndoneElsewhere
from laddnav.ledger.rules import (
    AlreadyReversed,
    ClosedInOrder,
    MonthClosed,
    MonthNotOver,
    NotAMonth,
    NotAnAccount,
    ReversalIsFinal,
    ReversalWithoutReason,
    UnknownEntry,
)
from laddnav.locations.rules import (
    CarThere,
    EvseTaken,
    NoStation,
    NotAStationId,
    StationExists,
    UidTaken,
    UnknownEvse,
    UnknownLocation,
    UnknownStation,
)
from laddnav.mail.rules import UnfitMail, UnknownMail
from laddnav.market.rules import UnknownGridTariff
from laddnav.market.zones import UnknownZone
from laddnav.metering.signed.model import UnfitKey
from laddnav.meters.rules import (
    AlreadyRegistered,
    NoExchange,
    NoReason,
    NoRegister,
    NotHeld,
    UnknownMeter,
    UnknownProof,
    UnlikelyDigits,
)
from laddnav.ocpi.calls.calling import PartnerRefused
from laddnav.ocpi.calls.client import NotRegistered
from laddnav.ocpi.calls.guard import ForbiddenAddress
from laddnav.ocpi.calls.tls import UnfitTls
from laddnav.ocpi.commands.asked import NotConnectedTo
from laddnav.ocpi.commands.commands import MayNotCharge, NotCapable
from laddnav.ocpi.connections.examining import ExaminedAlready
from laddnav.ocpi.deviations.policies import UnfitPolicy
from laddnav.ocpi.hub.looking import UnknownHub
from laddnav.ocpi.hub.rules import UnknownModule
from laddnav.ocpi.rules import PartyTaken, UnknownConnection, UnknownExchange
from laddnav.ocpi.wire.handshake import EndpointsMissing, NoCommonVersion, NoCredentialsRoles
from laddnav.ocpp.cures.rules import CureUnderWay, NotIll, SomebodyCharges
from laddnav.ocpp.rules import Offline
from laddnav.ocpp.tasks.rules import (
    HalfSigned,
    NobodySelected,
    TaskOver,
    TemplateExists,
    UnfitTemplate,
    UnknownTask,
    UnknownTemplate,
)
from laddnav.ocpp.wire.forms import NoForm
from laddnav.payments.card import EnoughCards, LastCard, NoCardsKept, UnknownCard
from laddnav.payments.rules import (
    BeyondSupport,
    EnoughReceipts,
    NotAlone,
    NotServed,
    NotSold,
    NotTheirs,
    OfAnotherCpo,
    RefundDecided,
    TooManyPay,
    UnknownPayment,
    UnknownPaymentAccount,
    UnknownRefund,
    UnknownTerminal,
    UnknownTicket,
)
from laddnav.payments.shortfall import BeingPaid, NoAddress, NothingOpen, WaivedWithoutReason
from laddnav.people.api import NotYours, TooLarge
from laddnav.people.rules import (
    ForgedRequest,
    LastAdmin,
    LinkOver,
    NameTaken,
    NotAllowed,
    NotAName,
    PasswordTooLong,
    PasswordTooShort,
    TooManyAttempts,
    UnknownAccount,
    UnknownKey,
    UnknownVisit,
    WrongNameOrPassword,
)
from laddnav.pricing.ahead.wish import EnergyOrAmount, TooFarAhead, TooSlow
from laddnav.readings.actions import UnknownDoubt
from laddnav.readings.rules import NoMainsExchange, UnknownMainsExchange, UnreadableReadings
from laddnav.reconciliation.rules import UnknownRecord
from laddnav.reservations.rules import ReservationOver, UnknownReservation
from laddnav.sessions.claims import CardTooShort, NotYourCharge, TooManyChoices, TooManyTries
from laddnav.sessions.rules import AlreadyEnded, EvseBusy, UnknownSession
from laddnav.settlement.matching import UnknownFile
from laddnav.settlement.rules import (
    CannotMove,
    EarlierOpen,
    NotInSettlement,
    NotOverYet,
    NotSaidYet,
    SettlesWithItself,
    UnknownSettlement,
)
from laddnav.settlement.rules import NoReason as SettlementNoReason
from laddnav.settlement.sharing import UnknownAgreement, UnknownHost
from laddnav.sites.rules import UnknownSite
from laddnav.tariffs.rules import NotForReservations, Unbillable, UnknownTariff
from laddnav.tokens.rules import UnknownToken
from laddnav.web.terms import TERMS
from laddnav.web.words import N_, translations

# With the refusal's own fields. One that is not here says its own English sentence.
SENTENCES: dict[type[Exception], str] = {
    AlreadyCredited: N_("This CDR is taken back already, or takes back another."),
    AlreadyRegistered: N_("A meter with this serial number is registered already; change that one."),
    AlreadyEnded: N_("This session is over already."),
    InThePast: N_("%(on)s is over. Say %(today)s or a later day."),
    PlanNotSold: N_("%(name)s is not sold any more."),
    NotSubscribed: N_("There is no subscription that goes on."),
    PlanExists: N_("There is a plan %(name)s already."),
    SubscribedAlready: N_("There is a subscription already. Change its plan instead."),
    TooEarly: N_("%(on)s is too early for that; the earliest day is %(earliest)s."),
    TermWaits: N_("It is paused within its minimum term, which goes on when it does. Let it go on first."),
    UnknownPlan: N_("There is no such plan."),
    HomeTaken: N_("Somebody is paid back for charging at %(location_id)s already. End that agreement first."),
    UnknownHome: N_("There is no such agreement about charging at home."),
    NotRedeemable: N_("This code is worth nothing. Compare it, or ask whoever gave it to you."),
    ContractTaken: N_("Contract %(contract_id)s is another customer’s. Take it from that one first."),
    UnknownContract: N_("This customer has no such contract."),
    UnknownCustomer: N_("There is no such customer."),
    BookingOver: N_("This booking is over already."),
    BeyondSupport: N_("Support may ask for %(most)s of a payment. Somebody of finance gives more back."),
    NotAlone: N_("Somebody else has to agree to this refund."),
    RefundDecided: N_("Somebody has decided on this refund already."),
    NothingToDecide: N_("No request for this booking waits for an answer."),
    FleetExists: N_("There is a fleet of this name already."),
    NotSwappable: N_("This vehicle cannot leave instead: %(why)s."),
    ExaminedAlready: N_("The tester asks this partner already."),
    CardTooShort: N_("Give at least the last %(least)s characters of your card’s number."),
    NotYourCharge: N_(
        "No card with this number charges here. Compare it with your card, or look in your provider’s app."
    ),
    TooManyTries: N_("Too many numbers were tried here. Try again in ten minutes."),
    TooManyChoices: N_("This charge was changed too often. Ask your provider, or the number on the station."),
    EvseBusy: N_("Another session is under way at this EVSE."),
    EvseTaken: N_("This EVSE belongs to station %(station_id)s already."),
    CarThere: N_(
        "A car charges at EVSE %(evse_uid)s, or it is reserved; try again when it is free. "
        "If the station has lost the end of that session, close it on its page."
    ),
    UidTaken: N_("That location has an EVSE %(evse_uid)s of its own; give one of the two another uid."),
    EnergyOrAmount: N_("Say either how much energy or for how much money."),
    EndpointsMissing: N_("The partner does not offer what this connection needs."),
    ForbiddenAddress: N_("This address may not be called. It has to be a public one, over HTTPS."),
    ForgedRequest: N_("This form is not from your visit. Load the page again and repeat what you did."),
    LastAdmin: N_("This is the last administrator who can sign in. Make another one first."),
    NameTaken: N_("There is an account named %(name)s already."),
    NoExchange: N_("A meter is exchanged at an EVSE of its station, in the last ten years and not ahead."),
    NoRegister: N_("No meter shows such a register."),
    NotIll: N_("Station %(station_id)s does not have this there, or not any more."),
    CureUnderWay: N_("Station %(station_id)s is being cured already; what comes of that is seen first."),
    SomebodyCharges: N_("A car charges at station %(station_id)s, and this would cut it off."),
    BeingPaid: N_("Its driver is paying: it is held for us and about to be taken; look again in a minute."),
    NoAddress: N_("No e-mail address of this driver is known; enter one, or waive it."),
    NothingOpen: N_("Nothing more is asked for this charge: it is paid, waived, or its CDR was corrected again."),
    WaivedWithoutReason: N_("Say in three letters or more why it is waived."),
    NoReason: N_("Say why: the reason is kept with what was decided."),
    NoStation: N_("No connected station stands behind this EVSE."),
    MayNotCharge: N_("This token may not charge."),
    NoCommonVersion: N_("The partner speaks no version of OCPI that we speak."),
    NoCredentialsRoles: N_("The partner did not say who it is."),
    NotAStationId: N_("A station is named by 1 to 255 printable characters without a slash."),
    NotAPartyId: N_("A party is written as country and three characters, such as SE*LAD."),
    NotCapable: N_("Its operator does not say that this can be done there from afar (%(capability)s)."),
    NotConnectedTo: N_("There is no connection to %(party)s."),
    NotForReservations: N_("Element %(number)s is for reservations, which may only have prices for TIME and FLAT."),
    NotHeld: N_("Nothing is to be decided about this charge; somebody has, or nothing was wrong."),
    NotInDispute: N_("This CDR is not held, or somebody has decided already."),
    NotOurs: N_("This CDR is a partner's; only its operator can take it back."),
    NotServed: N_("Drivers cannot pay for this EVSE at this terminal."),
    NotTheirs: N_("Only the CPO that has this terminal does that."),
    NotRegistered: N_("We are not registered with this partner."),
    NoForm: N_("A station of this version cannot be asked that."),
    Offline: N_("Station %(station_id)s is not connected."),
    OfAnotherCpo: N_("This terminal is for %(party)s to speak of."),
    PartyTaken: N_("%(party)s speaks to us on another connection already, or is ourselves."),
    PartnerRefused: N_("The partner refused (HTTP %(http)s, OCPI %(status)s): %(message)s"),
    ReservationOver: N_("This reservation is over already."),
    NotAName: N_("A name has 1 to 60 printable characters and no space at its ends."),
    NotAllowed: N_("Your role does not allow this. Who could: %(could)s."),
    PasswordTooLong: N_("A password has at most 1000 characters."),
    PasswordTooShort: N_("A password has at least 12 characters."),
    StationExists: N_("Station %(station_id)s exists already. Its id is unique in the installation."),
    TooManyAttempts: N_("Too many attempts. Wait a minute and try again."),
    TooFarAhead: N_("The start has to be within a year from now."),
    TooSlow: N_("At this power it takes longer than a week. Ask for less energy or more power."),
    Unbillable: N_("The prices include taxes that are not named. Give each price its vat, or nothing could be billed."),
    UnfitKey: N_("The public key cannot be read, or is of a kind that cannot be used."),
    UnlikelyDigits: N_("No register has %(digits)s digits for whole kWh."),
    NoMainsExchange: N_(
        "A mains meter is exchanged at a location where it was read, not ahead, and what both showed then is known."
    ),
    UnknownMainsExchange: N_("No such exchange of a mains meter is noted."),
    UnreadableReadings: N_("Line %(line)s is no reading. The columns are location_id, meter, at and kwh."),
    UnfitTls: N_("What is given cannot guard the line: %(why)s"),
    UnfitPolicy: N_("A switch cannot stand like that: %(why)s"),
    UnknownAccount: N_("There is no such account."),
    UnknownBooking: N_("There is no such booking."),
    UnknownBookingLocation: N_("Nothing like that can be booked."),
    UnknownCdr: N_("There is no such CDR."),
    UnknownConnection: N_("There is no such partner."),
    UnknownDispute: N_("This CDR passed its check."),
    NoMonth: N_("A report is of months, as 2026-11, and the first is not after the last."),
    UnknownDoubt: N_("There is no such open doubt."),
    AlreadyReversed: N_("This entry was taken back before: %(why)s"),
    ClosedInOrder: N_("%(month)s was closed with %(last)s."),
    MonthClosed: N_("This month is closed. Correct it by an entry of a month that is open."),
    MonthNotOver: N_("A month is closed when it is over."),
    NotADay: N_("There is no such day yet, or ever. One is written as 2026-11-22."),
    NotAMonth: N_("A month is written as 2026-11."),
    NotAnAccount: N_("There is no account %(text)s."),
    ReversalIsFinal: N_("This entry takes another one back, and stays."),
    ReversalWithoutReason: N_("Say why the entry is taken back."),
    UnfitNumber: N_("The number of an account has 1 to 10 digits, and its name 1 to 100 characters."),
    UndoneElsewhere: N_("This entry is undone where it came from, as its page says."),
    UnknownEntry: N_("There is no such entry."),
    WhichCurrency: N_("A SIE file is of one currency: choose one."),
    YearsApart: N_("These are not months of one year, the first not after the last."),
    TooLarge: N_("This is more than %(bound)s, the most that is read here. Nothing of it was done."),
    UnknownEvse: N_("There is no such EVSE."),
    UnknownExchange: N_("There is no such exchange, or it is longer ago than they are kept."),
    UnknownHub: N_("There is no such hub."),
    NotAVatNumber: N_("That is no VAT number; one is written like SE556677889901 or NL123456789B01."),
    NotAnEndpoint: N_("That is no electronic address; one is written like 0007:5566778899."),
    NotIssuedYet: N_("This invoice is not issued yet; there is nothing for machines."),
    NoVatNumber: N_("The seller has no VAT number, and an electronic invoice with VAT names it."),
    UnknownInvoice: N_("There is no such invoice."),
    UnknownDebtor: N_("There is no such debtor."),
    NotAnEmail: N_("This is no e-mail address: name@example.com is meant."),
    NowhereToSend: N_("The buyer has no e-mail address; give it one first."),
    UnknownBankEntry: N_("There is no such movement."),
    AlreadyDecided: N_("It is known already what this movement is."),
    NotDecided: N_("Nobody has said yet what this movement is."),
    WentBack: N_("The bank took this movement back: say first that the other one is something else."),
    WhyNot: N_("Say why the movement is not what was said."),
    WhoseIsIt: N_("Say of which debtor it is, or of which account of the ledger."),
    NotAStatement: N_("This is no bank statement as camt.053 version 02 or 08 has it: %(place)s: %(why)s"),
    CreditWithoutReason: N_("Say why the invoice is credited."),
    NothingOnAccount: N_(
        "%(by_providers)s %(currency)s can be given back here; what came by the bank goes back from there."
    ),
    RefundWithoutReason: N_("Say why it is paid back."),
    NothingLost: N_("Nothing of this invoice is overdue."),
    BeingPaidStill: N_("A payment for this invoice is under way; look again once it is through."),
    StillWrittenOff: N_("This invoice is written off; take that back before you credit it."),
    NotWrittenOff: N_("Nothing of this invoice is written off."),
    LossWithoutReason: N_("Say why, in three letters or more."),
    NothingToCredit: N_("Nothing of this invoice is left to credit."),
    NotOverdue: N_("Nobody has to be reminded of this invoice now."),
    RemindersStopped: N_("Reminders of this invoice were stopped."),
    StopWithoutReason: N_("Say why nobody shall be reminded of this invoice."),
    UnknownKey: N_("There is no such key in use."),
    UnknownLocation: N_("There is no such location."),
    UnknownMeter: N_("There is no such meter."),
    UnknownModule: N_("Nothing of this name goes through a hub."),
    UnknownProof: N_("There is no such signed record."),
    UnknownRecord: N_("There is no such record of an invoice."),
    UnknownSettlement: N_("There is no such settlement."),
    UnknownFile: N_("There is no such table."),
    UnknownHost: N_("There is no such host."),
    UnknownAgreement: N_("There is no such agreement."),
    CannotMove: N_("From where this settlement stands, that cannot be done."),
    NotOverYet: N_("This month is not over yet."),
    EarlierOpen: N_("Propose %(earlier)s first: months are proposed in their order."),
    SettlementNoReason: N_("Say why, in 3 to 500 characters."),
    NotInSettlement: N_("This CDR is not in the settlement."),
    NotSaidYet: N_("Its statement goes out once it is proposed."),
    SettlesWithItself: N_("A party does not settle with itself."),
    UnknownReservation: N_("There is no such reservation."),
    UnknownSession: N_("There is no such session."),
    UnknownStation: N_("There is no station %(station_id)s."),
    UnknownTariff: N_("There is no such tariff."),
    UnknownPayment: N_("There is no such payment."),
    UnknownTicket: N_("There is no charge of this address."),
    UnknownCard: N_("There is no such card. It may have been removed."),
    NoCardsKept: N_("No cards can be stored here yet."),
    EnoughCards: N_("Ten cards are enough. Remove one first."),
    LastCard: N_("Your charges are paid by this card. Store another one first."),
    NotSold: N_("Nobody can pay by card or phone here. Charge with a card or an app."),
    EnoughReceipts: N_("The receipt was mailed three times already. It stands on this page."),
    TooManyPay: N_("You began to pay here very often. Wait a minute and try again."),
    UnfitMail: N_("This is no e-mail address: name@example.com is meant."),
    UnknownMail: N_("There is no such mail."),
    UnknownPaymentAccount: N_("There is no such payment account."),
    UnknownRefund: N_("There is no such refund."),
    UnknownTerminal: N_("There is no such terminal."),
    UnknownTask: N_("There is no such task."),
    UnknownTemplate: N_("There is no such template."),
    TaskOver: N_("This task is over already."),
    TemplateExists: N_("There is another template of this name: %(name)s"),
    NobodySelected: N_("No station is meant by this."),
    HalfSigned: N_("A signed update needs a certificate and a signature. With one of them it would not be signed."),
    UnfitTemplate: N_("A template names each variable once, and no secret: %(name)s"),
    UnknownToken: N_("Nobody knows this token."),
    UnknownVisit: N_("There is no such open visit."),
    Unstorable: N_("A text or a number in this cannot be kept."),
    EnoughLinks: N_("Enough links are on their way to this customer. Each works for 15 minutes."),
    LinkOver: N_("This link opens nothing any more. Ask for another one."),
    WrongNameOrPassword: N_("Name or password is wrong."),
}

NOT_FOUND = (
    NoForm,
    NotYours,
    UnknownBooking,
    UnknownBookingLocation,
    UnknownCdr,
    UnknownConnection,
    UnknownCustomer,
    UnknownDeparture,
    UnknownEntry,
    UnknownEvse,
    UnknownExchange,
    UnknownFleet,
    UnknownGridTariff,
    UnknownHub,
    UnknownBankEntry,
    UnknownInvoice,
    UnknownLocation,
    UnknownMeter,
    UnknownProof,
    UnknownRecord,
    UnknownSettlement,
    UnknownFile,
    UnknownHost,
    UnknownAgreement,
    UnknownSession,
    UnknownSite,
    UnknownStation,
    UnknownTariff,
    UnknownMail,
    UnknownCard,
    UnknownTicket,
    UnknownPayment,
    UnknownPaymentAccount,
    UnknownPlan,
    UnknownRefund,
    UnknownTerminal,
    UnknownTask,
    UnknownTemplate,
    UnknownToken,
    UnknownVehicle,
    UnknownZone,
)


def sentence(error: Refusal | Trouble, language: str) -> str:
    known = SENTENCES.get(type(error))
    if known is None:
        return str(error)
    say = translations(language).gettext
    facts = vars(error)
    if isinstance(error, NotAllowed):
        facts = {"could": ", ".join(say(TERMS[role]) for role in error.could)}
    return say(known) % facts
