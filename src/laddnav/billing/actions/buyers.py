"""Who owes us: made known, described, what each of them owes by the ledger, and who of a company stands for what."""

from __future__ import annotations

import msgspec

from laddnav.billing import store
from laddnav.billing.centres import Part, parts
from laddnav.billing.model import Debtor, DebtorKind, Invoice, Owed
from laddnav.billing.rules import UnknownDebtor, checked, partner_id
from laddnav.customers import actions as customers
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Head


async def known(unit: Unit, holder: PartyId, kind: DebtorKind, debtor_id: str, name: str, country: str) -> Debtor:
    """Known from now on, if not before, and locked until the Unit ends."""
    store.debtors.insert(
        unit,
        Debtor(
            holder=holder,
            id=debtor_id,
            ref=unit.new_id(),
            kind=kind,
            name=name,
            country=country,
            created_at=unit.now,
        ),
    )
    debtor = await store.debtors.lock(unit, holder, debtor_id)
    assert debtor is not None
    return debtor


async def locked(unit: Unit, holder: PartyId, debtor_id: str) -> Debtor:
    """Until the Unit ends: who bills, issues or settles is one at a time. Raises UnknownDebtor."""
    found = await store.debtors.lock(unit, holder, debtor_id)
    if found is None:
        raise UnknownDebtor(debtor_id)
    return found


async def introduce(unit: Unit, holder: PartyId, partner: PartyId, name: str) -> Debtor:
    """What a partner calls itself is what its invoices say, unless somebody described it otherwise."""
    debtor = await known(unit, holder, DebtorKind.PARTNER, partner_id(partner), name, partner.country)
    if debtor.name != str(partner):
        return debtor
    return await describe(unit, holder, debtor.id, name=name)


async def describe(
    unit: Unit,
    holder: PartyId,
    debtor_id: str,
    *,
    name: str | None = None,
    country: str | None = None,
    address: str | None = None,
    vat_number: str | None = None,
    endpoint: str | None = None,
    reference: str | None = None,
    email: str | None = None,
    language: str | None = None,
) -> Debtor:
    """Change what is given, where an empty text takes it away; what is issued stays as it is.

    Raises UnknownDebtor, NotAVatNumber, NotAnEndpoint, NotAnEmail.
    """
    checked(vat_number, endpoint, email)
    before = await store.debtors.lock(unit, holder, debtor_id)
    if before is None:
        raise UnknownDebtor(debtor_id)
    after = msgspec.structs.replace(
        before,
        name=name or before.name,
        country=country or before.country,
        address=_now(before.address, address),
        vat_number=_now(before.vat_number, vat_number),
        endpoint=_now(before.endpoint, endpoint),
        reference=_now(before.reference, reference),
        email=_now(before.email, email),
        language=_now(before.language, language),
    )
    store.debtors.update(unit, after)
    return after


def _now(before: str | None, given: str | None) -> str | None:
    return before if given is None else given.strip() or None


async def debtor(unit: Unit, ref: str) -> Debtor:
    """Raises UnknownDebtor."""
    found = await store.debtors.by_ref(unit, ref)
    if found is None:
        raise UnknownDebtor(ref)
    return found


async def find(unit: Unit, holder: PartyId, debtor_id: str) -> Debtor | None:
    """None: nobody is known by this id."""
    return await store.debtors.find(unit, holder, debtor_id)


async def debtors(unit: Unit, holder: PartyId | None) -> tuple[Debtor, ...]:
    """Of one of our parties, or of all."""
    return await store.debtors.list_all(unit, holder)


async def owed(unit: Unit, holder: PartyId) -> tuple[Owed, ...]:
    """What each debtor owes by the ledger, a currency each, zero left out."""
    by_id = {debtor.id: debtor for debtor in await store.debtors.list_all(unit, holder)}
    balances = await ledger.trial_balance(unit, holder, head=Head.RECEIVABLE)
    return tuple(
        Owed(by_id[balance.account.of], balance.currency, balance.amount) for balance in balances if balance.amount
    )


async def parts_of(unit: Unit, invoice: Invoice) -> tuple[Part, ...]:
    """What of a customer's invoice each cost centre of theirs stands for; nobody else has any."""
    customer = await customers.of_debtor(unit, invoice.holder, invoice.debtor.id)
    return () if customer is None else parts(invoice, await customers.contracts(unit, customer))
