"""Say who hosts us and what they get; make the statement of a month, which we bill to ourselves in the host's name."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.actions import buyers, items
from laddnav.billing.model import DebtorKind, Item, ItemKind, ItemWords, Supply
from laddnav.billing.postings import receivable
from laddnav.billing.rules import checked
from laddnav.db.unit import Database, Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.ledger.rules import month_of
from laddnav.parties import actions as parties
from laddnav.parties.rules import zone_of
from laddnav.people import actions as people
from laddnav.settlement import sharing
from laddnav.settlement.sharing import (
    Agreement,
    Host,
    Kept,
    MonthPart,
    Stated,
    Statement,
    UnfitAgreement,
    UnknownAgreement,
    UnknownHost,
)
from laddnav.settlement.store import hosts as store

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")
MONTHS_BACK = 24  # that are stated at once, where an agreement begins in the past


class OwedToHost(Struct, frozen=True, kw_only=True):
    """What a host is owed now: `shared` of charges on no statement yet, `stated` and not paid, with its VAT."""

    host: Host
    currency: str
    shared: Decimal
    stated: Decimal

    @property
    def amount(self) -> Decimal:
        return self.shared + self.stated


# ---- Who


async def save_host(unit: Unit, host: Host, *, by: str) -> Host:
    """New, or put right by its id. Raises UnfitAgreement, NotAVatNumber, UnknownParty."""
    await parties.fetch(unit, host.holder)
    if not _ID.fullmatch(host.id):
        raise UnfitAgreement("The id of a host is 1 to 40 letters, digits and hyphens")
    if not 1 <= len(host.name.strip()) <= 200 or not re.fullmatch(r"[A-Z]{2}", host.country):
        raise UnfitAgreement("A host has a name, and a country of two letters")
    checked(host.vat_number, None)
    before = await store.host(unit, host.holder, host.id, lock=True)
    host = replace(host, ref=unit.new_id() if before is None else before.ref, said_at=unit.now, said_by=by)
    store.put_host(unit, host)
    people.note(unit, by, "save host", f"host {host.holder}/{host.id}", host.name)
    return host


async def host(unit: Unit, holder: PartyId, id: str) -> Host:
    """Raises UnknownHost."""
    found = await store.host(unit, holder, id)
    if found is None:
        raise UnknownHost(id)
    return found


async def host_by_ref(unit: Unit, ref: str) -> Host:
    """Raises UnknownHost."""
    found = await store.host_by_ref(unit, ref)
    if found is None:
        raise UnknownHost(ref)
    return found


async def hosts(unit: Unit, holder: PartyId | None, *, after: str | None = None, limit: int = 100) -> Sequence[Host]:
    """In the order in which they came."""
    return await store.hosts(unit, holder, after, limit)


# ---- What they get


async def agree(unit: Unit, one: Agreement, *, by: str) -> Agreement:
    """For charges that are billed from now on; what was shared stays so. Raises UnfitAgreement, UnknownHost."""
    await host(unit, one.holder, one.host)
    await store.agree_alone(unit, one.holder)
    others = await store.agreements(unit, one.holder)
    one = sharing.fit(replace(one, ref=unit.new_id(), said_at=unit.now, said_by=by), others)
    store.put_agreement(unit, one)
    people.note(unit, by, "agree share", f"host {one.holder}/{one.host}", f"{', '.join(one.places)} from {one.since}")
    return one


async def end(unit: Unit, ref: str, last: datetime, *, by: str) -> Agreement:
    """After the day of `last` on the party's calendar it holds no more. Raises UnknownAgreement, UnfitAgreement."""
    one = await agreement(unit, ref)
    day = last.astimezone(zone_of(await parties.fetch(unit, one.holder))).date()
    one = replace(one, until=day)
    if day < one.since:
        raise UnfitAgreement("It ends before it begins")
    store.put_agreement(unit, one)
    people.note(unit, by, "end share", f"host {one.holder}/{one.host}", f"after {day}")
    return one


async def agreement(unit: Unit, ref: str) -> Agreement:
    """Raises UnknownAgreement."""
    one = await store.agreement_by_ref(unit, ref)
    if one is None:
        raise UnknownAgreement(ref)
    return one


async def agreements(unit: Unit, holder: PartyId, host_id: str | None = None) -> Sequence[Agreement]:
    return await store.agreements(unit, holder, host_id)


# ---- A month is stated


async def state_due(database: Database) -> int:
    """Every month that is over and on no statement, each in a Unit of its own; how many those were."""
    made = 0
    async with database.unit() as unit:
        due = await store.with_agreements(unit)
    for holder, host_id in due:
        async with database.unit() as unit:
            zone = zone_of(await parties.fetch(unit, holder))
            last = sharing.month_before(unit.now, zone)
            first = min(one.since for one in await store.agreements(unit, holder, host_id)).strftime("%Y-%m")
        for month in sharing.months(first, last)[-MONTHS_BACK:]:
            async with database.unit() as unit:
                made += len(await state(unit, holder, host_id, month))
    return made


async def state(unit: Unit, holder: PartyId, host_id: str, month: str) -> Sequence[Statement]:
    """A statement a currency, where there is none; what it comes to is on an invoice of ours. Raises UnknownHost."""
    await store.hold(unit, holder, host_id)
    stated: dict[str, set[str]] = {}
    for name, currency in await store.stated(unit, holder, host_id):
        stated.setdefault(currency, set()).add(name)
    agreed = await store.agreements(unit, holder, host_id)
    holding = {one.currency for one in agreed if sharing.days_held(one, month)[0]}
    wanted = holding | await store.currencies(unit, holder, host_id, month)
    wanted = {currency for currency in wanted if month not in stated.get(currency, ())}
    if not wanted:
        return ()
    who = await host(unit, holder, host_id)
    return [
        await _state(unit, who, month, currency, agreed, stated.get(currency, set())) for currency in sorted(wanted)
    ]


async def _state(
    unit: Unit, who: Host, month: str, currency: str, agreed: Sequence[Agreement], stated: Collection[str]
) -> Statement:
    """`stated` are the months of which there is a statement in this currency already."""
    ref = unit.new_id()
    marked = await store.mark(unit, who.holder, who.id, month, currency, ref)
    granted = await store.granted(unit, who.holder, who.id)
    lines = []
    for one in agreed:
        if one.currency != currency:
            continue
        new = {name: row["amount"] for (of, name), row in marked.items() if of == one.ref}
        for part in sharing.month_parts(one, month, before=granted.get(one.ref, {}), new=new, stated=stated):
            lines.append(_stated(one, part, marked.get((one.ref, part.month))))
            await _accrue(unit, who, month, one, part)
    statement = Statement(
        holder=who.holder,
        ref=ref,
        host=who.id,
        month=month,
        currency=currency,
        lines=tuple(lines),
        made_at=unit.now,
    )
    statement = replace(statement, invoice_ref=await _bill(unit, who, statement))
    store.state(unit, statement)
    return statement


def _stated(one: Agreement, part: MonthPart, row: Record | None) -> Stated:
    """`row` is the sums of its shares; None: there are none."""
    return Stated(
        agreement=one.ref,
        month=part.month,
        name=one.name or ", ".join(one.places)[:100],
        many=0 if row is None else row["many"],
        kwh=Decimal(0) if row is None else row["kwh"],
        revenue=Decimal(0) if row is None else row["revenue"],
        shares=Decimal(0) if row is None else row["amount"],
        fixed=part.fixed,
        guarantee=part.guarantee,
        days=part.days,
        of_days=part.of_days,
    )


async def _accrue(unit: Unit, who: Host, month: str, one: Agreement, part: MonthPart) -> None:
    """What is owed beside the shares of charges, which were posted with each."""
    amount = part.fixed + part.guarantee
    if amount:
        of = one.ref if part.month == month else f"{one.ref} of {part.month}"
        await ledger.post(
            unit,
            who.holder,
            Entry(
                key=f"share of month {month} {of}",
                what=f"What {who.name} gets for {part.month} whatever was charged",
                cites=f"agreement {one.ref}",
                postings=(
                    Posting(Account(Head.COST, "host"), amount, one.currency),
                    Posting(Account(Head.HOST, who.id), -amount, one.currency),
                ),
            ),
        )


async def _bill(unit: Unit, who: Host, statement: Statement) -> str | None:
    """The ref of the credit note to come; None: nothing is owed."""
    zone = zone_of(await parties.fetch(unit, who.holder))
    month = month_of(statement.month, zone)
    debtor = await buyers.known(unit, who.holder, DebtorKind.HOST, debtor_of(who), who.name, who.country)
    await billing.describe(
        unit,
        who.holder,
        debtor.id,
        name=who.name,
        country=who.country,
        address=who.address,
        vat_number=who.vat_number,
    )
    ref = None
    for line in statement.lines:
        # On the invoice of the statement's month, though shares came late of another.
        late = line.month != statement.month
        of = f"{line.agreement} of {line.month}" if late else line.agreement
        place = f"{line.name} ({line.month})" if late else line.name
        guaranteed = "SHARE_GUARANTEE" if line.guarantee > 0 else "SHARE_GUARANTEE_BACK"
        for code, amount in (("SHARE", line.shares), ("SHARE_FIXED", line.fixed), (guaranteed, line.guarantee)):
            if not amount:
                continue
            item = Item(
                key=f"{code.lower()} {statement.month} {statement.currency} {of}",
                kind=ItemKind.SHARE,
                words=ItemWords(code=code, values={"place": place}),
                started_at=month.begin_at,
                ended_at=month.end_at,
                amount=-amount,
                currency=statement.currency,
                account=str(Account(Head.HOST, who.id)),
                supply=Supply.SERVICE,
            )
            ref = await items.add(unit, who.holder, debtor.id, item)
    return ref


# ---- Reads


def debtor_of(who: Host) -> str:
    return f"{DebtorKind.HOST}:{who.id}"


async def owed(unit: Unit, who: Host, at: datetime | None = None) -> Sequence[OwedToHost]:
    """By the ledger, a currency each, now or at an instant that was."""
    shared, stated = Account(Head.HOST, who.id), receivable(debtor_of(who))
    found = []
    for currency in sorted(
        {*await ledger.currencies(unit, who.holder, shared), *await ledger.currencies(unit, who.holder, stated)}
    ):
        found.append(
            OwedToHost(
                host=who,
                currency=currency,
                shared=-await ledger.balance(unit, who.holder, shared, currency, at),
                stated=-await ledger.balance(unit, who.holder, stated, currency, at),
            )
        )
    return found


async def shares(unit: Unit, who: Host, limit: int = 50) -> Sequence[Kept]:
    """The newest first."""
    return await store.newest(unit, who.holder, who.id, limit)


async def every_share(database: Database, who: Host, statement: str | None = None) -> AsyncIterator[Kept]:
    """In the order in which the CDRs came, a page a Unit; of one statement, or all."""
    after: str | None = None
    while True:
        async with database.unit() as unit:
            found = await store.shares(unit, who.holder, who.id, statement=statement, after=after, limit=2_000)
        for one in found:
            yield one
        if len(found) < 2_000:
            return
        after = found[-1].cdr_ref


async def statements(unit: Unit, who: Host, limit: int = 36) -> Sequence[Statement]:
    """The newest month first."""
    return await store.statements(unit, who.holder, who.id, limit)


async def statement(unit: Unit, ref: str) -> Statement:
    """Raises UnknownHost."""
    found = await store.statement(unit, ref)
    if found is None:
        raise UnknownHost(ref)
    return found
