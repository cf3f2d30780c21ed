"""What can be wrong with a Tariff: each kind with its weight, and its sentences in English and Swedish.

`docs/reference/lint.md` explains every code; a test sees to it that it lists exactly these.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.power import Power
from laddnav.kit.time import rfc3339
from laddnav.tariffs.model import Restriction, TariffDimension
from laddnav.tariffs.words import length, number, when

MOST_FINDINGS = 1_000  # nobody reads more, and a hostile tariff could have a million


class Severity(StrEnum):
    """An error changes or voids a price; a warning probably does; a hint is for those who want it clean."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


class Code(StrEnum):
    """Those from MISSING_TAX_INCLUDED on can only be seen in the JSON as it came."""

    UNREACHABLE_COMPONENT = "unreachable-component"
    DUPLICATE_COMPONENT = "duplicate-component"
    GAP = "gap"
    PARTLY_FREE = "partly-free"
    CROSSED_LIMITS = "crossed-limits"
    NEVER_MATCHES = "never-matches"
    EQUAL_WINDOW = "equal-window"
    NEEDLESS_WINDOW = "needless-window"
    ALL_WEEKDAYS = "all-weekdays"
    RESERVATION_DIMENSION = "reservation-dimension"
    VAT_NOT_APPLICABLE = "vat-not-applicable"
    TAX_NOT_NAMED = "tax-not-named"
    PER_MINUTE_PRICE = "per-minute-price"
    NEGATIVE_PRICE = "negative-price"
    UNUSED_STEP_SIZE = "unused-step-size"
    STEP_SIZE_UNIT = "step-size-unit"
    LARGE_STEP_SIZE = "large-step-size"
    UNKNOWN_CURRENCY = "unknown-currency"
    PRICE_IN_TEXT = "price-in-text"
    FREE_SHAPE = "free-shape"
    TOO_ENTANGLED = "too-entangled"
    MISSING_TAX_INCLUDED = "missing-tax-included"
    MISSING_FIELD = "missing-field"
    UNKNOWN_FIELD = "unknown-field"
    NEEDLESS_NULL = "needless-null"
    WRONG_TYPE = "wrong-type"
    WRONG_CASE = "wrong-case"
    UNKNOWN_VALUE = "unknown-value"
    MALFORMED = "malformed"
    EMPTY_LIST = "empty-list"
    TOO_LONG = "too-long"
    UNREADABLE = "unreadable"


_ERRORS = {
    Code.UNREACHABLE_COMPONENT,
    Code.DUPLICATE_COMPONENT,
    Code.CROSSED_LIMITS,
    Code.NEVER_MATCHES,
    Code.RESERVATION_DIMENSION,
    Code.UNKNOWN_CURRENCY,
    Code.MISSING_TAX_INCLUDED,
    Code.MISSING_FIELD,
    Code.WRONG_TYPE,
    Code.WRONG_CASE,
    Code.UNKNOWN_VALUE,
    Code.MALFORMED,
    Code.UNREADABLE,
}
_HINTS = {
    Code.PARTLY_FREE,
    Code.NEEDLESS_WINDOW,
    Code.ALL_WEEKDAYS,
    Code.TAX_NOT_NAMED,
    Code.NEGATIVE_PRICE,
    Code.UNUSED_STEP_SIZE,
    Code.LARGE_STEP_SIZE,
    Code.FREE_SHAPE,
    Code.TOO_ENTANGLED,
    Code.NEEDLESS_NULL,
}
SEVERITY = MappingProxyType(
    {
        code: Severity.ERROR if code in _ERRORS else Severity.HINT if code in _HINTS else Severity.WARNING
        for code in Code
    }
)


class Why(StrEnum):
    """Why a restriction can never hold."""

    BELOW_NOTHING = "BELOW_NOTHING"
    NO_SUCH_DAY = "NO_SUCH_DAY"
    NOT_VALID_THEN = "NOT_VALID_THEN"
    NO_ENERGY_YET = "NO_ENERGY_YET"
    NOT_A_RESERVATION = "NOT_A_RESERVATION"


Fact = str | int | Decimal | Energy | Power | date | datetime | time | timedelta | Restriction | Why


class Found(Struct, frozen=True, kw_only=True):
    """A finding before it is put into words. `pointer` leads into the Tariff as OCPI writes it (RFC 6901)."""

    code: Code
    pointer: str
    facts: dict[str, Fact] = {}


class Finding(Struct, frozen=True, kw_only=True):
    """What is wrong, where, and what to do about it."""

    code: Code
    severity: Severity
    pointer: str
    message: str
    fix: str


# (what is wrong, what to do)
_ENGLISH: dict[Code, tuple[str, str]] = {
    Code.UNREACHABLE_COMPONENT: (
        "This {dimension} price is never used: wherever it could apply, an earlier element does.",
        "Move its element up, before {by}, or take it out.",
    ),
    Code.DUPLICATE_COMPONENT: (
        "The price of {dimension} at {by} has the same conditions, and only the first one counts.",
        "Keep one of the two.",
    ),
    Code.GAP: (
        "There are times at which {dimension} has no price and is free: for example {when}.",
        "Add a last element without restrictions that has a price for it; 0 if it is meant to be free.",
    ),
    Code.PARTLY_FREE: (
        "There are times at which {dimension} has no price and is free: for example {when}.",
        "If that is meant, a last element without restrictions and a price of 0 says so; if not, give it its price.",
    ),
    Code.CROSSED_LIMITS: (
        "{lower} is {low} and {upper} is {high}: nothing lies between them.",
        "Swap them, or correct the one that is wrong.",
    ),
    Code.NEVER_MATCHES: ("This can never hold: {why}.", "Correct it, or take it out."),
    Code.EQUAL_WINDOW: (
        "start_time and end_time are both {time}. We read that as the whole day; others read it as never.",
        "Leave both out for the whole day, or correct one of them.",
    ),
    Code.NEEDLESS_WINDOW: ("This is the whole day, which restricts nothing.", "Leave start_time and end_time out."),
    Code.ALL_WEEKDAYS: ("All seven weekdays are listed, which restricts nothing.", "Leave day_of_week out."),
    Code.RESERVATION_DIMENSION: (
        "An element for reservations or bookings prices FLAT and TIME only; this {dimension} price is never used.",
        "Move it to an element without that restriction.",
    ),
    Code.VAT_NOT_APPLICABLE: (
        "tax_included is N/A, so no tax applies, yet a vat of {vat} % is named; it is not added.",
        "Leave vat out, or set tax_included to YES or NO.",
    ),
    Code.TAX_NOT_NAMED: (
        "The price includes its taxes, but nobody says how much of it is tax.",
        "Name the percentage in vat, if there is one.",
    ),
    Code.PER_MINUTE_PRICE: (
        "{price} {currency} is the price of an hour, and looks like that of a minute.",
        "OCPI prices time by the hour: write {per_hour} if {price} is meant for a minute.",
    ),
    Code.NEGATIVE_PRICE: (
        "{price} {currency} is less than nothing: who uses this is paid for it.",
        "Take the sign away if that is not meant; a min_price keeps the total from becoming negative.",
    ),
    Code.UNUSED_STEP_SIZE: ("A step_size of {step} changes nothing here.", "Write 1."),
    Code.STEP_SIZE_UNIT: (
        "A step_size of {step} counts {unit} here, and looks like {other}.",
        "Write it in {unit}; 1 is best.",
    ),
    Code.LARGE_STEP_SIZE: (
        "It is counted in whole steps of {step}, so nearly as much may be billed that nobody used.",
        "Keep step_size small; 1 is best, and OCPI 3.0 has none.",
    ),
    Code.UNKNOWN_CURRENCY: ("{currency} is no currency of ISO 4217.", "Write its three letters, such as EUR or SEK."),
    Code.PRICE_IN_TEXT: (
        "The text names a price, “{price}”, but the elements decide what is paid.",
        "Keep prices out of tariff_alt_text; say there only what the elements cannot.",
    ),
    Code.FREE_SHAPE: (
        "Everything is free, but not written the way OCPI writes it.",
        "One element without restrictions, with one FLAT component of price 0.",
    ),
    Code.TOO_ENTANGLED: (
        "It has too many elements to compare, so nobody looked for prices that are never used and for gaps.",
        "Split it into several tariffs.",
    ),
    Code.MISSING_TAX_INCLUDED: (
        "OCPI 2.3.0 requires tax_included, and without it nobody knows what is paid.",
        'Add "tax_included": "YES", "NO" or "N/A".',
    ),
    Code.MISSING_FIELD: ("The field {field} is required.", "Add it."),
    Code.UNKNOWN_FIELD: ("OCPI {version} has no field {field} here, so it is ignored.", "Take it out, or correct it."),
    Code.NEEDLESS_NULL: ("The field {field} is null, which says nothing.", "Leave the field out."),
    Code.WRONG_TYPE: (
        "The field {field} is of the JSON type {said}, and must be {wanted}.",
        "Write it as a JSON {wanted}.",
    ),
    Code.WRONG_CASE: ("“{said}” is spelt {wanted}.", "Write {wanted}."),
    Code.UNKNOWN_VALUE: ("“{said}” is none of {wanted}.", "Write one of them."),
    Code.MALFORMED: ("“{said}” is not written as OCPI writes it.", "Write {wanted}."),
    Code.EMPTY_LIST: ("The field {field} is an empty list.", "Fill it, or leave it out where it may be left out."),
    Code.TOO_LONG: ("The field {field} has {count} characters; {most} are allowed.", "Shorten it."),
    Code.UNREADABLE: ("This is not a tariff that can be read: {said}.", "Correct what it names."),
}

_SWEDISH: dict[Code, tuple[str, str]] = {
    Code.UNREACHABLE_COMPONENT: (
        "Det här priset för {dimension} används aldrig: överallt där det kunde gälla gäller ett tidigare element.",
        "Flytta upp dess element, före {by}, eller ta bort det.",
    ),
    Code.DUPLICATE_COMPONENT: (
        "{by} har redan ett pris för {dimension} under samma villkor, och bara det första räknas.",
        "Behåll ett av de två.",
    ),
    Code.GAP: (
        "Det finns tider då {dimension} inte har något pris och är gratis: till exempel {when}.",
        "Lägg till ett sista element utan villkor med ett pris för det; 0 om det ska vara gratis.",
    ),
    Code.PARTLY_FREE: (
        "Det finns tider då {dimension} inte har något pris och är gratis: till exempel {when}.",
        "Om det är meningen säger ett sista element utan villkor och med priset 0 det; annars ange priset.",
    ),
    Code.CROSSED_LIMITS: (
        "{lower} är {low} och {upper} är {high}: inget ligger mellan dem.",
        "Byt plats på dem, eller rätta den som är fel.",
    ),
    Code.NEVER_MATCHES: ("Det här kan aldrig gälla: {why}.", "Rätta det, eller ta bort det."),
    Code.EQUAL_WINDOW: (
        "start_time och end_time är båda {time}. Vi läser det som hela dygnet, andra som aldrig.",
        "Utelämna båda för hela dygnet, eller rätta en av dem.",
    ),
    Code.NEEDLESS_WINDOW: ("Det här är hela dygnet, vilket inte begränsar något.", "Utelämna start_time och end_time."),
    Code.ALL_WEEKDAYS: ("Alla sju veckodagar står här, vilket inte begränsar något.", "Utelämna day_of_week."),
    Code.RESERVATION_DIMENSION: (
        "Ett element för reservationer eller bokningar prissätter bara FLAT och TIME; priset för {dimension} "
        "används aldrig.",
        "Flytta det till ett element utan det villkoret.",
    ),
    Code.VAT_NOT_APPLICABLE: (
        "tax_included är N/A, så ingen skatt gäller, men en vat på {vat} % anges; den läggs inte till.",
        "Utelämna vat, eller sätt tax_included till YES eller NO.",
    ),
    Code.TAX_NOT_NAMED: (
        "Skatterna ingår i priset, men ingen säger hur stor del av det som är skatt.",
        "Ange procentsatsen i vat, om det finns en.",
    ),
    Code.PER_MINUTE_PRICE: (
        "{price} {currency} är priset för en timme, och ser ut som priset för en minut.",
        "OCPI prissätter tid per timme: skriv {per_hour} om {price} är menat för en minut.",
    ),
    Code.NEGATIVE_PRICE: (
        "{price} {currency} är mindre än ingenting: den som använder detta får betalt för det.",
        "Ta bort tecknet om det inte är meningen; ett min_price hindrar att summan blir negativ.",
    ),
    Code.UNUSED_STEP_SIZE: ("En step_size på {step} ändrar inget här.", "Skriv 1."),
    Code.STEP_SIZE_UNIT: (
        "En step_size på {step} räknas i {unit} här, men ser ut som {other}.",
        "Skriv den i {unit}; 1 är bäst.",
    ),
    Code.LARGE_STEP_SIZE: (
        "Det räknas i hela steg om {step}, så nästan lika mycket kan debiteras som ingen använt.",
        "Håll step_size liten; 1 är bäst, och OCPI 3.0 har ingen.",
    ),
    Code.UNKNOWN_CURRENCY: (
        "{currency} är ingen valuta i ISO 4217.",
        "Skriv dess tre bokstäver, till exempel EUR eller SEK.",
    ),
    Code.PRICE_IN_TEXT: (
        "Texten nämner ett pris, ”{price}”, men elementen avgör vad som betalas.",
        "Skriv inga priser i tariff_alt_text; säg där bara det som elementen inte kan.",
    ),
    Code.FREE_SHAPE: (
        "Allt är gratis, men det är inte skrivet så som OCPI skriver det.",
        "Ett element utan villkor, med en FLAT-komponent med priset 0.",
    ),
    Code.TOO_ENTANGLED: (
        "Den har för många element för att jämföras, så ingen letade efter priser som aldrig används och luckor.",
        "Dela upp den i flera tariffer.",
    ),
    Code.MISSING_TAX_INCLUDED: (
        "OCPI 2.3.0 kräver tax_included, och utan det vet ingen vad som betalas.",
        'Lägg till "tax_included": "YES", "NO" eller "N/A".',
    ),
    Code.MISSING_FIELD: ("Fältet {field} måste finnas.", "Lägg till det."),
    Code.UNKNOWN_FIELD: ("OCPI {version} har inget fält {field} här, så det används inte.", "Ta bort eller rätta det."),
    Code.NEEDLESS_NULL: ("Fältet {field} är null, vilket inte säger något.", "Utelämna fältet."),
    Code.WRONG_TYPE: (
        "{field} är av JSON-typen {said}, och måste vara {wanted}.",
        "Skriv det som JSON-typen {wanted}.",
    ),
    Code.WRONG_CASE: ("”{said}” stavas {wanted}.", "Skriv {wanted}."),
    Code.UNKNOWN_VALUE: ("”{said}” är inget av {wanted}.", "Skriv något av dem."),
    Code.MALFORMED: ("”{said}” är inte skrivet så som OCPI skriver det.", "Skriv {wanted}."),
    Code.EMPTY_LIST: ("Fältet {field} är en tom lista.", "Fyll den, eller utelämna den där den får utelämnas."),
    Code.TOO_LONG: ("Fältet {field} har {count} tecken; {most} är tillåtna.", "Korta det."),
    Code.UNREADABLE: ("Det här är ingen tariff som går att läsa: {said}.", "Rätta det som nämns."),
}

_WHY: dict[str, dict[Why, str]] = {
    "en": {
        Why.BELOW_NOTHING: "nothing is below 0",
        Why.NO_SUCH_DAY: "none of its weekdays lies between its dates",
        Why.NOT_VALID_THEN: "its dates lie outside the time in which the tariff is valid",
        Why.NO_ENERGY_YET: "a start fee is decided before any energy has flowed",
        Why.NOT_A_RESERVATION: "OCPI knows RESERVATION and RESERVATION_EXPIRES only",
    },
    "sv": {
        Why.BELOW_NOTHING: "inget är under 0",
        Why.NO_SUCH_DAY: "ingen av dess veckodagar ligger mellan dess datum",
        Why.NOT_VALID_THEN: "dess datum ligger utanför den tid då tariffen gäller",
        Why.NO_ENERGY_YET: "en startavgift avgörs innan någon energi har laddats",
        Why.NOT_A_RESERVATION: "OCPI känner bara RESERVATION och RESERVATION_EXPIRES",
    },
}
_DIMENSIONS: dict[str, dict[TariffDimension, str]] = {
    "en": {
        TariffDimension.ENERGY: "energy",
        TariffDimension.FLAT: "start",
        TariffDimension.PARKING_TIME: "parking time",
        TariffDimension.TIME: "charging time",
    },
    "sv": {
        TariffDimension.ENERGY: "energi",
        TariffDimension.FLAT: "start",
        TariffDimension.PARKING_TIME: "parkeringstid",
        TariffDimension.TIME: "laddtid",
    },
}


def told(found: Found, language: str = "en") -> Finding:
    """In English where the language is not one of ours."""
    message, fix = (_SWEDISH if language == "sv" else _ENGLISH)[found.code]
    facts = {name: _said(fact, language) for name, fact in found.facts.items()}
    return Finding(
        code=found.code,
        severity=SEVERITY[found.code],
        pointer=found.pointer,
        message=_capital(message.format(**facts)),
        fix=fix.format(**facts),
    )


def _said(fact: Fact, language: str) -> str:
    match fact:
        case TariffDimension():
            return _DIMENSIONS.get(language, _DIMENSIONS["en"])[fact]
        case Why():
            return _WHY.get(language, _WHY["en"])[fact]
        case Restriction():
            return when(fact, language)
        case Decimal():
            return number(fact, language)
        case Energy():
            return f"{number(fact.kwh, language)} kWh"
        case Power():
            return f"{number(fact.kw, language)} kW"
        case timedelta():
            return length(fact, language)
        case datetime():
            return rfc3339(fact)
        case time():
            return fact.strftime("%H:%M")
        case _:
            return str(fact)


def _capital(sentence: str) -> str:
    """A field of OCPI keeps its spelling at the beginning of a sentence too."""
    first = sentence.split(" ", 1)[0]
    return sentence if "_" in first else sentence[:1].upper() + sentence[1:]
