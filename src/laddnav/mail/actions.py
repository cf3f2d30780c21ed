"""Verbs about mail: write one, carry what waits to the server, try again, and forget what was said long ago."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import aiosmtplib
import structlog
from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.mail import rules, store
from laddnav.mail.events import MailChanged
from laddnav.mail.model import Attachment, Mail, MailServer, MailState
from laddnav.mail.rules import UnfitMail, UnknownMail
from laddnav.parties import actions as parties
from laddnav.people import actions as people

log = structlog.get_logger()

AT_ONCE = 20
# Time of the wall for a round of them and for each: a server may take minutes to answer (RFC 5321 §4.5.3.2.6).
CLAIM = timedelta(minutes=30)
EACH = timedelta(minutes=5)
WITHIN = 120.0  # seconds for each answer of the server


async def send(
    unit: Unit,
    *,
    holder: PartyId,
    key: str,
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    attachments: Sequence[Attachment] = (),
    private: bool = False,
) -> Mail:
    """It is sent once this Unit is committed; of one key there is one, as it was written first. Raises UnfitMail."""
    mail = rules.fit(
        Mail(
            holder=holder,
            ref=unit.new_id(),
            key=key,
            to=to,
            subject=subject,
            text=text,
            html=html,
            attachments=tuple(attachments),
            private=private,
            made_at=unit.now,
            next_at=unit.now,
        )
    )
    if not await store.insert(unit, mail):
        known = await store.by_key(unit, holder, key)
        assert known is not None, "what is in the way is there"
        return known
    unit.announce(MailChanged(holder=holder, ref=mail.ref))
    return mail


async def try_again(unit: Unit, ref: str, *, by: str) -> Mail:
    """A mail that failed, or waits, is sent as soon as may be; one that was sent, or is just being, stays so.

    Raises UnknownMail.
    """
    mail = await store.mail(unit, ref, lock=True)
    if mail is None:
        raise UnknownMail(ref)
    if mail.state is MailState.SENT or await store.is_being_sent(unit, ref):
        return rules.shown(mail)
    people.note(unit, by, "send mail again", f"mail {ref}", mail.why or "")
    after = replace(mail, state=MailState.WAITING, tries=0, next_at=unit.now)
    _put(unit, after)
    return rules.shown(after)


async def send_again(unit: Unit, ref: str, *, by: str) -> Mail:
    """The same once more, as a mail of its own, for somebody who has lost it. Raises UnknownMail, UnfitMail."""
    mail = await store.mail(unit, ref)
    if mail is None:
        raise UnknownMail(ref)
    if mail.private:
        raise UnfitMail("private", "what lets somebody in is sent once; they ask for another link")
    whole = await store.with_attached(unit, mail)
    people.note(unit, by, "send mail again", f"mail {ref}", mail.subject)
    return await send(
        unit,
        holder=whole.holder,
        key=f"{whole.key} again {unit.new_id()}",
        to=whole.to,
        subject=whole.subject,
        text=whole.text,
        html=whole.html,
        attachments=whole.attachments,
    )


async def to_address(unit: Unit, holder: PartyId, address: str, *, limit: int = 20) -> Sequence[Mail]:
    """What we sent there, or shall; newest first."""
    name, _, domain = address.rpartition("@")
    return [rules.shown(one) for one in await store.to_address(unit, holder, f"{name}@{domain.lower()}", limit)]


async def by_ref(unit: Unit, ref: str) -> Mail:
    """Without what is attached. Raises UnknownMail."""
    mail = await store.mail(unit, ref)
    if mail is None:
        raise UnknownMail(ref)
    return rules.shown(mail)


async def by_key(unit: Unit, holder: PartyId, key: str) -> Mail | None:
    mail = await store.by_key(unit, holder, key)
    return None if mail is None else rules.shown(mail)


async def last_of_key(unit: Unit, holder: PartyId, beginning: str) -> Mail | None:
    """The newest whose key begins so, unless it is forgotten."""
    mail = await store.last_of_key(unit, holder, beginning)
    return None if mail is None else rules.shown(mail)


async def page(
    unit: Unit, holder: PartyId | None, *, state: MailState | None = None, before: str | None = None, limit: int = 50
) -> Sequence[Mail]:
    """Newest first; the last ref is the next `before`."""
    return [rules.shown(one) for one in await store.listed(unit, holder, before=before, state=state, limit=limit)]


async def forget(database: Database) -> None:
    """What mails said and to whom, long after they were sent; that they were is kept, so that none is sent again."""
    while True:
        async with database.unit() as unit:
            found = await store.old(unit, unit.now - rules.KEPT)
            for one in found:
                store.forget(unit, one)
        if not found:
            return


def _put(unit: Unit, mail: Mail) -> None:
    store.update(unit, mail)
    unit.announce(MailChanged(holder=mail.holder, ref=mail.ref))


class Postman:
    """Carries what waits to the one server there is; without one, it waits."""

    def __init__(self, database: Database, server: MailServer | None) -> None:
        self._database = database
        self._server = server

    async def send_due(self) -> int:
        """How many a server was asked to take."""
        if self._server is None:
            return 0
        async with self._database.unit() as unit:
            until = unit.now + unit.clock.wall(CLAIM)
            found = await store.claim(unit, until, AT_ONCE)
            names = {one.holder: one.name for one in await parties.list_all(unit)} if found else {}
            found = [await store.with_attached(unit, one) for one in found]
        if not found:
            return 0
        line = _line(self._server)
        try:
            await line.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            # Nobody's fault but the server's, so that no mail fails of it before its time.
            for one in found:
                await self._end(one, until, _words(error))
            return len(found)
        try:
            for one in found:
                if self._database.clock.now() > until - self._database.clock.wall(EACH):
                    break  # another may have it by the time the server has answered
                await self._carry(line, one, until, names.get(one.holder, str(one.holder)))
        finally:
            line.close()
        return len(found)

    async def _carry(self, line: aiosmtplib.SMTP, mail: Mail, until: datetime, name: str) -> None:
        assert self._server is not None
        written = rules.message(mail, self._server.sender, name).as_bytes()
        try:
            if not line.is_connected:
                await line.connect()
            async with asyncio.timeout(EACH.total_seconds()):
                await line.sendmail(self._server.sender, [mail.to], written)
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPDataError) as error:
            refusal = error.recipients[0] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error
            await self._end(mail, until, f"{refusal.code} {refusal.message}", final=refusal.code >= 500)
        except (aiosmtplib.SMTPException, OSError) as error:
            line.close()
            await self._end(mail, until, _words(error))
        else:
            await self._end(mail, until, None)

    async def _end(self, mail: Mail, until: datetime, why: str | None, *, final: bool = False) -> None:
        """What became of it, unless somebody else has it by now."""
        async with self._database.unit() as unit:
            known = await store.still_claimed(unit, mail, until)
            if known is None:
                return
            tried = replace(known, tries=known.tries + 1, why=why and why[:300])
            if why is None:
                after = rules.shown(replace(tried, state=MailState.SENT, sent_at=unit.now, next_at=None))
            else:
                again = None if final else rules.try_again_at(tried, unit.now)
                after = replace(tried, state=MailState.WAITING if again else MailState.FAILED, next_at=again)
                log.warning("mail_not_sent", mail=mail.ref, again=again is not None)
            _put(unit, after)


def _line(server: MailServer) -> aiosmtplib.SMTP:
    """Its certificate has to be that of its host; only on this machine may it do without."""
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        use_tls=server.encrypted,
        start_tls=None if server.encrypted else (False if server.is_here else True),
        timeout=WITHIN,
        local_hostname=server.sender.partition("@")[2],
    )


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
