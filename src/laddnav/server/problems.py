"""What the operator API answers to a refusal: an RFC 9457 problem document, and the one table of status numbers."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from laddnav.analytics.rules import NoMonth
from laddnav.billing.bank import AlreadyDecided, NotDecided, UnknownBankEntry, WentBack
from laddnav.billing.credits import NothingToCredit
from laddnav.billing.open_items import NothingOnAccount, NotOpen
from laddnav.billing.reminding import NotOverdue, RemindersStopped
from laddnav.billing.rules import UnknownDebtor, UnknownInvoice
from laddnav.bookings.rules import BookingOver, NothingToDecide, UnknownBooking, UnknownBookingLocation
from laddnav.cdrs.rules import AlreadyCredited, NotInDispute, NotOurs, UnknownCdr, UnknownDispute
from laddnav.customers.home import HomeTaken, UnknownHome
from laddnav.customers.months import NotThen
from laddnav.customers.offered import PlanExists, UnknownPlan
from laddnav.customers.rules import ContractTaken, UnknownContract, UnknownCustomer
from laddnav.customers.subscribed import NotSubscribed, PlanNotSold, SubscribedAlready, TermWaits, TooEarly
from laddnav.customers.vouchers import UnknownBatch
from laddnav.fleets.rules import FleetExists, NotSwappable, SignTaken, UnknownDeparture, UnknownFleet, UnknownVehicle
from laddnav.kit import json
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ledger.origin import UndoneElsewhere
from laddnav.ledger.rules import (
    AlreadyReversed,
    ClosedInOrder,
    MonthClosed,
    MonthNotOver,
    NotAMonth,
    ReversalIsFinal,
    UnknownEntry,
)
from laddnav.locations.rules import (
    CarThere,
    EvseTaken,
    LowerProfile,
    MaintenanceOver,
    NoStation,
    StationExists,
    UidTaken,
    UnknownConnector,
    UnknownEvse,
    UnknownLocation,
    UnknownMaintenance,
    UnknownStation,
)
from laddnav.mail.rules import UnknownMail
from laddnav.market.rules import NotFollowed, UnknownGridTariff
from laddnav.market.zones import UnknownZone
from laddnav.meters.rules import AlreadyRegistered, NotHeld, UnknownMeter, UnknownProof
from laddnav.mqtt.rules import UnderAnother, UnknownBroker, UnknownChargePoint, UnknownSource
from laddnav.ocpi.commands.asked import UnknownCommand
from laddnav.ocpi.commands.commands import NotCapable
from laddnav.ocpi.connections.examining import ExaminedAlready, NeverExamined
from laddnav.ocpi.operate.outbox import UnknownDelivery
from laddnav.ocpi.rules import PartyTaken, SharedLine, UnknownConnection, UnknownExchange
from laddnav.ocpi.wire.handshake import NotNow
from laddnav.ocpp.cures.rules import CureUnderWay, NotIll, SomebodyCharges, UnknownRule
from laddnav.ocpp.reports import UnknownReport
from laddnav.ocpp.rules import NoAnswer, Offline
from laddnav.ocpp.security.authorities import UnknownAuthority
from laddnav.ocpp.security.roots import UnknownRoot
from laddnav.ocpp.security.signing import UnknownCertificate
from laddnav.ocpp.tasks.rules import TaskOver, TemplateExists, UnknownTask, UnknownTemplate
from laddnav.openadr.rules import UnknownResource, UnknownVtn
from laddnav.parties.rules import AlreadyOurs, UnknownParty
from laddnav.payments.card import UnknownCard
from laddnav.payments.rules import (
    BeyondSupport,
    NotAlone,
    NotTheirs,
    PaymentOver,
    RefundDecided,
    UnknownConfirmation,
    UnknownPayment,
    UnknownPaymentAccount,
    UnknownRefund,
    UnknownTerminal,
    UnknownTicket,
)
from laddnav.people.api import NotYours, TooLarge
from laddnav.people.rules import LastAdmin, NameTaken, NotAllowed, UnknownAccount, UnknownKey, UnknownVisit
from laddnav.readings.actions import UnknownDoubt
from laddnav.readings.rules import UnknownMainsExchange
from laddnav.reconciliation.rules import NotOurRecord, UnknownRecord
from laddnav.reservations.rules import NotReservable, ReservationOver, UnknownReservation
from laddnav.sessions.routes import TokenRefused
from laddnav.sessions.rules import AlreadyEnded, EvseBusy, UnknownSession
from laddnav.settlement.matching import UnknownFile
from laddnav.settlement.rules import (
    CannotMove,
    EarlierOpen,
    NotInSettlement,
    NotOverYet,
    NotSaidYet,
    UnknownSettlement,
)
from laddnav.settlement.sharing import UnknownAgreement, UnknownHost
from laddnav.sites.rules import MemberElsewhere, NoPlan, UnknownMember, UnknownSite
from laddnav.tariffs.rules import UnknownTariff
from laddnav.tokens.rules import UnknownToken


class NoKey(Refusal):
    """The operator API is opened by a key: `Authorization: Bearer KEY`."""

    def __init__(self) -> None:
        super().__init__("Show a key that is in use: `Authorization: Bearer KEY`; `laddnav api-key create` makes one")


class NoSuchPath(Refusal):
    """The operator API has nothing at this path."""


class NotThisMethod(Refusal):
    """There is something at this path, and it answers to other methods."""


class UnknownDeadJob(Refusal):
    """No dead job of this id is known here."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"No dead job {job_id} is known here")


# Whatever is not here is a request that was understood and cannot be granted as it stands: 422.
STATUS: dict[type[Exception], int] = {
    NoMonth: 400,
    NotAMonth: 400,
    Unreadable: 400,
    NoKey: 401,
    NotAllowed: 403,
    NotAlone: 403,
    BeyondSupport: 403,
    SharedLine: 403,
    TokenRefused: 403,
    NeverExamined: 404,
    NoSuchPath: 404,
    NotYours: 404,
    UnknownAuthority: 404,
    UnknownBooking: 404,
    UnknownBookingLocation: 404,
    UnknownCdr: 404,
    UnknownCertificate: 404,
    UnknownConfirmation: 404,
    UnknownConnection: 404,
    UnknownConnector: 404,
    UnknownDeadJob: 404,
    UnknownDebtor: 404,
    UnknownDelivery: 404,
    UnknownDeparture: 404,
    UnknownDispute: 404,
    UnknownDoubt: 404,
    UnknownMainsExchange: 404,
    UnknownReport: 404,
    NotFollowed: 404,
    UnknownEntry: 404,
    UnknownEvse: 404,
    UnknownFleet: 404,
    UnknownGridTariff: 404,
    UnknownZone: 404,
    UnknownExchange: 404,
    UnknownInvoice: 404,
    UnknownBankEntry: 404,
    AlreadyDecided: 409,
    NotDecided: 409,
    WentBack: 409,
    NothingOnAccount: 409,
    NothingToCredit: 409,
    NotOpen: 404,
    NotOverdue: 409,
    RemindersStopped: 409,
    UnknownLocation: 404,
    UnknownMaintenance: 404,
    UnknownMeter: 404,
    UnknownParty: 404,
    UnknownPaymentAccount: 404,
    UnknownPayment: 404,
    UnknownTicket: 404,
    UnknownCard: 404,
    UnknownMail: 404,
    UnknownRefund: 404,
    UnknownProof: 404,
    UnknownRecord: 404,
    UnknownSettlement: 404,
    UnknownFile: 404,
    UnknownHost: 404,
    UnknownAgreement: 404,
    CannotMove: 409,
    NotOverYet: 409,
    EarlierOpen: 409,
    NotInSettlement: 409,
    NotSaidYet: 409,
    UnknownReservation: 404,
    UnknownRoot: 404,
    UnknownCommand: 404,
    UnknownSession: 404,
    NoPlan: 404,
    UnknownMember: 404,
    UnknownSite: 404,
    UnknownBroker: 404,
    UnknownChargePoint: 404,
    UnknownSource: 404,
    UnderAnother: 409,
    UnknownVtn: 404,
    UnknownResource: 404,
    UnknownStation: 404,
    UnknownAccount: 404,
    UnknownBatch: 404,
    UnknownContract: 404,
    UnknownCustomer: 404,
    UnknownHome: 404,
    UnknownKey: 404,
    UnknownPlan: 404,
    UnknownVisit: 404,
    UnknownTariff: 404,
    UnknownTerminal: 404,
    UnknownToken: 404,
    UnknownRule: 404,
    UnknownTask: 404,
    UnknownTemplate: 404,
    UnknownVehicle: 404,
    TaskOver: 409,
    TemplateExists: 409,
    NotThisMethod: 405,
    AlreadyCredited: 409,
    AlreadyEnded: 409,
    AlreadyOurs: 409,
    AlreadyRegistered: 409,
    AlreadyReversed: 409,
    BookingOver: 409,
    CarThere: 409,
    UidTaken: 409,
    ClosedInOrder: 409,
    ContractTaken: 409,
    CureUnderWay: 409,
    EvseBusy: 409,
    FleetExists: 409,
    NotSwappable: 409,
    HomeTaken: 409,
    LastAdmin: 409,
    NameTaken: 409,
    NotSubscribed: 409,
    NotThen: 409,
    PlanExists: 409,
    PlanNotSold: 409,
    SubscribedAlready: 409,
    TermWaits: 409,
    TooEarly: 409,
    SignTaken: 409,
    EvseTaken: 409,
    ExaminedAlready: 409,
    LowerProfile: 409,
    MaintenanceOver: 409,
    MemberElsewhere: 409,
    NoStation: 409,
    MonthClosed: 409,
    MonthNotOver: 409,
    NotIll: 409,
    NotCapable: 409,
    SomebodyCharges: 409,
    NotInDispute: 409,
    NotOurRecord: 409,
    NotOurs: 409,
    NotHeld: 409,
    NothingToDecide: 409,
    NotReservable: 409,
    NotTheirs: 409,
    NotNow: 409,
    Offline: 409,
    PartyTaken: 409,
    PaymentOver: 409,
    RefundDecided: 409,
    ReservationOver: 409,
    ReversalIsFinal: 409,
    UndoneElsewhere: 409,
    StationExists: 409,
    TooLarge: 413,
    NoAnswer: 504,
}
HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}
KIND = "application/problem+json"


def status_of(error: Refusal | Trouble) -> int:
    named = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
    return named or (503 if isinstance(error, Trouble) else 422)


def problem(error: Refusal | Trouble) -> Response:
    """`type` names the refusal, `title` is its message, `detail` what it says about this request."""
    title = (type(error).__doc__ or "").strip().splitlines()[0]
    return _answer(type(error).__name__, title, str(error) or title, status_of(error))


def fault() -> Response:
    """Something of ours broke; what it was is in the log, not here."""
    return _answer("Fault", "Something broke here; it is written down.", "Try again, or tell whoever runs this", 500)


def _answer(name: str, title: str, detail: str, status: int) -> Response:
    words: dict[str, Any] = {
        "type": f"urn:laddnav:problem:{re.sub(r'(?<!^)(?=[A-Z])', '-', name).lower()}",
        "title": title,
        "status": status,
        "detail": detail,
    }
    return Response(json.encode(words), status, HEADERS.get(status), KIND)
