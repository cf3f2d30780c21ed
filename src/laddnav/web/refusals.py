"""What a refusal says to a reader, in the reader's language, and whether it means that there is no such page."""

from __future__ import annotations

from laddnav.billing.rules import UnknownInvoice
from laddnav.cdrs.rules import UnknownCdr
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.locations.rules import EvseTaken, StationExists, UnknownEvse, UnknownLocation, UnknownStation
from laddnav.people.rules import (
    ForgedRequest,
    LastAdmin,
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
from laddnav.readings.actions import UnknownDoubt
from laddnav.sessions.rules import AlreadyEnded, EvseBusy, NoStation, UnknownSession
from laddnav.tariffs.rules import UnknownTariff
from laddnav.tokens.rules import UnknownToken
from laddnav.web.words import N_, translations

# With the refusal's own fields. One that is not here says its own English sentence.
SENTENCES: dict[type[Exception], str] = {
    AlreadyEnded: N_("This session is over already."),
    EvseBusy: N_("Another session is under way at this EVSE."),
    EvseTaken: N_("This EVSE belongs to station %(station_id)s already."),
    ForgedRequest: N_("This form is not from your visit. Load the page again and repeat what you did."),
    LastAdmin: N_("This is the last administrator who can sign in. Make another one first."),
    NameTaken: N_("There is an account named %(name)s already."),
    NoStation: N_("No connected station stands behind this EVSE."),
    NotAName: N_("A name has 1 to 60 printable characters and no space at its ends."),
    NotAllowed: N_("Your role does not allow this. An administrator can change it."),
    PasswordTooLong: N_("A password has at most 1000 characters."),
    PasswordTooShort: N_("A password has at least 12 characters."),
    StationExists: N_("Station %(station_id)s exists already. Its id is unique in the installation."),
    TooManyAttempts: N_("Too many failed sign-ins. Wait a minute and try again."),
    UnknownAccount: N_("There is no such account."),
    UnknownCdr: N_("There is no such CDR."),
    UnknownDoubt: N_("There is no such open doubt."),
    UnknownEvse: N_("There is no such EVSE."),
    UnknownInvoice: N_("There is no such invoice."),
    UnknownKey: N_("There is no such key in use."),
    UnknownLocation: N_("There is no such location."),
    UnknownSession: N_("There is no such session."),
    UnknownStation: N_("There is no such station."),
    UnknownTariff: N_("There is no such tariff."),
    UnknownToken: N_("Nobody knows this token."),
    UnknownVisit: N_("There is no such open visit."),
    WrongNameOrPassword: N_("Name or password is wrong."),
}

NOT_FOUND = (UnknownCdr, UnknownInvoice, UnknownLocation, UnknownSession, UnknownStation, UnknownTariff)


def sentence(error: Refusal | Trouble, language: str) -> str:
    known = SENTENCES.get(type(error))
    return str(error) if known is None else translations(language).gettext(known) % vars(error)
