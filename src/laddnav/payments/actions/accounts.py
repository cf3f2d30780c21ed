"""Verbs about our accounts at providers: set up, changed, and never shown with what opens them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import asdict, replace

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.kit.seal import Seal
from laddnav.payments import rules
from laddnav.payments.payment import Account, Secrets
from laddnav.payments.rules import UnknownPaymentAccount
from laddnav.payments.store import accounts as store
from laddnav.people import actions as people


async def open_account(unit: Unit, account: Account, secrets: Secrets, *, seal: Seal) -> Account:
    """Raises UnfitAccount."""
    rules.fit(account, secrets)
    store.put(unit, account, _sealed(secrets, seal))
    people.note(unit, account.changed_by, "open payment account", f"{account.provider} {account.name}")
    return account


async def change(unit: Unit, account: Account, secrets: Secrets, *, seal: Seal) -> Account:
    """What of the secrets is left out stays. Its provider and its holder are what they were.

    Raises UnknownPaymentAccount, UnfitAccount, WrongKey.
    """
    before, sealed = await kept(unit, account.ref)
    known = json.decode(seal.opened(sealed), Secrets)
    said = {name: value for name, value in asdict(secrets).items() if value}
    secrets = replace(known, **said)
    after = replace(account, holder=before.holder, provider=before.provider)
    rules.fit(after, secrets)
    store.put(unit, after, _sealed(secrets, seal))
    people.note(unit, account.changed_by, "change payment account", f"{after.provider} {after.name}")
    return after


async def by_ref(unit: Unit, ref: str) -> Account:
    """Raises UnknownPaymentAccount."""
    return (await kept(unit, ref))[0]


async def kept(unit: Unit, ref: str) -> store.Kept:
    """With its sealed secrets. Raises UnknownPaymentAccount."""
    found = await store.account(unit, ref)
    if found is None:
        raise UnknownPaymentAccount(ref)
    return found


async def page(unit: Unit, holder: PartyId | None, *, after: str | None = None, limit: int = 50) -> Sequence[Account]:
    """In the order in which they were opened; the last ref is the next `after`."""
    return await store.listed(unit, holder, after, limit)


def _sealed(secrets: Secrets, seal: Seal) -> str:
    return seal.sealed(json.encode(secrets).decode())
