"""The words of the pages: the languages they are kept in, and for each state of a thing its word, colour and shape."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from msgspec import Struct

LANGUAGES = {"en": "English", "sv": "Svenska"}
LOCALES = {"en": "en_GB", "sv": "sv_SE"}  # whose numbers and dates a language is written with

_LOCALE = Path(__file__).parent / "locale"


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language, read from its .po as it stands: nothing compiled is older. English is the source."""
    path = _LOCALE / language / "LC_MESSAGES" / "laddnav.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def spoken(wanted: str | None, accepted: str = "") -> str:
    """The one that was chosen, else the first of the browser's Accept-Language that we speak."""
    if wanted in LANGUAGES:
        return wanted
    for each in accepted.split(","):
        language = each.split(";")[0].strip().lower().split("-")[0]
        if language in LANGUAGES:
            return language
    return "en"


def N_(text: str) -> str:
    """gettext's own name for a text that is translated where it is shown."""
    return text


class State(Struct, frozen=True):
    """How a state is shown: `tone` is a colour of style.css, `shape` a symbol of shapes.svg; no colour speaks alone."""

    word: str
    tone: str
    shape: str


# (kind of thing, its state as the rooms and the specification spell it) -> how it is shown.
STATES: dict[tuple[str, str], State] = {
    ("evse", "AVAILABLE"): State(N_("Available"), "good", "available"),
    ("evse", "CHARGING"): State(N_("Charging"), "live", "charging"),
    ("evse", "RESERVED"): State(N_("Reserved"), "hold", "reserved"),
    ("evse", "BLOCKED"): State(N_("Blocked"), "warn", "blocked"),
    ("evse", "INOPERATIVE"): State(N_("Inoperative"), "idle", "resting"),
    ("evse", "OUTOFORDER"): State(N_("Out of order"), "bad", "fault"),
    ("evse", "PLANNED"): State(N_("Planned"), "idle", "planned"),
    ("evse", "REMOVED"): State(N_("Removed"), "idle", "gone"),
    ("evse", "UNKNOWN"): State(N_("Unknown"), "idle", "unknown"),
    ("session", "PENDING"): State(N_("Pending"), "hold", "waiting"),
    ("session", "RESERVATION"): State(N_("Reserved"), "hold", "reserved"),
    ("session", "ACTIVE"): State(N_("Charging"), "live", "charging"),
    ("session", "SETTLING"): State(N_("Settling"), "warn", "waiting"),
    ("session", "COMPLETED"): State(N_("Completed"), "good", "done"),
    ("session", "INVALID"): State(N_("Invalid"), "bad", "fault"),
    ("station", "online"): State(N_("Online"), "good", "available"),
    ("station", "offline"): State(N_("Offline"), "bad", "fault"),
    ("station", "never"): State(N_("Never seen"), "idle", "unknown"),
    ("station", "waiting"): State(N_("Waits for you"), "warn", "waiting"),
    ("station", "held"): State(N_("Held back"), "hold", "reserved"),
    ("task", "RUNNING"): State(N_("Running"), "live", "charging"),
    ("task", "STOPPED"): State(N_("Stopped"), "warn", "blocked"),
    ("task", "DONE"): State(N_("Done"), "good", "done"),
    ("step", "WAITING"): State(N_("Waiting"), "hold", "waiting"),
    ("step", "UNDER_WAY"): State(N_("Under way"), "live", "charging"),
    ("step", "ASKED"): State(N_("Asked"), "live", "charging"),
    ("step", "FOLLOWED"): State(N_("At work"), "live", "charging"),
    ("step", "DONE"): State(N_("Done"), "good", "done"),
    ("step", "FAILED"): State(N_("Failed"), "bad", "fault"),
    ("cure", "ASKED"): State(N_("Asked"), "live", "charging"),
    ("cure", "TAKEN"): State(N_("The station does it"), "live", "charging"),
    ("cure", "UNANSWERED"): State(N_("No answer in time"), "warn", "waiting"),
    ("cure", "CURED"): State(N_("It helped"), "good", "done"),
    ("cure", "IN_VAIN"): State(N_("It did not help"), "bad", "fault"),
    ("cure", "REFUSED"): State(N_("Refused"), "bad", "gone"),
    ("noticed", "CRITICAL"): State(N_("Not seen"), "bad", "fault"),
    ("certificate", "VALID"): State(N_("Valid"), "good", "done"),
    ("certificate", "ENDING"): State(N_("Ends soon"), "warn", "waiting"),
    ("certificate", "ENDED"): State(N_("Ended"), "bad", "gone"),
    ("certificate", "ASKED"): State(N_("Being signed"), "hold", "waiting"),
    ("certificate", "REFUSED"): State(N_("Not signed"), "bad", "fault"),
    ("certificate", "NOT_TAKEN"): State(N_("Not taken by the station"), "bad", "fault"),
    ("certificate", "REVOKED"): State(N_("Revoked"), "idle", "gone"),
    ("connection", "INVITED"): State(N_("Invited"), "hold", "waiting"),
    ("connection", "REGISTERING"): State(N_("Registering"), "hold", "waiting"),
    ("connection", "CONNECTED"): State(N_("Connected"), "good", "available"),
    ("connection", "SUSPENDED"): State(N_("Suspended"), "warn", "blocked"),
    ("connection", "REMOVED"): State(N_("Removed"), "idle", "gone"),
    ("delivery", "waiting"): State(N_("Waiting"), "hold", "waiting"),
    ("delivery", "retrying"): State(N_("Trying again"), "warn", "waiting"),
    ("delivery", "delivered"): State(N_("Delivered"), "good", "done"),
    ("delivery", "dead"): State(N_("Given up"), "bad", "fault"),
    ("exchange", "went well"): State(N_("Went well"), "good", "done"),
    ("exchange", "failed"): State(N_("Failed"), "bad", "fault"),
    ("handshake", "under way"): State(N_("Under way"), "live", "waiting"),
    ("handshake", "done"): State(N_("Done"), "good", "done"),
    ("handshake", "failed"): State(N_("Failed"), "bad", "fault"),
    ("handshake", "broken off"): State(N_("Broke off"), "warn", "gone"),
    ("invoice", "open"): State(N_("Open"), "hold", "waiting"),
    ("invoice", "issued"): State(N_("Issued"), "good", "done"),
    ("reconciliation", "sound"): State(N_("Adds up"), "good", "done"),
    ("reconciliation", "unsound"): State(N_("Look at it"), "warn", "waiting"),
    ("review", "ACCEPTED"): State(N_("Accepted"), "good", "done"),
    ("review", "DISPUTED"): State(N_("Held"), "warn", "waiting"),
    ("review", "REJECTED"): State(N_("Rejected"), "bad", "fault"),
    ("review", "SETTLED"): State(N_("Taken back"), "idle", "gone"),
    ("verdict", "match"): State(N_("Right"), "good", "done"),
    ("verdict", "within-rounding"): State(N_("Right, but for rounding"), "good", "done"),
    ("verdict", "not-verifiable"): State(N_("Not verifiable"), "hold", "unknown"),
    ("verdict", "mismatch"): State(N_("Wrong"), "bad", "fault"),
    ("token", "valid"): State(N_("Valid"), "good", "available"),
    ("token", "invalid"): State(N_("Not valid"), "bad", "fault"),
    ("token", "blocked"): State(N_("Blocked"), "warn", "blocked"),
    ("token", "expired"): State(N_("Expired"), "idle", "resting"),
    ("visit", "open"): State(N_("Open"), "good", "available"),
    ("visit", "ended"): State(N_("Ended"), "idle", "resting"),
    ("account", "active"): State(N_("Active"), "good", "available"),
    ("account", "disabled"): State(N_("Switched off"), "idle", "resting"),
    ("key", "active"): State(N_("Active"), "good", "available"),
    ("key", "revoked"): State(N_("Revoked"), "idle", "gone"),
    ("tariff", "valid"): State(N_("Valid now"), "good", "available"),
    ("tariff", "coming"): State(N_("Not valid yet"), "hold", "planned"),
    ("tariff", "over"): State(N_("No longer valid"), "idle", "gone"),
    ("finding", "error"): State(N_("Error"), "bad", "fault"),
    ("finding", "warning"): State(N_("Warning"), "warn", "blocked"),
    ("finding", "hint"): State(N_("Hint"), "idle", "unknown"),
    ("command", "asked"): State(N_("Asked"), "hold", "waiting"),
    ("command", "accepted"): State(N_("Accepted"), "live", "waiting"),
    ("command", "done"): State(N_("Done"), "good", "done"),
    ("command", "refused"): State(N_("Refused"), "bad", "gone"),
    ("command", "failed"): State(N_("Failed"), "bad", "fault"),
    ("command", "timed out"): State(N_("No answer in time"), "warn", "waiting"),
    ("command", "canceled"): State(N_("Taken back"), "idle", "gone"),
    ("client", "CONNECTED"): State(N_("Connected"), "good", "available"),
    ("client", "OFFLINE"): State(N_("Offline"), "bad", "fault"),
    ("client", "PLANNED"): State(N_("Planned"), "idle", "planned"),
    ("client", "SUSPENDED"): State(N_("Removed"), "idle", "gone"),
    ("passed", "granted"): State(N_("Granted"), "good", "done"),
    ("passed", "refused"): State(N_("Refused"), "bad", "gone"),
    ("calibration", "GOOD"): State(N_("Calibrated"), "good", "done"),
    ("calibration", "ENDING"): State(N_("Ends soon"), "warn", "waiting"),
    ("calibration", "OVER"): State(N_("Has ended"), "bad", "fault"),
    ("calibration", "UNKNOWN"): State(N_("Not said"), "idle", "unknown"),
    ("proof", "PROVED"): State(N_("Proved"), "good", "done"),
    ("proof", "HELD"): State(N_("Held"), "warn", "waiting"),
    ("proof", "ACCEPTED"): State(N_("Accepted"), "good", "done"),
    ("proof", "REJECTED"): State(N_("Rejected"), "bad", "gone"),
    ("terminal", "active"): State(N_("Active"), "good", "available"),
    ("terminal", "unassigned"): State(N_("Serves nothing yet"), "warn", "waiting"),
    ("terminal", "inactive"): State(N_("Given up"), "idle", "gone"),
    ("capture", "SUCCESS"): State(N_("Captured"), "good", "done"),
    ("capture", "PARTIAL_SUCCESS"): State(N_("Captured in part"), "warn", "done"),
    ("capture", "FAILED"): State(N_("Failed"), "bad", "fault"),
    ("booking", "waiting"): State(N_("Waits for an answer"), "warn", "waiting"),
    ("booking", "PENDING"): State(N_("Waits for an answer"), "warn", "waiting"),
    ("booking", "RESERVED"): State(N_("Reserved"), "hold", "reserved"),
    ("booking", "FULFILLED"): State(N_("The driver came"), "good", "done"),
    ("booking", "CANCELED"): State(N_("Cancelled"), "idle", "gone"),
    ("booking", "NO_SHOW"): State(N_("Nobody came"), "warn", "gone"),
    ("booking", "REJECTED"): State(N_("Declined"), "bad", "gone"),
    ("booking", "FAILED"): State(N_("Not decided in time"), "bad", "fault"),
    ("booking", "UNKNOWN"): State(N_("Unknown"), "idle", "unknown"),
    ("request", "PENDING"): State(N_("Waits for an answer"), "warn", "waiting"),
    ("request", "ACCEPTED"): State(N_("Accepted"), "good", "done"),
    ("request", "DECLINED"): State(N_("Declined"), "bad", "gone"),
    ("request", "FAILED"): State(N_("Not decided in time"), "bad", "fault"),
}


def state(kind: str, value: str) -> State:
    """A state nobody here has a word for (a newer specification's) is shown as it is spelt."""
    return STATES.get((kind, value)) or State(value, "idle", "unknown")


# What else the specification spells in capitals and a person should not have to.
TERMS: dict[str, str] = {
    "SILENT": N_("The station is not heard"),
    "MUTE": N_("The station is connected and says nothing"),
    "FAULTED": N_("It is faulted"),
    "ENDLESS": N_("A charge without an end"),
    "STUCK": N_("A plug is stuck"),
    "ATTACKED": N_("It noticed what may be an attack"),
    "ALERTING": N_("A monitor of it alerts"),
    "TOUCHED": N_("It restarted, was updated or had its clock set"),
    "UNLOCK": N_("Let go of the plug"),
    "CLOSE": N_("End the charge"),
    "BEAT": N_("Have it say something, and set its clock"),
    "MAINTENANCE": N_("Maintenance"),
    "GRID": N_("No power from the grid"),
    "INTERNET": N_("No connection"),
    "VANDALISM": N_("Vandalism"),
    "DISASTER": N_("Disaster"),
    "VEHICLE": N_("A vehicle caused it"),
    "CERTIFICATE_STATION": N_("To us"),
    "CERTIFICATE_V2G": N_("To cars (ISO 15118-2)"),
    "CERTIFICATE_V2G_20": N_("To cars (ISO 15118-20)"),
    "CONFIGURE": N_("Set up by a template"),
    "CHECK": N_("Check against a template"),
    "FIRMWARE": N_("Firmware"),
    "LOCAL_LIST": N_("List of cards"),
    "RESET": N_("Reset"),
    "DIAGNOSTICS": N_("Diagnostics"),
    "SECURITY_LOG": N_("Security log"),
    "CLEAR_CACHE": N_("Clear the cache"),
    "AVAILABILITY": N_("Availability"),
    "MOVE": N_("Move to another central system"),
    "ENERGY": N_("Energy"),
    "FLAT": N_("Start fee"),
    "TIME": N_("Charging time"),
    "PARKING_TIME": N_("Parking time"),
    "PRICE_MIN": N_("Lowest price"),
    "PRICE_MAX": N_("Highest price"),
    "RESERVATION": N_("Reservation"),
    "RESERVATION_TIME": N_("Reserved time"),
    "RESERVATION_FLAT": N_("Reservation fee"),
    "TOTAL": N_("The whole charge"),
    "VAT": N_("VAT"),
    "total_cost": N_("Total"),
    "total_fixed_cost": N_("Start fee"),
    "total_energy_cost": N_("Cost of energy"),
    "total_time_cost": N_("Cost of charging time"),
    "total_parking_cost": N_("Cost of parking"),
    "total_reservation_cost": N_("Cost of the reservation"),
    "total_energy": N_("Energy"),
    "total_time": N_("Lasted"),
    "total_parking_time": N_("Of it parked"),
    "POWER_OUTAGE": N_("No power"),
    "BROKEN_CHARGER": N_("The station is broken"),
    "FULL": N_("All EVSEs are taken"),
    "BLOCKED": N_("The EVSE cannot be reached"),
    "TRAFFIC": N_("Held up in traffic"),
    "OPEN": N_("Nothing to open"),
    "TOKEN": N_("By token"),
    "LICENSE_PLATE": N_("By number plate"),
    "ACCESS_CODE": N_("By code"),
    "INTERCOM": N_("By intercom"),
    "PARKING_TICKET": N_("By parking ticket"),
    "BROKEN_VEHICLE": N_("The car is broken"),
    "forwarded": N_("Passed on"),
    "broadcast": N_("Told to all"),
    "listed": N_("From what the hub keeps"),
    "refused": N_("Refused"),
    "viewer": N_("Viewer"),
    "operator": N_("Operator"),
    "admin": N_("Administrator"),
    "RFID": N_("Card"),
    "APP_USER": N_("App"),
    "AD_HOC_USER": N_("Ad hoc"),
    "OTHER": N_("Other"),
    "AUTH_REQUEST": N_("Asked the eMSP"),
    "COMMAND": N_("Remote start"),
    "WHITELIST": N_("Whitelist"),
    "ALWAYS": N_("Always"),
    "ALLOWED": N_("Allowed"),
    "ALLOWED_OFFLINE": N_("When offline"),
    "NEVER": N_("Never"),
    "Local": N_("Stopped by the driver"),
    "Remote": N_("Stopped remotely"),
    "EVDisconnected": N_("The car was unplugged"),
    "DeAuthorized": N_("The token was no longer accepted"),
    "EmergencyStop": N_("Emergency stop"),
    "PowerLoss": N_("Power loss"),
    "Reboot": N_("The station restarted"),
    "Other": N_("Other reason"),
    "UNDER_WAY": N_("Not over yet"),
    "REFUSED": N_("Not allowed, or never begun"),
    "NOT_CLOSED": N_("Over, and without a CDR"),
    "CREDITED": N_("The CDR was taken back"),
    "UNEXPLAINED": N_("Nothing says why"),
    "BACKWARD_REGISTER": N_("The register went backwards"),
    "ROLLOVER": N_("The register counted to its end and on"),
    "METER_EXCHANGED": N_("Another meter counts"),
    "JUMP": N_("The register jumped"),
    "POWER_IMPLAUSIBLE": N_("More power than the EVSE can give"),
    "GAP": N_("A gap between readings"),
    "NO_READINGS": N_("No readings between start and stop"),
    "LATE_READING": N_("A reading came late"),
    "REGISTER_BEFORE_START": N_("A register from before the start"),
    "READING_AFTER_STOP": N_("A reading from after the stop"),
    "START_UNKNOWN": N_("No register at the start"),
    "STOP_UNKNOWN": N_("No register at the stop"),
    "STOP_LOST": N_("The station has lost the end: closed with what was known"),
    "START_DISAGREES": N_("Start and its sample say different registers"),
    "STOP_DISAGREES": N_("Stop and its sample say different registers"),
    "STOP_WITHOUT_START": N_("A stop without a start"),
    "UNKNOWN_EVSE": N_("A session at an EVSE that is not attached"),
    "OVERLAP": N_("Two sessions at one EVSE at the same time"),
    "CLOCK_OFF": N_("The times of the station cannot all be true"),
    "BEGIN": N_("At the start"),
    "BETWEEN": N_("In between"),
    "END": N_("At the end"),
    "SYNCHRONISED": N_("set"),
    "RELATIVE": N_("counts from its start"),
    "INFORMATIVE": N_("for information only"),
    "METER": N_("the meter itself or its papers"),
    "STATION": N_("the station, confirmed by a person"),
    "FIRST_USE": N_("the station, trusted at first use and not confirmed"),
    "UNPROVED": N_("What the meter signed does not hold, and nothing is billed"),
    "SIGNED_OTHERWISE": N_("The meter signed another amount, and nothing is billed"),
    "AC_1_PHASE": N_("AC, one phase"),
    "AC_2_PHASE": N_("AC, two phases"),
    "AC_3_PHASE": N_("AC, three phases"),
    "DC": N_("DC"),
    "SOCKET": N_("socket"),
    "CABLE": N_("cable"),
    "IEC_62196_T2": N_("Type 2"),
    "IEC_62196_T2_COMBO": N_("CCS"),
    "CHADEMO": N_("CHAdeMO"),
    "ISO_15118_2_PLUG_AND_CHARGE": N_("Plug & Charge"),
    "ISO_15118_20_PLUG_AND_CHARGE": N_("Plug & Charge"),
    "MOTORCYCLE": N_("motorcycles"),
    "PERSONAL_VEHICLE": N_("cars"),
    "PERSONAL_VEHICLE_WITH_TRAILER": N_("cars with a trailer"),
    "VAN": N_("vans"),
    "SEMI_TRACTOR": N_("tractors without a trailer"),
    "RIGID": N_("rigid trucks"),
    "TRUCK_WITH_TRAILER": N_("trucks with a trailer"),
    "BUS": N_("buses"),
    "DISABLED": N_("drivers with a disabled parking permit"),
    "PARALLEL": N_("along the road"),
    "PERPENDICULAR": N_("across the road"),
    "ANGLE": N_("at an angle to the road"),
    "LEFT": N_("the station is on the left"),
    "RIGHT": N_("the station is on the right"),
    "CENTER": N_("the station is at the end"),
    "MONDAY": N_("Monday"),
    "TUESDAY": N_("Tuesday"),
    "WEDNESDAY": N_("Wednesday"),
    "THURSDAY": N_("Thursday"),
    "FRIDAY": N_("Friday"),
    "SATURDAY": N_("Saturday"),
    "SUNDAY": N_("Sunday"),
}
