"""The statement of a settlement goes to the partner by mail: on paper and as a table, once each time it is proposed.

Both are made with no Unit open: a compiler at work holds no connection.
"""

from __future__ import annotations

import asyncio
import gzip
from io import BytesIO

from msgspec.structs import replace

from laddnav.billing.actions import buyers
from laddnav.billing.actions.mailing import NowhereToSend
from laddnav.billing.letters import language_of
from laddnav.billing.model import Debtor
from laddnav.billing.rules import partner_id
from laddnav.db.unit import Database, Unit
from laddnav.mail import actions as mail
from laddnav.mail.model import Attachment, Mail
from laddnav.parties import actions as parties
from laddnav.people import actions as people
from laddnav.settlement import letters, rules, statement
from laddnav.settlement.actions import settling
from laddnav.settlement.events import SettlementChanged
from laddnav.settlement.model import Counts, Settlement

PLAIN_MOST = 1_000_000  # bytes of a table that is attached as it is; a longer one is compressed
PACKED_MOST = 10_000_000  # bytes; what is longer still is left to be asked for


async def mail_statement(database: Database, event: SettlementChanged) -> None:
    """Hears SettlementChanged: nothing where nobody takes mail, or it is open or in dispute."""
    async with database.unit() as unit:
        one = await settling.fetch(unit, event.ref)
        to = await _debtor(unit, one)
    if rules.is_said(one) and to is not None and to.email is not None:
        await _send(database, one, to, to.email)


async def send(database: Database, ref: str, *, by: str) -> Mail:
    """To who takes mail by now; the same statement a second time is the mail that there is, without what is attached.

    Raises UnknownSettlement, NotSaidYet, NowhereToSend.
    """
    async with database.unit() as unit:
        one = await settling.fetch(unit, ref)
        to = await _debtor(unit, one)
        if not rules.is_said(one):
            raise rules.NotSaidYet(one)
        if to is None or to.email is None:
            raise NowhereToSend(str(one.partner))
        people.note(unit, by, "mail settlement", f"settlement {ref}", to.email)
    return await _send(database, one, to, to.email)


async def sent(unit: Unit, one: Settlement) -> Mail | None:
    """The mail that brought the statement as it was proposed last."""
    return await mail.by_key(unit, one.holder, rules.statement_key(one))


async def _send(database: Database, one: Settlement, to: Debtor, address: str) -> Mail:
    async with database.unit() as unit:
        known = await sent(unit, one)
        if known is not None:
            return known
        party = await parties.fetch(unit, one.holder)
        items = await settling.items(unit, one, limit=statement.PAPER_MOST)
        now = unit.now
    counted = [item for item in items if item.counts is Counts.COUNTED]
    language, name = language_of(to), f"settlement-{one.month}-{one.currency}"
    paper = await asyncio.to_thread(statement.pdf, one, counted, party, to.name, language, now)
    attached = [Attachment(name=f"{name}.pdf", kind="application/pdf", data=paper)]
    table = await _table(database, one, name)
    if table is not None:
        attached.append(table)
    subject, text = letters.beside_statement(one, party.name, language, whole=table is not None)
    async with database.unit() as unit:
        made = await mail.send(
            unit,
            holder=one.holder,
            key=rules.statement_key(one),
            to=address,
            subject=subject,
            text=text,
            attachments=attached,
        )
        return replace(made, attachments=())


async def _table(database: Database, one: Settlement, name: str) -> Attachment | None:
    """None: it is too long for a mail."""
    plain, packed = BytesIO(), BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as archive:
        async for line in statement.table(one, settling.every_item(database, one)):
            if plain.tell() <= PLAIN_MOST:
                plain.write(line)
            archive.write(line)
            if packed.tell() > PACKED_MOST:
                return None
    if plain.tell() <= PLAIN_MOST:
        return Attachment(name=f"{name}.csv", kind="text/csv", data=plain.getvalue())
    return Attachment(name=f"{name}.csv.gz", kind="application/gzip", data=packed.getvalue())


async def _debtor(unit: Unit, one: Settlement) -> Debtor | None:
    return await buyers.find(unit, one.holder, partner_id(one.partner))
