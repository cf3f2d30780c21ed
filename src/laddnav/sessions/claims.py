"""Who may say what a charge is for without an account: whoever can tell the number of its card; pure.

The page of a charging point is open to anybody, so standing there proves nothing. What is typed is compared with what
is printed on the card, or shown in the app, that began the charge; what is chosen before holds for that card alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.refusal import Refusal
from laddnav.sessions.model import Preferences, Session, Status
from laddnav.tokens.model import Token

CARD_MIN, CARD_MAX = 6, 40  # characters
# How long a choice waits for its card to be shown.
WAITS = timedelta(minutes=30)
# A browser knows its charge for so long, also when that is over.
KNOWN_FOR = timedelta(days=2)
# Of wrong numbers in such a time: from one address at one Evse, so that nobody tries for all who stand there, from one
# address anywhere, and at one Evse from everywhere, which is far from guessing any.
TRIES_WITHIN = timedelta(minutes=10)
TRIES_HERE, TRIES_ADDRESS, TRIES_EVSE = 10, 20, 200
# Each choice is kept with the charge; nobody changes their mind more often.
CHOICES = 20


class CardTooShort(Refusal):
    """Too little of a card's number tells nothing."""

    def __init__(self) -> None:
        super().__init__(f"Give at least the last {CARD_MIN} characters of the card's number")
        self.least = CARD_MIN


class NotYourCharge(Refusal):
    """No card with this number charges here."""

    def __init__(self) -> None:
        super().__init__("No card with this number charges here")


class TooManyTries(Refusal):
    """Too many numbers were tried here; some minutes later another may be."""

    def __init__(self) -> None:
        super().__init__("Too many numbers were tried here; try again in ten minutes")


class TooManyChoices(Refusal):
    """This charge was changed too often."""

    def __init__(self) -> None:
        super().__init__("This charge was changed too often")


class Claim(Struct, frozen=True, kw_only=True):
    """`wants` is what was chosen before the charge; `session_id` None: no charge has begun with this card yet."""

    digest: str
    holder: PartyId
    where: EvseRef
    card: str
    wants: Preferences | None = None
    session_id: str | None = None
    claimed_at: datetime


def card_of(typed: str) -> str:
    """Its letters and digits. Raises CardTooShort."""
    card = _plain(typed)[-CARD_MAX:]
    if len(card) < CARD_MIN:
        raise CardTooShort
    return card


def is_of(card: str, session: Session, token: Token | None) -> bool:
    """Whether a number that was typed is the end of one that this charge's card goes by."""
    shown = token.visual_number if token is not None and token.visual_number else ""
    return any(_plain(one).endswith(card) for one in (shown, session.token.contract_id, session.token.uid) if one)


def waits(claim: Claim, now: datetime) -> bool:
    return claim.session_id is None and now - claim.claimed_at <= WAITS


def claimable(sessions: Iterable[Session]) -> Session | None:
    """The charge at an Evse that somebody may call theirs."""
    return next((one for one in sessions if one.status is Status.ACTIVE and one.allowed), None)


def _plain(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())
