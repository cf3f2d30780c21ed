"""Verbs about who may charge at present: standing, wallets and limits, and what of them its Tokens say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from laddnav.customers import limits, wallet
from laddnav.customers.actions.keeping import by_ref, lock
from laddnav.customers.actions.subscribing import today
from laddnav.customers.events import CustomerChanged, StandingChanged, WalletShort
from laddnav.customers.limits import REASONS, Used
from laddnav.customers.model import Contract, Customer, PaysBy, Standing
from laddnav.customers.store import customers as store
from laddnav.customers.store import used as kept
from laddnav.customers.store import wallets
from laddnav.customers.wallet import Refill, Wallet
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Head
from laddnav.parties import actions as parties
from laddnav.people import actions as people
from laddnav.tokens import actions as tokens
from laddnav.tokens.events import TokenChanged
from laddnav.tokens.model import Allowed, Authorization, Barred

Running = Callable[[Contract], Awaitable[Used]]  # what charges under way have used, which a higher room knows
ALLOWED_AS = {why: Allowed.BLOCKED if why is Barred.STOPPED else Allowed.NO_CREDIT for why in Barred}


# ---- Standing


async def stand(unit: Unit, ref: str, standing: Standing, *, why: str, by: str) -> Customer:
    """What is due decides how a customer stands; who is STOPPED charges nowhere. Again is nothing.

    Raises UnknownCustomer.
    """
    before = await lock(unit, ref)
    if before.standing is standing:
        return before
    after = replace(before, standing=standing, last_updated=unit.now)
    store.put(unit, after)
    people.note(unit, by, f"customer {standing.value.lower()}", f"customer {ref}", why)
    unit.announce(StandingChanged(holder=after.holder, customer=ref, standing=standing))
    unit.announce(CustomerChanged(holder=after.holder, customer=ref))
    await look(unit, after)
    return after


async def unheld(unit: Unit, ref: str, unheld: bool, *, by: str) -> None:
    """Whether the bank of who must be held for held nothing; meanwhile they charge nowhere. Again is nothing.

    Raises UnknownCustomer.
    """
    before = await lock(unit, ref)
    if before.unheld is unheld:
        return
    after = replace(before, unheld=unheld, last_updated=unit.now)
    store.put(unit, after)
    people.note(unit, by, "card holds nothing" if unheld else "card may be tried", f"customer {ref}", before.number)
    unit.announce(CustomerChanged(holder=after.holder, customer=ref))
    await look(unit, after)


# ---- Who may charge


async def judged(unit: Unit, holder: PartyId, given: Authorization, running: Running) -> Authorization:
    """Whoever pays for a Token of ours is asked once more when it is to charge; charges under way count."""
    token = given.token
    if token is None or token.owner != holder:
        return given
    if given.allowed is not Allowed.ALLOWED:
        return given if token.barred is None else replace(given, info=REASONS[token.barred])
    contract = await store.contract(unit, holder, token.contract_id)
    if contract is None:
        return given
    customer = await by_ref(unit, contract.customer)
    why = await _barred(unit, customer, await _free(unit, customer), contract, await running(contract))
    return given if why is None else replace(given, allowed=ALLOWED_AS[why], info=REASONS[why])


async def look(unit: Unit, customer: Customer, only: Contract | None = None) -> None:
    """Its Tokens, or those of one contract, say what is so; partners, who decide alone, hear of every change."""
    free = await _free(unit, customer)
    for contract in await store.contracts(unit, customer) if only is None else (only,):
        why = await _barred(unit, customer, free, contract, Used())
        await tokens.bar(unit, customer.holder, contract.contract_id, why)


async def charged(unit: Unit, customer: Customer, contract_id: str, *, owner: PartyId, cdr_id: str, used: Used) -> None:
    """A CDR counts in the week in which it came, below zero what one takes back; the same CDR again is nothing.

    Where a week or a wallet is used up by it, or is not any more, the Tokens say so.
    """
    contract = await store.contract(unit, customer.holder, contract_id)
    if contract is not None:
        kept.insert(unit, contract, owner, cdr_id, limits.week_of(await today(unit, contract.holder)), used)
    if customer.pays_by is PaysBy.WALLET:
        await look(unit, customer)
    elif contract is not None and contract.limited:
        await look(unit, customer, contract)


async def look_at(database: Database, event: CustomerChanged | TokenChanged) -> None:
    """Hears of both: a card that is new, or a contract that is now somebody's, is let charge as its others are."""
    async with database.unit() as unit:
        if isinstance(event, CustomerChanged):
            await look(unit, await by_ref(unit, event.customer))
        elif event.owner == str(event.holder):
            for token in await tokens.by_uid(unit, event.holder, event.uid):
                customer = await store.of_contract(unit, event.holder, token.contract_id)
                if customer is not None and token.owner == event.holder:
                    await look(unit, customer)


async def look_again(database: Database) -> None:
    """A week begins: what was used up is not any more."""
    async with database.unit() as unit:
        barred = await kept.limited(unit)
    for ref in barred:
        async with database.unit() as unit:
            await look(unit, await by_ref(unit, ref))


async def _barred(
    unit: Unit, customer: Customer, free: Decimal | None, contract: Contract, running: Used
) -> Barred | None:
    used = running + await used_this_week(unit, contract) if contract.limited else running
    return limits.barred(customer.standing, free, contract, used, unheld=customer.unheld)


async def _free(unit: Unit, customer: Customer) -> Decimal | None:
    """In the wallet; None: they pay otherwise."""
    return (await wallet_of(unit, customer)).free if customer.pays_by is PaysBy.WALLET else None


# ---- Limits


async def used_this_week(unit: Unit, contract: Contract) -> Used:
    """By charges that are over."""
    week = limits.week_of(await today(unit, contract.holder))
    return await kept.of_week(unit, contract, week)


# ---- Wallets


async def wallet_of(unit: Unit, customer: Customer, *, besides: tuple[PartyId, str] | None = None) -> Wallet:
    """In the currency of its holder; `besides` is a Session, with its CPO, whose own hold does not count.

    Others commit between these reads, and a sum moves from one to another of them: what was held is owed with its CDR,
    what bore no VAT yet bears it once it is issued, what was owed or going back leaves the wallet. Where it comes from
    is read before where it goes to: so it is counted twice at worst, and no two charges have the same.
    """
    party = await parties.fetch(unit, customer.holder)
    held = await wallets.held(unit, customer, besides)
    untaxed = await wallets.untaxed(unit, customer, party.currency)
    owed = await ledger.balance(unit, customer.holder, Account(Head.RECEIVABLE, customer.debtor_id), party.currency)
    going_back = await wallets.going_back(unit, customer, party.currency)
    in_it = -await ledger.balance(unit, customer.holder, wallet.account(customer.ref), party.currency)
    return Wallet(
        holder=customer.holder,
        customer=customer.ref,
        currency=party.currency,
        in_it=in_it,
        owed=wallet.with_vat(owed, untaxed, party.vat_percent, party.currency),
        held=held,
        going_back=going_back,
        refill=await wallets.refill(unit, customer),
    )


async def is_prepaid(unit: Unit, holder: PartyId, contract_id: str) -> bool:
    """Whether charges of this contract are paid from a wallet."""
    customer = await store.of_contract(unit, holder, contract_id)
    return customer is not None and customer.pays_by is PaysBy.WALLET


async def hold(
    unit: Unit,
    holder: PartyId,
    contract_id: str,
    currency: str,
    session_id: str,
    *,
    part: Decimal | None = None,
    owner: PartyId | None = None,
    until: datetime | None = None,
) -> Decimal | None:
    """What is free in the wallet behind a contract, `part` of it at most, is for this charge; again is for all of it.

    None: it is not paid from one. `part` None: all that is free; `owner` is the CPO, None: the holder. After `until`
    nothing is held any more, should no CDR have come. A charge in another currency holds nothing and is bounded by
    nothing: what it costs is owed.
    """
    customer = await store.of_contract(unit, holder, contract_id)
    if customer is None or customer.pays_by is not PaysBy.WALLET:
        return None
    customer = await lock(unit, customer.ref)
    owner = owner or holder
    found = await wallet_of(unit, customer, besides=(owner, session_id))
    if found.currency != currency:
        return None
    free = max(found.free, wallet.ZERO)
    held = free if part is None else min(free, part)
    wallets.hold(unit, customer, owner, session_id, held, until)
    if held == free:  # so that partners, who decide alone, let nobody begin on what others hold
        await look(unit, customer)
    return held


async def runs_short(unit: Unit, holder: PartyId, contract_id: str) -> None:
    """A charge is about to use up the wallet behind a contract: whoever fills it may do so in time."""
    customer = await store.of_contract(unit, holder, contract_id)
    if customer is not None and await wallets.refill(unit, customer) is not None:
        unit.announce(WalletShort(holder=customer.holder, customer=customer.ref))


async def holds(unit: Unit, holder: PartyId, session_id: str, owner: PartyId) -> bool:
    return await wallets.is_held(unit, holder, owner, session_id)


async def held_at(unit: Unit, holder: PartyId, contract_id: str, owner: PartyId) -> list[str]:
    """The ids of Sessions of this CPO for which something is held of the wallet behind a contract."""
    customer = await store.of_contract(unit, holder, contract_id)
    return [] if customer is None else await wallets.held_at(unit, customer, owner)


def release(unit: Unit, holder: PartyId, session_id: str, owner: PartyId | None = None) -> None:
    """For whoever looks at its customer anyway."""
    wallets.release(unit, holder, owner or holder, session_id)


async def let_go(unit: Unit, holder: PartyId, session_id: str, owner: PartyId | None = None) -> None:
    """Nothing comes of this charge, and what it held is free again; again is nothing."""
    ref = await wallets.released(unit, holder, owner or holder, session_id)
    if ref is not None:
        await look(unit, await by_ref(unit, ref))


async def free_late(database: Database) -> int:
    """What charges held whose CDRs nobody waits for any more is free again; how many those were."""
    async with database.unit() as unit:
        late = await wallets.late(unit, 100)
    for holder, owner, session_id in late:
        async with database.unit() as unit:
            await let_go(unit, holder, session_id, owner)
    return len(late)


async def refill(unit: Unit, ref: str, refill: Refill | None, *, by: str) -> Wallet:
    """The wallet fills itself from the stored card, or does so no more. Raises UnknownCustomer, UnfitWallet."""
    customer = await lock(unit, ref)
    currency = (await parties.fetch(unit, customer.holder)).currency
    if refill is not None:
        wallet.checked(refill, currency)
        if customer.card is None:
            raise wallet.UnfitWallet("card", "the customer has none stored")
    wallets.put_refill(unit, customer, refill)
    detail = "stopped" if refill is None else f"{refill.amount} below {refill.below} {currency}"
    people.note(unit, by, "refill wallet", f"customer {ref}", detail)
    unit.announce(CustomerChanged(holder=customer.holder, customer=ref))
    return await wallet_of(unit, customer)


async def refilled(unit: Unit, after: str | None = None, limit: int = 100) -> list[str]:
    """The refs of customers whose wallets fill themselves."""
    return await wallets.refilled(unit, after, limit)
