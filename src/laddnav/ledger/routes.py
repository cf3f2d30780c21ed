"""The operator API about the ledger: what is on accounts, what was posted and taken back, months that close."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions
from laddnav.ledger.chart import Number
from laddnav.ledger.model import Balance, Close, Head, Place, Posted
from laddnav.ledger.rules import account_of
from laddnav.parties import actions as parties
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor

AccountId = Annotated[str, Meta(description="A head, or head:of, as in receivable:partner:NL*TNM")]
MonthName = Annotated[str, Meta(description="As 2026-11, on the calendar of the party")]
Why = Annotated[str, Meta(min_length=1, max_length=500)]


class BalanceShown(Struct, frozen=True, kw_only=True):
    """Positive where debits outweigh credits."""

    holder: PartyId
    account: str
    kind: str
    currency: str
    amount: Decimal


class PostingShown(Struct, frozen=True, kw_only=True):
    """A debit is positive, a credit negative."""

    account: str
    amount: Decimal
    currency: str


class EntryShown(Struct, frozen=True, kw_only=True):
    """`reverses` is the id of the entry that it takes back, `reversed_by` of the one that took it back."""

    holder: PartyId
    id: str
    key: str
    what: str
    cites: str
    at: datetime
    booked_at: datetime
    postings: tuple[PostingShown, ...]
    reverses: str | None
    reversed_by: str | None
    by: str


class LineShown(Struct, frozen=True, kw_only=True):
    """A posting, and what is on the account after it."""

    holder: PartyId
    entry_id: str
    key: str
    what: str
    cites: str
    at: datetime
    booked_at: datetime
    amount: Decimal
    balance: Decimal


class NumberShown(Struct, frozen=True, kw_only=True):
    """`own`: not as BAS has it."""

    holder: PartyId
    account: str
    number: str
    name: str
    own: bool


class Back(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an entry is taken back."""

    why: Why


class Closing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The month that is over."""

    month: MonthName


class Numbered(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What bookkeeping calls an account, and all that begin with its name and have no number of their own."""

    account: AccountId
    number: str
    name: str


async def list_balances(
    unit: Unit,
    by: Visitor,
    *,
    party: PartyId | None = None,
    head: Head | None = None,
    at: datetime | None = None,
    limit: Limit = 500,
    cursor: str | None = None,
) -> Page[BalanceShown]:
    """The trial balance: every account with what is on it, or was at an instant. Each currency sums to zero."""
    holder = await _holder(unit, by, party)
    found = tuple(_balance(holder, one) for one in await actions.trial_balance(unit, holder, head=head, at=at))
    return page([one for one in found if cursor is None or _after(one) > cursor][: limit + 1], limit, _after)


async def list_postings_of_account(
    unit: Unit,
    by: Visitor,
    *,
    account: AccountId,
    currency: str,
    month: MonthName | None = None,
    party: PartyId | None = None,
    limit: Limit = 50,
    cursor: str | None = None,
) -> Page[LineShown]:
    """The statement of an account in a month, else in this one: the oldest first, each with the balance after it."""
    holder = await _holder(unit, by, party)
    found = await actions.statement(
        unit,
        holder,
        account_of(account),
        currency,
        await actions.month(unit, holder, month),
        after=None if cursor is None else place_of(cursor),
        limit=limit + 1,
    )
    shown = page(found.lines, limit, lambda line: cursor_of(line.place))
    lines = tuple(
        LineShown(
            holder=holder,
            entry_id=line.place.entry_id,
            key=line.key,
            what=line.what,
            cites=line.cites,
            at=line.at,
            booked_at=line.place.booked_at,
            amount=line.amount,
            balance=line.balance,
        )
        for line in shown.items
    )
    return Page(items=lines, next=shown.next)


async def list_entries(
    unit: Unit,
    by: Visitor,
    *,
    party: PartyId | None = None,
    account: AccountId | None = None,
    cites: str | None = None,
    limit: Limit = 50,
    cursor: str | None = None,
) -> Page[EntryShown]:
    """What was posted, the newest first: all of it, on an account, or what cites a CDR or an invoice."""
    holder = await _holder(unit, by, party)
    found = await actions.entries(
        unit,
        holder,
        account=None if account is None else account_of(account),
        cites=cites,
        after=cursor,
        limit=limit + 1,
    )
    shown = page(found, limit, lambda posted: posted.id)
    return Page(items=tuple(map(_entry, shown.items)), next=shown.next)


async def fetch_entry(unit: Unit, by: Visitor, id: str, *, party: PartyId | None = None) -> EntryShown:
    """One entry with its postings."""
    return _entry(await actions.entry(unit, await _holder(unit, by, party), id))


async def reverse_entry(unit: Unit, by: Visitor, id: str, body: Back, *, party: PartyId | None = None) -> EntryShown:
    """Take an entry back, once and from now on: the answer mirrors it. Again for the same reason changes nothing.

    Of what a charge, an invoice, a payment, the bank or a settlement posted more hangs on it: it is undone there.
    """
    return _entry(await actions.take_back(unit, await _holder(unit, by, party), id, body.why, by.name))


async def list_closes(unit: Unit, by: Visitor, *, party: PartyId | None = None) -> Page[Close]:
    """The months that are closed, the last one first."""
    return Page(items=await actions.closes(unit, await _holder(unit, by, party)), next=None)


async def close_month(unit: Unit, by: Visitor, body: Closing, *, party: PartyId | None = None) -> Close:
    """Nothing can be posted to this month, or to one before it, any more; there is no way back."""
    return await actions.close(unit, await _holder(unit, by, party), body.month, by.name)


async def fetch_closing(unit: Unit, by: Visitor, month: str, *, party: PartyId | None = None) -> Page[BalanceShown]:
    """The trial balance with which a month was closed."""
    holder = await _holder(unit, by, party)
    found = await actions.closing(unit, holder, month)
    return Page(items=tuple(_balance(holder, one) for one in found), next=None)


async def list_account_numbers(unit: Unit, by: Visitor, *, party: PartyId | None = None) -> Page[NumberShown]:
    """By which number bookkeeping knows each account."""
    holder = await _holder(unit, by, party)
    found = await actions.numbers(unit, holder)
    return Page(items=tuple(_number(holder, one) for one in found), next=None)


async def set_account_number(unit: Unit, by: Visitor, body: Numbered, *, party: PartyId | None = None) -> NumberShown:
    """Give an account another number than BAS does; what was exported before does not change."""
    holder = await _holder(unit, by, party)
    one = Number(account=body.account, number=body.number, name=body.name)
    await actions.number(unit, holder, one)
    return _number(holder, one)


def cursor_of(place: Place) -> str:
    return f"{place.booked_at.isoformat()}|{place.entry_id}|{place.position}"


def place_of(cursor: str) -> Place:
    """Raises Unreadable."""
    try:
        booked_at, entry_id, position = cursor.split("|")
        at = datetime.fromisoformat(booked_at)
        if at.tzinfo is None or not 0 <= int(position) < 2**31:
            raise ValueError
        return Place(at, entry_id, int(position))
    except ValueError as error:
        raise json.Unreadable("This cursor is of no page of a statement") from error


async def _holder(unit: Unit, by: Visitor, named: PartyId | None) -> PartyId:
    """The key's own party, or whom a key of the installation names. Raises NotYours, UnknownParty, WhichParty."""
    if by.holder is None:
        return (await parties.meant(unit, named)).holder
    return yours(by, named or by.holder)


def _after(one: BalanceShown) -> str:
    return f"{one.account} {one.currency}"


def _balance(holder: PartyId, one: Balance) -> BalanceShown:
    return BalanceShown(
        holder=holder,
        account=str(one.account),
        kind=one.account.head.kind,
        currency=one.currency,
        amount=one.amount,
    )


def _number(holder: PartyId, one: Number) -> NumberShown:
    return NumberShown(holder=holder, account=one.account, number=one.number, name=one.name, own=one.own)


def _entry(posted: Posted) -> EntryShown:
    entry = posted.entry
    return EntryShown(
        holder=posted.holder,
        id=posted.id,
        key=entry.key,
        what=entry.what,
        cites=entry.cites,
        at=posted.at,
        booked_at=posted.booked_at,
        postings=tuple(
            PostingShown(account=str(one.account), amount=one.amount, currency=one.currency) for one in entry.postings
        ),
        reverses=posted.reverses,
        reversed_by=posted.reversed_by,
        by=posted.by,
    )


ROUTES = (
    Route(method="GET", path="/ledger/balances", does=list_balances),
    Route(method="GET", path="/ledger/postings", does=list_postings_of_account),
    Route(method="GET", path="/ledger/entries", does=list_entries),
    Route(method="GET", path="/ledger/entries/{id}", does=fetch_entry),
    Route(method="POST", path="/ledger/entries/{id}/reversal", does=reverse_entry, needs=Role.FINANCE),
    Route(method="GET", path="/ledger/closes", does=list_closes),
    Route(method="POST", path="/ledger/closes", does=close_month, needs=Role.FINANCE),
    Route(method="GET", path="/ledger/closes/{month}", does=fetch_closing),
    Route(method="GET", path="/ledger/numbers", does=list_account_numbers),
    Route(method="PUT", path="/ledger/numbers", does=set_account_number, needs=Role.FINANCE),
)
