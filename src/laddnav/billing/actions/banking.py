"""Read what the bank says: each movement is booked once, and settles what it cites; of the rest somebody is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from laddnav.billing import bank
from laddnav.billing.actions import buyers, undoing
from laddnav.billing.actions.settling import settle
from laddnav.billing.bank import (
    AlreadyDecided,
    BankEntry,
    BankFile,
    BankState,
    BankWhy,
    Match,
    NotDecided,
    Payout,
    UnfitFee,
    UnknownBankEntry,
    WentBack,
    WhoseIsIt,
    WhyNot,
)
from laddnav.billing.camt import Movement, statements
from laddnav.billing.postings import receivable
from laddnav.billing.references import numbers_in
from laddnav.billing.store import bank as store
from laddnav.billing.store import settling
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.money import minor_unit
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Head
from laddnav.ledger.rules import account_of
from laddnav.parties import actions as parties
from laddnav.parties.model import Party
from laddnav.parties.rules import zone_of
from laddnav.people import actions as people

CITED_MOST = 50  # invoices that one movement can cite


async def read(unit: Unit, holder: PartyId, name: str, body: bytes | str, *, by: str) -> tuple[BankFile, ...]:
    """What was not read before is booked, and settles what it cites; a file for each statement in it.

    Nothing of it is kept where one line cannot be read. Raises NotAStatement, UnknownParty.
    """
    party = await parties.fetch(unit, holder)
    told = await asyncio.to_thread(statements, body)
    await store.hold(unit, holder)
    read = []
    for statement in told:
        ref = unit.new_id()
        known = await store.known(unit, holder, [one.key for one in statement.movements])
        new = [one for one in statement.movements if one.key not in known and one.amount]
        entries = [await _take(unit, party, ref, movement, by) for movement in new]
        file = BankFile(
            holder=holder,
            ref=ref,
            name=name[:200],
            account=statement.account,
            movements=len(statement.movements),
            new=len(new),
            matched=sum(one.state is BankState.MATCHED for one in entries),
            pending=statement.pending,
            read_at=unit.now,
            by=by,
        )
        store.insert_file(unit, file)
        people.note(unit, by, "read bank file", f"bank {statement.account}", name[:200])
        read.append(file)
    return tuple(read)


async def _take(unit: Unit, party: Party, file: str, movement: Movement, by: str) -> BankEntry:
    found = await _match(unit, party, movement)
    entry = BankEntry(
        holder=party.holder,
        ref=unit.new_id(),
        file=file,
        movement=movement,
        state=found.state,
        why=found.why,
        debtor_id=found.debtor_id,
        numbers=found.numbers,
        undoes=found.undoes,
        read_at=unit.now,
    )
    store.insert(unit, entry)
    matched = found.debtor_id if found.state is BankState.MATCHED else None
    posted = bank.came(movement, matched)
    await ledger.post(unit, party.holder, posted, booked_at=await _counts_from(unit, party, movement))
    if matched is not None:
        undone = None if found.undoes is None else await store.keyed(unit, party.holder, found.undoes)
        await settle(
            unit,
            party.holder,
            matched,
            movement.amount,
            movement.currency,
            source=posted.key,
            cites=found.numbers or None,
            undoes=None if undone is None else bank.source_of(undone),
            by=by,
        )
    return entry


async def _match(unit: Unit, party: Party, movement: Movement) -> Match:
    numbers = numbers_in((*movement.references, *movement.texts), party.holder.party)[:CITED_MOST]
    cited = await settling.numbered(unit, party.holder, list(numbers)) if numbers else ()
    in_order = sorted(cited, key=lambda one: numbers.index(one.number))
    same = await store.of_amount(unit, party.holder, movement.currency, movement.amount) if not cited else ()
    before = await store.came_before(unit, party.holder, movement) if movement.amount < 0 else ()
    return bank.match(movement, in_order, same, bank.undoing(movement, before))


async def _counts_from(unit: Unit, party: Party, movement: Movement) -> datetime:
    """The day on which the bank booked it; now, where that is in a month that is closed, or is still to come."""
    booked = datetime.combine(movement.booked_on, time(12), ZoneInfo(zone_of(party).key))
    closes = await ledger.closes(unit, party.holder)
    return unit.now if booked > unit.now or (closes and booked < closes[0].ends_at) else booked


async def decide(
    unit: Unit,
    ref: str,
    *,
    by: str,
    debtor_id: str | None = None,
    numbers: tuple[str, ...] = (),
    account: str | None = None,
    fee: Decimal | None = None,
) -> BankEntry:
    """Somebody says what a movement is: a debtor's, who pays these invoices or what is due longest, or an account's.

    `fee` is what a provider, whose account it is, kept of it. Raises UnknownBankEntry, AlreadyDecided, WhoseIsIt,
    UnfitFee, UnknownDebtor, NotAnAccount.
    """
    entry = await store.locked(unit, ref)
    if entry is None:
        raise UnknownBankEntry(ref)
    if entry.state not in (BankState.PROPOSED, BankState.UNMATCHED):
        raise AlreadyDecided(ref)
    if (debtor_id is None) == (account is None):
        raise WhoseIsIt
    movement, holder, times = entry.movement, entry.holder, entry.times + 1
    if fee is not None and not _fits(fee, movement, account):
        raise UnfitFee(movement.currency)
    if debtor_id is None:
        assert account is not None
        of = account_of(account)
        await ledger.post(unit, holder, bank.was(movement, of, times))
        if fee:
            await ledger.post(unit, holder, bank.kept_of_it(movement, of, fee, times))
    else:
        await buyers.locked(unit, holder, debtor_id)
        posted = bank.was(movement, receivable(debtor_id), times)
        await ledger.post(unit, holder, posted)
        cites = numbers or None
        source = posted.key
        await settle(unit, holder, debtor_id, movement.amount, movement.currency, source=source, cites=cites, by=by)
    decided = replace(
        entry,
        state=BankState.DECIDED,
        why=BankWhy.PERSON,
        debtor_id=debtor_id,
        numbers=numbers,
        account=account,
        fee=fee,
        times=times,
        decided_at=unit.now,
        decided_by=by,
    )
    store.update(unit, decided)
    people.note(unit, by, "decide bank movement", f"bank {movement.key}", debtor_id or account or "")
    return decided


async def take_back(unit: Unit, ref: str, why: str, *, by: str) -> BankEntry:
    """It is not what was said of it, or read from it: what it settled is open again, and somebody says anew what it is.

    That it moved stays. Raises UnknownBankEntry, NotDecided, WentBack, WhyNot.
    """
    entry = await store.locked(unit, ref)
    if entry is None:
        raise UnknownBankEntry(ref)
    await store.hold(unit, entry.holder)  # a file that is being read may find it as it was
    if entry.state not in (BankState.MATCHED, BankState.DECIDED):
        raise NotDecided(ref)
    other = await store.undoing(unit, entry.holder, entry.movement.key)
    if other is not None:
        raise WentBack(other)
    if not why.strip():
        raise WhyNot
    movement, holder, debtor_id, source = entry.movement, entry.holder, entry.debtor_id, bank.source_of(entry)
    if entry.state is BankState.MATCHED:
        assert debtor_id is not None, "it was matched with somebody"
        was_not = bank.was_not(movement, debtor_id)
        await ledger.post(unit, holder, was_not)
        back = was_not.key
    else:
        back = (await ledger.reverse(unit, holder, source, why, by)).entry.key
        if entry.fee:
            await ledger.reverse(unit, holder, bank.fee_key(movement, entry.times), why, by)
    if debtor_id is not None:
        await undoing.take_back(unit, holder, debtor_id, source, source=back, by=by)
    unsaid = replace(
        entry,
        state=BankState.UNMATCHED,
        why=BankWhy.SAID_WRONG,
        debtor_id=None,
        numbers=(),
        undoes=None,
        account=None,
        fee=None,
        times=entry.times if entry.state is BankState.MATCHED else max(entry.times, 1),
        decided_at=None,
        decided_by="",
    )
    store.update(unit, unsaid)
    people.note(unit, by, "take back what a movement was", f"bank {movement.key}", why.strip())
    return unsaid


def _fits(fee: Decimal, movement: Movement, account: str | None) -> bool:
    if account is None or not fee.is_finite() or fee < 0 or fee % minor_unit(movement.currency):
        return False
    return movement.amount > 0 and bank.is_provider(account_of(account))


async def payouts(unit: Unit, of: Sequence[BankEntry]) -> Mapping[str, tuple[Payout, ...]]:
    """Of movements that somebody has to decide, by their refs: which provider may have paid each out."""
    found: dict[str, tuple[Payout, ...]] = {}
    for holder in {one.holder for one in of}:
        balances = await ledger.trial_balance(unit, holder, head=Head.CLEARING)
        owing = [(one.account, one.currency, one.amount) for one in balances]
        found |= {one.ref: bank.payouts(one.movement, owing) for one in of if one.holder == holder}
    return found


async def entry(unit: Unit, ref: str) -> BankEntry:
    """Raises UnknownBankEntry."""
    found = await store.locked(unit, ref)
    if found is None:
        raise UnknownBankEntry(ref)
    return found


async def entries(
    unit: Unit, holder: PartyId | None, *, to_decide: bool = False, after: str | None = None, limit: int = 50
) -> tuple[BankEntry, ...]:
    """The newest first; or only those that somebody has to decide."""
    return await store.entries(unit, holder, to_decide=to_decide, after=after, limit=limit)


async def keyed(unit: Unit, holder: PartyId | None, key: str) -> tuple[BankEntry, ...]:
    """That of this key, of each party that has it: one, or none."""
    return await store.keyed_anywhere(unit, holder, key)


async def files(
    unit: Unit, holder: PartyId | None, *, after: str | None = None, limit: int = 50
) -> tuple[BankFile, ...]:
    """The newest first."""
    return await store.files(unit, holder, after, limit)
