"""What can be wrong with a Location of ours, before partners and drivers read it: codes, weights, and sentences."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct


class Severity(StrEnum):
    """An error misleads drivers or partners; a warning probably does; a hint is for those who want it whole."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


class Code(StrEnum):
    """Each with the requirement of OCPI that it rests on, in `lint.py`."""

    ALLOWED_THOUGH_PUBLISHED = "allowed-though-published"
    EVSE_ELSEWHERE = "evse-elsewhere"
    NO_POSTAL_CODE = "no-postal-code"
    BACKWARD_HOURS = "backward-hours"
    OPEN_AND_CLOSED = "open-and-closed"
    MIX_NOT_WHOLE = "mix-not-whole"
    SMALL_IMAGE = "small-image"
    HALF_A_TERMINAL = "half-a-terminal"
    WHICH_CONNECTOR = "which-connector"
    NO_TARIFF = "no-tariff"
    TWO_TARIFFS = "two-tariffs"
    NO_PROFILE_TARIFF = "no-profile-tariff"
    NO_MEASURES = "no-measures"
    NO_IMAGE = "no-image"
    NO_OPERATOR = "no-operator"


SEVERITY = MappingProxyType(
    {
        Code.ALLOWED_THOUGH_PUBLISHED: Severity.ERROR,
        Code.EVSE_ELSEWHERE: Severity.ERROR,
        Code.NO_POSTAL_CODE: Severity.HINT,
        Code.BACKWARD_HOURS: Severity.ERROR,
        Code.OPEN_AND_CLOSED: Severity.ERROR,
        Code.MIX_NOT_WHOLE: Severity.WARNING,
        Code.SMALL_IMAGE: Severity.HINT,
        Code.HALF_A_TERMINAL: Severity.WARNING,
        Code.WHICH_CONNECTOR: Severity.WARNING,
        Code.NO_TARIFF: Severity.WARNING,
        Code.TWO_TARIFFS: Severity.ERROR,
        Code.NO_PROFILE_TARIFF: Severity.HINT,
        Code.NO_MEASURES: Severity.HINT,
        Code.NO_IMAGE: Severity.HINT,
        Code.NO_OPERATOR: Severity.HINT,
    }
)


class Finding(Struct, frozen=True, kw_only=True):
    """What is wrong, where (a JSON pointer into the Location as OCPI 2.3.0 writes it), and what to do about it."""

    code: Code
    severity: Severity
    pointer: str
    message: str
    fix: str


# (what is wrong, what to do)
_ENGLISH: dict[Code, tuple[str, str]] = {
    Code.ALLOWED_THOUGH_PUBLISHED: (
        "Everybody may see this location, and it says who may all the same.",
        "Take out who may see it, or do not publish it.",
    ),
    Code.EVSE_ELSEWHERE: (
        "EVSE {one} stands at location {other} too; partners cannot tell the two apart.",
        "Give each EVSE a uid of its own, and never use one again.",
    ),
    Code.NO_POSTAL_CODE: (
        "There is no postal code.",
        "Say it, unless the place has none.",
    ),
    Code.BACKWARD_HOURS: (
        "On weekday {one} it closes at {until}, which is not after it opens at {since}.",
        "Split hours across midnight: until 23:59 on one day, from 00:00 on the next.",
    ),
    Code.OPEN_AND_CLOSED: (
        "It is open and closed by way of exception at the same time, from {since}.",
        "Keep one of the two exceptions.",
    ),
    Code.MIX_NOT_WHOLE: (
        "The sources of its energy add up to {sum} %.",
        "Make them 100 %, or leave them out.",
    ),
    Code.SMALL_IMAGE: (
        "The image is {width} by {height} pixels; {wanted} is what others show it at.",
        "Use a larger one.",
    ),
    Code.HALF_A_TERMINAL: (
        "EVSE {one} says {said}, which alone does not tell whether one can pay with a card.",
        "Say how a card is read (chip, contactless) and which cards (credit, debit); PED_TERMINAL if it has a PIN pad.",
    ),
    Code.WHICH_CONNECTOR: (
        "EVSE {one} has {count} connectors and its station cannot choose among them by itself.",
        "Add START_SESSION_CONNECTOR_REQUIRED, or make each connector an EVSE of its own.",
    ),
    Code.NO_TARIFF: (
        "Connector {other} of EVSE {one} has no tariff; nobody can tell whether it is free.",
        "Attach its tariff; a free one if it is meant to be free.",
    ),
    Code.TWO_TARIFFS: (
        "Connector {connector} of EVSE {one} has the tariffs {first} and {second} of one type at the same time.",
        "Give them times of validity that do not overlap, or take one of them away.",
    ),
    Code.NO_PROFILE_TARIFF: (
        "EVSE {one} takes charging preferences, and has no tariff for {missing}.",
        "Attach a tariff for each profile that a driver can ask for.",
    ),
    Code.NO_MEASURES: (
        "The parking place {one} takes larger vehicles, and does not say {missing}.",
        "Measure it: who drives a truck needs to know before.",
    ),
    Code.NO_IMAGE: (
        "The parking place {one} is for disabled drivers, and has no image.",
        "Add one that shows how it is reached.",
    ),
    Code.NO_OPERATOR: (
        "It does not say who operates it; drivers are shown {other}.",
        "Say it where it is somebody else.",
    ),
}
_SWEDISH: dict[Code, tuple[str, str]] = {
    Code.ALLOWED_THOUGH_PUBLISHED: (
        "Alla får se platsen, och ändå säger den vem som får det.",
        "Ta bort vem som får se den, eller publicera den inte.",
    ),
    Code.EVSE_ELSEWHERE: (
        "EVSE {one} finns på platsen {other} också; partner kan inte skilja dem åt.",
        "Ge varje EVSE ett eget uid, och använd det aldrig igen.",
    ),
    Code.NO_POSTAL_CODE: (
        "Postnummer saknas.",
        "Ange det, om platsen har något.",
    ),
    Code.BACKWARD_HOURS: (
        "På veckodag {one} stänger den {until}, vilket inte är efter att den öppnar {since}.",
        "Dela tider över midnatt: till 23:59 den ena dagen, från 00:00 den andra.",
    ),
    Code.OPEN_AND_CLOSED: (
        "Den är undantagsvis öppen och stängd samtidigt, från {since}.",
        "Behåll det ena av undantagen.",
    ),
    Code.MIX_NOT_WHOLE: (
        "Energins källor blir {sum} % tillsammans.",
        "Låt dem bli 100 %, eller utelämna dem.",
    ),
    Code.SMALL_IMAGE: (
        "Bilden är {width} gånger {height} bildpunkter; andra visar den i {wanted}.",
        "Använd en större.",
    ),
    Code.HALF_A_TERMINAL: (
        "EVSE {one} säger {said}, vilket ensamt inte visar om man kan betala med kort.",
        "Säg hur kortet läses (chip, kontaktlöst) och vilka kort (kredit, debet); PED_TERMINAL om det har PIN-platta.",
    ),
    Code.WHICH_CONNECTOR: (
        "EVSE {one} har {count} uttag och stationen kan inte själv välja mellan dem.",
        "Lägg till START_SESSION_CONNECTOR_REQUIRED, eller gör varje uttag till en egen EVSE.",
    ),
    Code.NO_TARIFF: (
        "Uttag {other} på EVSE {one} har ingen tariff; ingen kan veta om det är gratis.",
        "Ange tariffen; en gratis tariff om det ska vara gratis.",
    ),
    Code.TWO_TARIFFS: (
        "Uttag {connector} på EVSE {one} har tarifferna {first} och {second} av samma typ på samma gång.",
        "Ge dem giltighetstider som inte överlappar varandra, eller ta bort den ena.",
    ),
    Code.NO_PROFILE_TARIFF: (
        "EVSE {one} tar emot laddningsönskemål, och har ingen tariff för {missing}.",
        "Ange en tariff för varje profil som en förare kan önska.",
    ),
    Code.NO_MEASURES: (
        "Parkeringsplatsen {one} tar större fordon, och säger inte {missing}.",
        "Mät den: den som kör lastbil behöver veta det innan.",
    ),
    Code.NO_IMAGE: (
        "Parkeringsplatsen {one} är för förare med funktionsnedsättning, och har ingen bild.",
        "Lägg till en som visar hur man når den.",
    ),
    Code.NO_OPERATOR: (
        "Den säger inte vem som driver den; förare får se {other}.",
        "Ange det om det är någon annan.",
    ),
}
_SENTENCES = {"en": _ENGLISH, "sv": _SWEDISH}


def told(code: Code, pointer: str, language: str, **facts: object) -> Finding:
    message, fix = _SENTENCES.get(language, _ENGLISH)[code]
    return Finding(
        code=code, severity=SEVERITY[code], pointer=pointer, message=message.format(**facts), fix=fix.format(**facts)
    )
