"""Post, take back, close a month, and read what was posted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import chart, rules, store
from laddnav.ledger.chart import Number
from laddnav.ledger.exports import WRITERS, Book, Export, Format, WhichCurrency, YearsApart
from laddnav.ledger.model import (
    Account,
    Balance,
    Close,
    Entry,
    Group,
    Head,
    Month,
    Place,
    Posted,
    Statement,
    Total,
    Trial,
)
from laddnav.ledger.origin import undone_here
from laddnav.ledger.rules import AlreadyReversed, ClosedInOrder, PostedDifferently, UnknownEntry
from laddnav.parties import actions as parties
from laddnav.parties.rules import zone_of

FOLDED = 5_000  # entries in one go: half a second
PAGE = 500  # entries that an export reads at once
MOMENT = timedelta(microseconds=1)  # no two instants of the database are nearer


async def post(unit: Unit, holder: PartyId, entry: Entry, *, booked_at: datetime | None = None) -> bool:
    """Whether it was new: the same Entry again moves nothing. Accounts open on first use.

    `booked_at` is from when it counts, if not from now. Raises PostedDifferently, MonthClosed.
    """
    if await store.entries.insert(unit, holder, entry, booked_at or unit.now):
        return True
    before = await store.entries.find_by_key(unit, holder, entry.key)
    if before is None or before.entry != entry or booked_at not in (None, before.booked_at):
        raise PostedDifferently(entry.key)
    return False


async def post_many(
    unit: Unit, holder: PartyId, entries: Sequence[Entry], *, booked_at: datetime | None = None
) -> frozenset[str]:
    """As `post`, any number of them in as many statements as one takes: the keys that were new.

    Raises PostedDifferently, MonthClosed; then none of them is posted when the Unit ends.
    """
    by_key: dict[str, Entry] = {}
    for one in entries:
        if by_key.setdefault(one.key, one) != one:
            raise PostedDifferently(one.key)
    if not by_key:
        return frozenset()
    new = await store.entries.insert_many(unit, holder, list(by_key.values()), booked_at or unit.now)
    before = sorted(by_key.keys() - new)
    if before:
        kept = {posted.entry.key: posted for posted in await store.entries.find_by_keys(unit, holder, before)}
        for key in before:
            found = kept.get(key)
            if found is None or found.entry != by_key[key] or booked_at not in (None, found.booked_at):
                raise PostedDifferently(key)
    return frozenset(new)


async def reverse(unit: Unit, holder: PartyId, key: str, why: str, by: str) -> Posted:
    """Take back the Entry of this key, from now on: another mirrors it and names it. For the room that posted it,
    which puts right whatever else it keeps of it; for a person see `take_back`.

    Again for the same reason is nothing. Raises UnknownEntry, ReversalWithoutReason, ReversalIsFinal, AlreadyReversed.
    """
    taken = await store.entries.find_by_key(unit, holder, key)
    if taken is None:
        raise UnknownEntry(key)
    entry = rules.mirrored(taken, why)
    await store.entries.insert(unit, holder, entry, unit.now, reverses=taken.id, by=by)
    made = await store.entries.find_by_key(unit, holder, entry.key)
    if made is None or made.entry != entry:
        raise AlreadyReversed(key, "" if made is None else made.entry.what)
    return made


async def take_back(unit: Unit, holder: PartyId, entry_id: str, why: str, by: str) -> Posted:
    """What only the ledger knows of is taken back in it.

    Raises UnknownEntry, UndoneElsewhere, ReversalWithoutReason, ReversalIsFinal, AlreadyReversed.
    """
    taken = await entry(unit, holder, entry_id)
    if taken.reverses is None:
        undone_here(taken.entry)
    return await reverse(unit, holder, taken.entry.key, why, by)


# ---- Balances


async def balance(unit: Unit, holder: PartyId, account: Account, currency: str, at: datetime | None = None) -> Decimal:
    """What is on the account, or was `at` that instant; an account never used holds zero."""
    return (await store.balances.of(unit, holder, account, currency, at)).amount


async def trial_balance(
    unit: Unit, holder: PartyId, *, head: Head | None = None, at: datetime | None = None
) -> tuple[Balance, ...]:
    """Every account with its balance, or those under one head. Without `head` the amounts of a currency sum to zero."""
    return await store.balances.of_all(unit, holder, head, at)


async def totals(unit: Unit, holder: PartyId, at: datetime | None = None) -> tuple[Total, ...]:
    """What all accounts of a kind hold together, or held `at` that instant: as many rows as kinds, however many owe."""
    return await store.balances.totals(unit, holder, at)


async def trials(unit: Unit, holder: PartyId, month: Month) -> tuple[Trial, ...]:
    """Every account over a month."""
    opening = {(one.account, one.currency): one.amount for one in await _before(unit, holder, month.begin_at)}
    return tuple(
        Trial(
            account=one.account,
            currency=one.currency,
            opening=opening.get((one.account, one.currency), Decimal(0)),
            closing=one.amount,
        )
        for one in await _before(unit, holder, month.end_at)
    )


async def groups(
    unit: Unit, holder: PartyId, month: Month, head: Head | None = None, *, most: int
) -> tuple[Group, ...]:
    """The trial balance of a month by currency and head, with at most so many accounts of each; or of one head."""
    found = await trials(unit, holder, month)
    return rules.grouped([one for one in found if head in (None, one.account.head)], most)


async def _before(unit: Unit, holder: PartyId, instant: datetime) -> tuple[Balance, ...]:
    return await store.balances.of_all(unit, holder, None, instant - MOMENT)


async def sum_up(database: Database) -> int:
    """Bring the sums up to what was posted since, some thousand entries a Unit; how many entries that were."""
    many = 0
    while True:
        async with database.unit() as unit:
            folded = await store.balances.fold(unit, FOLDED)
        many += folded
        if folded < FOLDED:
            return many


async def wrong_sums(unit: Unit, holder: PartyId, at: datetime | None = None) -> tuple[Balance, ...]:
    """The plain sums of all postings where the sums we keep say otherwise: there are none, or something broke."""
    kept = {(one.account, one.currency): one.amount for one in await store.balances.of_all(unit, holder, None, at)}
    plain = await store.balances.from_postings(unit, holder, at)
    return tuple(one for one in plain if kept.get((one.account, one.currency)) != one.amount)


# ---- Entries


async def entry(unit: Unit, holder: PartyId, entry_id: str) -> Posted:
    """Raises UnknownEntry."""
    found = await store.entries.find(unit, holder, entry_id)
    if found is None:
        raise UnknownEntry(entry_id)
    return found


async def by_key(unit: Unit, holder: PartyId, key: str) -> Posted:
    """Raises UnknownEntry."""
    found = await store.entries.find_by_key(unit, holder, key)
    if found is None:
        raise UnknownEntry(key)
    return found


async def entries(
    unit: Unit,
    holder: PartyId,
    *,
    account: Account | None = None,
    cites: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[Posted, ...]:
    """The newest first; `after` is the id of the last one of the page before."""
    return await store.entries.page(unit, holder, after=after, cites=cites, account=account, limit=limit)


async def statement(
    unit: Unit,
    holder: PartyId,
    account: Account,
    currency: str,
    month: Month,
    *,
    after: Place | None = None,
    limit: int = 100,
) -> Statement:
    """What moved on an account in a month, the oldest first; `after` is where the page before ended."""
    if after is None:
        opening = await store.balances.of(unit, holder, account, currency, month.begin_at - MOMENT)
    else:
        opening = await store.balances.after(unit, holder, account, currency, after)
    lines = await store.balances.lines(unit, holder, account, currency, month, after, limit)
    return Statement(
        holder=holder,
        account=account,
        currency=currency,
        opening=opening.amount,
        lines=tuple(replace(line, balance=opening.amount + line.balance) for line in lines),
    )


async def currencies(unit: Unit, holder: PartyId, account: Account | None = None) -> tuple[str, ...]:
    """In which anything was ever posted, to this account or at all."""
    return await store.balances.currencies(unit, holder, account)


async def booked(database: Database, holder: PartyId, begin_at: datetime, end_at: datetime) -> AsyncIterator[Posted]:
    """In the order in which they count, a page a Unit, so that many take no more memory than few."""
    last: Posted | None = None
    while True:
        async with database.unit() as unit:
            page = await store.entries.booked(unit, holder, begin_at, end_at, last, PAGE)
        for one in page:
            yield one
        if len(page) < PAGE:
            return
        last = page[-1]


async def export(
    database: Database, holder: PartyId, format: Format, since: str, until: str, currency: str | None = None
) -> AsyncIterator[bytes]:
    """From the first month to the last, line by line, so that many take no more memory than few.

    Raises NotAMonth, YearsApart, WhichCurrency, UnknownParty.
    """
    async with database.unit() as unit:
        writer, book = await _writer(unit, holder, format, since, until, currency)
    for line in writer.begin():
        yield writer.encoded(line)
    async for posted in booked(database, holder, book.since.begin_at, book.until.end_at):
        for line in writer.one(posted):
            yield writer.encoded(line)
    for line in writer.end():
        yield writer.encoded(line)


async def _writer(
    unit: Unit, holder: PartyId, format: Format, since: str, until: str, currency: str | None
) -> tuple[Export, Book]:
    party = await parties.fetch(unit, holder)
    zone = zone_of(party)
    first, last = rules.month_of(since, zone), rules.month_of(until, zone)
    if first.begin_at > last.begin_at or (format is Format.SIE and since[:4] != until[:4]):
        raise YearsApart(since, until)
    if format is Format.SIE and currency is None:
        currencies = await store.balances.currencies(unit, holder)
        if len(currencies) > 1:
            raise WhichCurrency(currencies)
        currency = currencies[0] if currencies else party.currency
    book = Book(
        name=party.name,
        vat_number=party.vat_number,
        zone=zone,
        currency=currency,
        since=first,
        until=last,
        now=unit.now,
        chart=chart.Chart(await numbers(unit, holder)),
        before=await _before(unit, holder, rules.month_of(f"{since[:4]}-01", zone).begin_at),
        opening=await _before(unit, holder, first.begin_at),
        closing=await _before(unit, holder, last.end_at),
    )
    return WRITERS[format](book), book


# ---- Months


async def month(unit: Unit, holder: PartyId, name: str | None = None) -> Month:
    """On the holder's calendar; without a name, the one that it is. Raises NotAMonth, UnknownParty."""
    zone = zone_of(await parties.fetch(unit, holder))
    return rules.month_at(unit.now, zone) if name is None else rules.month_of(name, zone)


async def close(unit: Unit, holder: PartyId, name: str, by: str) -> Close:
    """Nothing can be posted to this month, or one before it, any more; its trial balance is kept. Again is nothing.

    Raises NotAMonth, MonthNotOver, ClosedInOrder, UnknownParty.
    """
    over = rules.closable(await month(unit, holder, name), unit.now)
    await store.months.hold_alone(unit, holder)
    before = await store.months.closes(unit, holder)
    for one in before:
        if one.month == over.name:
            return one
    if before and before[0].ends_at >= over.end_at:
        raise ClosedInOrder(over.name, before[0].month)
    closed = Close(holder=holder, month=over.name, ends_at=over.end_at, at=unit.now, by=by)
    store.months.close(unit, closed, await _before(unit, holder, over.end_at))
    return closed


async def closes(unit: Unit, holder: PartyId) -> tuple[Close, ...]:
    """The last one first."""
    return await store.months.closes(unit, holder)


async def closing(unit: Unit, holder: PartyId, name: str) -> tuple[Balance, ...]:
    """The trial balance with which a month was closed."""
    return await store.months.closing(unit, holder, name)


async def to_close(unit: Unit, holder: PartyId) -> Month | None:
    """The first month that is over and not closed, of those in which anything was posted. Raises UnknownParty."""
    zone = zone_of(await parties.fetch(unit, holder))
    closed = await store.months.closes(unit, holder)
    first = closed[0].ends_at if closed else await store.months.first_booked_at(unit, holder)
    if first is None:
        return None
    found = rules.month_at(first, zone)
    return found if found.end_at <= unit.now else None


# ---- The numbers that bookkeeping has for accounts


async def numbers(unit: Unit, holder: PartyId) -> tuple[Number, ...]:
    """Those of the holder, and those of BAS for what it did not number itself, in the order of the accounts."""
    return chart.with_own(await store.numbers.own(unit, holder))


async def number(unit: Unit, holder: PartyId, one: Number) -> None:
    """Raises NotAnAccount, UnfitNumber."""
    chart.checked(one)
    store.numbers.put(unit, holder, one)


async def forget_number(unit: Unit, holder: PartyId, account: str) -> None:
    """It has the number again that BAS gives it."""
    store.numbers.forget(unit, holder, account)
