"""A month of charges between two parties of one database, each with its own books."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from laddnav.billing import actions as billing
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrAccepted, CdrClosed, CdrReceived
from laddnav.cdrs.model import Cdr, Costs, Standing
from laddnav.db.unit import Database
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account
from laddnav.settlement.actions import settling
from laddnav.settlement.model import Netting, Settlement
from tests.billing.charges import LADDNAV, TNM, cdr, keep, party

OCTOBER = datetime(2026, 10, 12, 9, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 12, 9, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 8, tzinfo=UTC)


async def charged(
    database: Database,
    cpo: PartyId,
    emsp: PartyId,
    id: str,
    amount: str,
    at: datetime,
    *,
    credits: str | None = None,
    doubtful: bool = False,
) -> None:
    """A charge as both keep it: closed and billed here, received, judged and billed there."""
    total = Costs(total=Price(Decimal(amount)))
    ours = cdr(id=id, holder=cpo, token_owner=emsp, costs=total, ended_at=at, credits=credits)
    theirs = cdr(id=id, holder=emsp, owner=cpo, token_owner=emsp, costs=total, ended_at=at, credits=credits)
    theirs = _with_ref(theirs, f"{theirs.ref} at {emsp}")
    await keep(database, [ours, theirs])
    await billing.bill(database, CdrClosed(holder=cpo, owner=str(cpo), cdr_id=id))
    await cdrs.check(database, CdrReceived(holder=emsp, owner=str(cpo), cdr_id=id))
    async with database.unit() as unit:
        review = await cdrs.review_of(unit, theirs)
        assert review is not None
        if review.standing is Standing.DISPUTED and not doubtful:
            await cdrs.accept(unit, theirs.ref, by="ada", why="it is right")
    if not doubtful:
        await billing.bill(database, CdrAccepted(holder=emsp, owner=str(cpo), cdr_id=id))


def _with_ref(one: Cdr, ref: str) -> Cdr:
    return json.decode(json.encode({**json.decode(json.encode(one), dict[str, object]), "ref": ref}), Cdr)


async def both(database: Database, since: str = "2026-10", netting: Netting = Netting.NET) -> None:
    """Each knows the other's VAT number, so that no VAT is due between their countries."""
    await keep(database, [], ours=[party(), party(TNM)])
    async with database.unit() as unit:
        for holder, other, number in ((LADDNAV, TNM, "NL123456789B01"), (TNM, LADDNAV, "SE556677889901")):
            debtor = await billing.introduce(unit, holder, other, str(other))
            await billing.describe(unit, holder, debtor.id, vat_number=number)
        await settling.say_terms(unit, LADDNAV, TNM, since=since, netting=netting, by="ada")
        await settling.say_terms(unit, TNM, LADDNAV, since=since, netting=netting, by="bob")


async def the(database: Database, holder: PartyId, month: str) -> Settlement:
    await settling.look_after(database)
    async with database.unit() as unit:
        (ref,) = [one.ref for one in await settling.page(unit, holder) if one.month == month]
        return await settling.as_now(unit, ref)


async def balance(database: Database, holder: PartyId, account: str) -> Decimal:
    async with database.unit() as unit:
        return await ledger.balance(unit, holder, Account.parse(account), "SEK")
