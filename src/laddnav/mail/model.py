"""A mail, what is attached to it, and how it stands; and the server that takes it from us."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId


class MailState(StrEnum):
    WAITING = "WAITING"  # to be sent, or sent again
    SENT = "SENT"  # a server has taken it
    FAILED = "FAILED"  # it will not be tried again by itself


class Attachment(Struct, frozen=True, kw_only=True):
    """`kind` is its media type: application/pdf."""

    name: str
    kind: str
    data: bytes


class Mail(Struct, frozen=True, kw_only=True):
    """`key` says what it tells of: of one holder the same key is the same mail, however often it is asked for.

    `tries` counts how often a server was asked to take it, `why` is what came of the last try that failed. What lets
    its reader in is `private`: nobody else is shown its words, and they are forgotten once a server has them.
    """

    holder: PartyId
    ref: str
    key: str
    to: str
    subject: str
    text: str
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    private: bool = False
    state: MailState = MailState.WAITING
    tries: int = 0
    why: str | None = None
    made_at: datetime
    next_at: datetime | None = None
    sent_at: datetime | None = None


class MailServer(Struct, frozen=True, kw_only=True):
    """Who takes our mail, and from which address it comes. `encrypted`: from the first byte, else by STARTTLS.

    On this machine alone it may be spoken to without either.
    """

    host: str
    port: int
    encrypted: bool
    sender: str
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        """Without what opens it."""
        return f"MailServer({self.host}:{self.port})"

    @property
    def is_here(self) -> bool:
        return self.host in ("127.0.0.1", "localhost", "::1")
