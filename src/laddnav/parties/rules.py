"""What a party must be to be ours, and what is refused."""

import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.parties.model import Contact, Party

_SWISH = re.compile(r"123\d{7}")  # a company's; a person's telephone takes no payment for one
_EMAIL = re.compile(r"[^@\s]+@([^@.\s]+\.)+[^@.\s]+")
_CURRENCY = re.compile(r"[A-Z]{3}")


class UnknownParty(Refusal):
    """No party of this installation has this id."""

    def __init__(self, holder: PartyId) -> None:
        super().__init__(f"{holder} is not a party of this installation")
        self.holder = holder


class WhichParty(Refusal):
    """There are several parties here, or none, and none was named."""

    def __init__(self, ours: Sequence[PartyId]) -> None:
        known = ", ".join(str(one) for one in ours)
        super().__init__(
            f"Name the party; this installation has {known}"
            if ours
            else "This installation has no party yet; add one with `laddnav party add`"
        )
        self.ours = tuple(ours)


class AlreadyOurs(Refusal):
    """The party is there already; what changes about it is an update."""

    def __init__(self, holder: PartyId) -> None:
        super().__init__(f"{holder} is a party of this installation already")
        self.holder = holder


class PartyWithoutRole(Refusal):
    """A party that plays no role has nothing to do here."""

    def __init__(self, holder: PartyId) -> None:
        super().__init__(f"{holder} needs at least one role")
        self.holder = holder


class NotACurrency(Refusal):
    """A currency is written as the three capital letters of ISO 4217."""

    def __init__(self, currency: str) -> None:
        super().__init__(f"A currency is three capital letters, such as SEK; {currency!r} is not")
        self.currency = currency


class UnknownTimeZone(Refusal):
    """A time zone is named as IANA does."""

    def __init__(self, time_zone: str) -> None:
        super().__init__(f"{time_zone!r} is no time zone; one is named like Europe/Stockholm")
        self.time_zone = time_zone


class NotAVatPercent(Refusal):
    """VAT is a percentage from 0 to 100."""

    def __init__(self, percent: object) -> None:
        super().__init__(f"VAT is a percentage from 0 to 100; {percent} is not")


class NotASwishNumber(Refusal):
    """A company's Swish number has ten digits, of which the first are 123."""

    def __init__(self, number: str) -> None:
        super().__init__(f"{number!r} is no Swish number of a company; one is written like 1231181189")
        self.number = number


class NotAContact(Refusal):
    """Somebody to call has a name, a telephone of three digits at least, and an e-mail address."""

    def __init__(self, contact: Contact) -> None:
        super().__init__(f"{contact.name}, {contact.telephone}, {contact.email}: a name, a telephone and an e-mail")
        self.contact = contact


class NoTimeToPay(Refusal):
    """An invoice is due on the day it is issued or later."""

    def __init__(self, days: int) -> None:
        super().__init__(f"An invoice cannot be due {-days} days before it is issued")
        self.days = days


class NoSuchCoin(Refusal):
    """Sums are rounded to something above zero."""

    def __init__(self, step: object) -> None:
        super().__init__(f"What is to pay can be rounded to 1 or 0.05, say; not to {step}")


def checked(party: Party) -> Party:
    """The same party.

    Raises PartyWithoutRole, NotACurrency, UnknownTimeZone, NotAVatPercent, NotASwishNumber, NotAContact,
    NoTimeToPay, NoSuchCoin.
    """
    if not party.roles:
        raise PartyWithoutRole(party.holder)
    if _CURRENCY.fullmatch(party.currency) is None:
        raise NotACurrency(party.currency)
    zone_of(party)
    if party.vat_percent is not None and not 0 <= party.vat_percent <= 100:
        raise NotAVatPercent(party.vat_percent)
    if party.swish is not None and _SWISH.fullmatch(party.swish) is None:
        raise NotASwishNumber(party.swish)
    if party.contact is not None and not _reached(party.contact):
        raise NotAContact(party.contact)
    if party.payment_days < 0:
        raise NoTimeToPay(party.payment_days)
    if party.round_to is not None and party.round_to <= 0:
        raise NoSuchCoin(party.round_to)
    return party


def _reached(contact: Contact) -> bool:
    called = sum(letter.isdecimal() for letter in contact.telephone) >= 3
    return bool(contact.name.strip()) and called and _EMAIL.fullmatch(contact.email) is not None


def zone_of(party: Party) -> ZoneInfo:
    """Its calendar: when a day and a month of it begin. Raises UnknownTimeZone."""
    try:
        return ZoneInfo(party.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder, such as Europe
        raise UnknownTimeZone(party.time_zone) from error
