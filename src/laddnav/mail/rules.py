"""What may be sent to whom, what it looks like on its way, and when it is tried again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from laddnav.kit.refusal import Refusal
from laddnav.mail.model import Attachment, Mail, MailServer

# RFC 5321 §4.1.2 without what hardly anybody has: quoted names, comments, addresses of machines.
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LARGEST = 20_000_000  # bytes of all that is attached, which many servers would not take
RETRIES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
)
TRIES = 25  # five days: RFC 5321 §4.5.4.1 asks for four to five
KEPT = timedelta(days=90)  # what it said; that it was sent is kept for good


class UnfitMail(Refusal):
    """It cannot be sent like this."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where


class UnfitServer(Refusal):
    """No mail can be given to such a server."""


class UnknownMail(Refusal):
    """No mail of this ref is known here."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"There is no mail {ref!r}")
        self.ref = ref


def address(said: str) -> str:
    """As servers spell it: `anna@example.com`, a name with umlauts after the @ in its ASCII form. Raises UnfitMail."""
    name, at, domain = said.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode().lower()
    except UnicodeError:
        at = ""
    labels = domain.split(".")
    if not at or len(name) > 64 or len(name) + len(domain) > 253 or not _NAME.fullmatch(name):
        raise UnfitMail("to", "an address of the form name@example.com is meant")
    if len(labels) < 2 or not all(_LABEL.fullmatch(one) for one in labels) or labels[-1].isdigit():
        raise UnfitMail("to", "an address of the form name@example.com is meant")
    return f"{name}@{domain}"


def one_line(where: str, said: str) -> str:
    """Text that ends no header early. Raises UnfitMail."""
    text = said.strip()
    if not text or len(text) > 200 or not text.isprintable():
        raise UnfitMail(where, "one line of 1 to 200 characters is meant")
    return text


def fit(mail: Mail) -> Mail:
    """Raises UnfitMail."""
    if not mail.text.strip():
        raise UnfitMail("text", "it says nothing")
    attached(mail.attachments)
    return replace(mail, to=address(mail.to), subject=one_line("subject", mail.subject))


def attached(attachments: Sequence[Attachment]) -> None:
    """Raises UnfitMail."""
    for one in attachments:
        one_line("attachment", one.name)
        if "/" in one.name or not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", one.kind):
            raise UnfitMail("attachment", f"{one.name!r} of kind {one.kind!r} cannot be attached")
    if sum(len(one.data) for one in attachments) > LARGEST:
        raise UnfitMail("attachment", f"all of them together have at most {LARGEST // 1_000_000} MB")


def message(mail: Mail, sender: str, name: str) -> EmailMessage:
    """Each time the same, the Message-ID too: who gets it twice can tell that it is one (RFC 5322 §3.6.4).

    `name` is whose mail it is; the address is that of the installation.
    """
    written = EmailMessage(policy=SMTP)
    local, _, domain = sender.partition("@")
    written["From"] = Address(" ".join(name.split()), local, domain)
    written["To"] = Address("", *mail.to.split("@"))
    written["Subject"] = mail.subject
    written["Date"] = mail.made_at
    written["Message-ID"] = f"<{mail.ref}@{domain}>"
    # RFC 3834 §5: nobody's absence is answered to it.
    written["Auto-Submitted"] = "auto-generated"
    written.set_content(mail.text)
    if mail.html is not None:
        written.add_alternative(mail.html, subtype="html")
    for one in mail.attachments:
        kind, _, subkind = one.kind.partition("/")
        written.add_attachment(one.data, kind, subkind, filename=one.name)
    return written


def shown(mail: Mail) -> Mail:
    """As whoever it is not for may read it."""
    return replace(mail, text="", html=None) if mail.private else mail


def try_again_at(mail: Mail, now: datetime) -> datetime | None:
    """After `tries` of them failed; None: no more."""
    if mail.tries >= TRIES:
        return None
    return now + RETRIES[min(mail.tries, len(RETRIES)) - 1]


def server(url: str, sender: str | None) -> MailServer:
    """`smtps://user:password@host:465`, or `smtp://…:587`, which goes on encrypted by STARTTLS. Raises UnfitServer."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UnfitServer("this is no URL of a mail server") from error
    # What was given is not repeated: it may hold a password.
    if parts.scheme not in ("smtp", "smtps") or not host or parts.path not in ("", "/"):
        raise UnfitServer("a mail server is named as smtps://user:password@host, or as smtp://…")
    try:
        checked = address(sender or "")
    except UnfitMail as error:
        raise UnfitServer("the address that mail comes from has to be set beside it") from error
    encrypted = parts.scheme == "smtps"
    return MailServer(
        host=host,
        port=port or (465 if encrypted else 587),
        encrypted=encrypted,
        sender=checked,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
