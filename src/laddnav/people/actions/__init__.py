"""Let people and programs in, see who comes, and write down what they did."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from typing import TypeVar

import argon2
import msgspec

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.people import store
from laddnav.people.model import Account, ApiKey, Deed, NewKey, Role, SignedIn, Visit, Visitor
from laddnav.people.rules import (
    EVERYWHERE_FREE,
    FIRST_NAME,
    FORGOTTEN,
    FREE_FAILURES,
    LASTS,
    NEWS,
    ORIGIN_FREE,
    VISITS_KEPT,
    LastAdmin,
    NameTaken,
    TooManyAttempts,
    UnknownAccount,
    UnknownKey,
    UnknownVisit,
    WrongNameOrPassword,
    check_whose,
    checked_name,
    checked_password,
    neighbourhood,
    wait_after,
)

T = TypeVar("T")

KEY_PREFIX = "lad_"  # so that a key found somewhere is known for what it is

# OWASP's choice for Argon2id: 19 MiB and a fraction of a second, so that many sign-ins at once do not starve a charge.
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Threads of its own: a crowd at the sign-in waits there, not before the resolver, the papers or the stations' door.
_slow = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sign-in")


# ---- Who comes


async def who(unit: Unit, *, cookie: str | None = None, bearer: str | None = None) -> Visitor | None:
    """Whoever shows this secret; None for nobody we know. A visit lives on by being seen."""
    if bearer is not None:
        key = await store.find_key(unit, recognised(bearer))
        if key is None:
            return None
        if key.used_at is None or unit.now - key.used_at >= unit.clock.wall(NEWS):
            store.used(unit, key.id)
        return Visitor(
            id=key.id,
            name=key.name,
            role=key.role,
            holder=key.holder,
            language="en",
            fleet=key.fleet,
            customer=key.customer,
        )
    if cookie is None:
        return None
    visitor = await store.find_visitor(unit, recognised(cookie))
    if visitor is not None and visitor.visit is not None and _is_news(unit, visitor.visit):
        expires_at = _ends(unit, visitor.role, visitor.visit.started_at)
        visit = msgspec.structs.replace(visitor.visit, seen_at=unit.now, expires_at=expires_at)
        store.saw(unit, visit)
        return None if expires_at <= unit.now else msgspec.structs.replace(visitor, visit=visit)
    return visitor


def _ends(unit: Unit, role: Role, started_at: datetime) -> datetime:
    """When a visit that is seen now does; whoever has another role meanwhile stays for as long as that one may."""
    lasts = LASTS[role]
    return min(unit.now + unit.clock.wall(lasts.unseen), started_at + unit.clock.wall(lasts.altogether))


def _is_news(unit: Unit, visit: Visit) -> bool:
    return unit.now - visit.seen_at >= unit.clock.wall(NEWS)


async def sign_in(database: Database, *, name: str, password: str, address: str, device: str) -> SignedIn:
    """Begin a visit. Raises TooManyAttempts, WrongNameOrPassword.

    An attempt counts as failed before it is looked at and is taken back when it was good, so that a thousand at once
    are not a thousand free ones. The slow hash is computed with no Unit open.
    """
    for_name, origin = f"name {fold(name)}", f"address {neighbourhood(address)}"
    here = f"{for_name} from {origin}"
    async with database.unit() as unit:
        counted = await count(unit, here, origin=origin, everywhere=for_name)
        found = await store.find_by_name(unit, name) if name.isprintable() else None
    account, password_hash = found if found is not None else (None, None)
    if password_hash is None:  # who comes by links alone is nobody here
        account, password_hash = None, await _hash_of_nobody()
    matches = await _slowly(_matches, password_hash, password)
    async with database.unit() as unit:
        if account is not None and matches and account.disabled_at is None:
            forget_count(unit, here)
            take_back(unit, counted)
            return begin_visit(unit, account, device, address)
        if account is not None:
            note(unit, account.name, "sign in refused", f"account {account.id}", address)
    raise WrongNameOrPassword


async def count(unit: Unit, *about: str, origin: str | None = None, everywhere: str | None = None) -> tuple[str, ...]:
    """One more attempt about each of these, from one origin, at one thing from everywhere; the answer takes both back.

    Behind an origin stand many who do not know each other, and anybody may try at a name or an address: they have
    ORIGIN_FREE and EVERYWHERE_FREE in each hour, so that one stranger keeps none of the others waiting. `about` is what
    one hand tries. Raises TooManyAttempts, and then counts nothing.
    """
    hour = int(unit.now.timestamp() // unit.clock.wall(FORGOTTEN).total_seconds())
    wide = {
        recognised(f"{each} in hour {hour}"): free
        for each, free in ((origin, ORIGIN_FREE), (everywhere, EVERYWHERE_FREE))
        if each is not None
    }
    free = {recognised(each): FREE_FAILURES for each in about} | wide
    # In one order everywhere, so that two never wait for each other in a ring.
    for subject in sorted(free):
        failures = await store.count_attempt(unit, subject, unit.now - unit.clock.wall(FORGOTTEN))
        if failures is None:
            left = await store.waiting_until(unit, subject) - unit.now
            second = timedelta(seconds=1)
            raise TooManyAttempts(left / unit.clock.wall(second) * second)
        store.wait(unit, subject, unit.now + unit.clock.wall(wait_after(failures, free[subject])))
    return tuple(wide)


def take_back(unit: Unit, counted: tuple[str, ...]) -> None:
    """What `count` counted of an origin, and from everywhere, was good."""
    for subject in sorted(counted):
        store.take_back_failure(unit, subject)


def forget_count(unit: Unit, about: str) -> None:
    """What was attempted about this was good."""
    store.forget_failures(unit, recognised(about))


def begin_visit(unit: Unit, account: Account, device: str, address: str) -> SignedIn:
    secret = secrets.token_urlsafe(32)
    visit = Visit(
        id=unit.new_id(),
        account_id=account.id,
        csrf=secrets.token_urlsafe(32),
        device=device[:200],
        started_at=unit.now,
        seen_at=unit.now,
        expires_at=_ends(unit, account.role, unit.now),
    )
    store.insert_visit(unit, visit, recognised(secret))
    note(unit, account.name, "sign in", f"account {account.id}", address)
    return SignedIn(secret, visit)


async def sign_out(unit: Unit, visitor: Visitor) -> None:
    """End the visit that this request belongs to. Raises UnknownVisit."""
    if visitor.visit is None:
        raise UnknownVisit(visitor.id)
    await end_visit(unit, visitor.id, visitor.visit.id, by=visitor.name)


async def visits(unit: Unit, account_id: str) -> tuple[Visit, ...]:
    """Those that are open, the one last seen first."""
    return await store.visits(unit, account_id)


async def end_visit(unit: Unit, account_id: str, visit_id: str, *, by: str) -> None:
    """Raises UnknownVisit."""
    if not await store.end_visit(unit, account_id, visit_id):
        raise UnknownVisit(visit_id)
    note(unit, by, "end visit", f"account {account_id}", visit_id)


async def end_all_visits(unit: Unit, account_id: str, *, but: str | None = None, by: str) -> int:
    """End every visit of the account, `but` one, and say how many those were."""
    ended = await store.end_visits(unit, account_id, but)
    note(unit, by, "end all visits", f"account {account_id}", str(ended))
    return ended


# ---- Accounts


async def first_account(unit: Unit) -> str | None:
    """The password of FIRST_NAME, an admin, when nobody could sign in before; to be shown once."""
    if await store.any_account(unit):
        return None
    password = secrets.token_urlsafe(15)
    account = _new_account(unit, FIRST_NAME, Role.ADMIN, "en")
    if not await store.insert_account(unit, account, await _slowly(_hasher.hash, password)):
        return None  # another process was faster, and shows its own
    note(unit, "laddnav", "add account", f"account {account.id}", f"{account.name}, {account.role}")
    return password


async def add_account(
    database: Database,
    *,
    name: str,
    password: str,
    role: Role,
    language: str = "en",
    fleet: str | None = None,
    by: str,
) -> Account:
    """Somebody who comes by a password, so no driver.

    Raises NotAName, WhichFleet, WhichCustomer, PasswordTooShort, PasswordTooLong, NameTaken.
    """
    checked_name(name)
    check_whose(role, fleet, None)
    password_hash = await _slowly(_hasher.hash, checked_password(password))
    async with database.unit() as unit:
        account = _new_account(unit, name, role, language, fleet)
        if not await store.insert_account(unit, account, password_hash):
            raise NameTaken(name)
        note(unit, by, "add account", f"account {account.id}", f"{name}, {role}")
        return account


def _new_account(unit: Unit, name: str, role: Role, language: str, fleet: str | None = None) -> Account:
    return Account(id=unit.new_id(), name=name, role=role, language=language, created_at=unit.now, fleet=fleet)


async def accounts(unit: Unit) -> tuple[Account, ...]:
    """In the order of their names, without drivers: those are as many as customers, and stand with them."""
    return await store.accounts(unit)


async def change_account(
    unit: Unit,
    account_id: str,
    *,
    role: Role | None = None,
    language: str | None = None,
    disabled: bool | None = None,
    by: str,
) -> Account:
    """Change what is given; who is disabled is signed out everywhere.

    Raises UnknownAccount, WhichFleet, WhichCustomer, LastAdmin.
    """
    admins = await store.admins(unit)
    before = await store.find_account_to_change(unit, account_id)
    if before is None:
        raise UnknownAccount(account_id)
    disabled_at = before.disabled_at
    if disabled is not None:
        disabled_at = (disabled_at or unit.now) if disabled else None
    after = msgspec.structs.replace(
        before, role=role or before.role, language=language or before.language, disabled_at=disabled_at
    )
    check_whose(after.role, after.fleet, after.customer)
    if admins == (account_id,) and (after.role is not Role.ADMIN or after.disabled_at is not None):
        raise LastAdmin
    store.update_account(unit, after)
    if after.disabled_at is not None:
        await store.end_visits(unit, account_id, None)
    state = "disabled" if after.disabled_at is not None else "may sign in"
    note(unit, by, "change account", f"account {account_id}", f"{after.role}, {after.language}, {state}")
    return after


async def change_password(
    database: Database, account_id: str, password: str, *, by: str, current: str | None = None, keep: str | None = None
) -> None:
    """Set a new password and end every visit but `keep`. With `current`, only if that is the password until now.

    Whoever sits down at an open visit may guess no faster than at the door. Raises PasswordTooShort, PasswordTooLong,
    UnknownAccount, TooManyAttempts, WrongNameOrPassword.
    """
    checked_password(password)
    guess = f"account {account_id}"
    async with database.unit() as unit:
        account = await store.find_account(unit, account_id)
        found = None if account is None else await store.find_by_name(unit, account.name)
        if found is not None and current is not None:
            await count(unit, guess)
    if found is None:
        raise UnknownAccount(account_id)
    if current is not None and (found[1] is None or not await _slowly(_matches, found[1], current)):
        raise WrongNameOrPassword
    password_hash = await _slowly(_hasher.hash, password)
    async with database.unit() as unit:
        forget_count(unit, guess)
        store.set_password(unit, account_id, password_hash)
        await store.end_visits(unit, account_id, keep)
        note(unit, by, "change password", f"account {account_id}")


# ---- Keys


async def create_key(
    unit: Unit,
    *,
    name: str,
    role: Role,
    holder: PartyId | None,
    fleet: str | None = None,
    customer: str | None = None,
    by: str,
) -> NewKey:
    """A key of one of our parties, of a fleet, of a customer, or of the whole installation.

    Raises NotAName, WhichFleet, WhichCustomer.
    """
    check_whose(role, fleet, customer)
    secret = KEY_PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        id=unit.new_id(),
        name=checked_name(name),
        role=role,
        holder=holder,
        created_at=unit.now,
        fleet=fleet,
        customer=customer,
    )
    store.insert_key(unit, key, recognised(secret))
    scope = "the whole installation" if holder is None else str(holder)
    note(unit, by, "create key", f"key {key.id}", f"{name}, {role}, {scope}")
    return NewKey(secret, key)


async def keys(unit: Unit) -> tuple[ApiKey, ...]:
    """The revoked ones too, the oldest first."""
    return await store.keys(unit)


async def revoke_key(unit: Unit, key_id: str, *, by: str) -> None:
    """It opens nothing from now on. Raises UnknownKey."""
    if not await store.revoke_key(unit, key_id):
        raise UnknownKey(key_id)
    note(unit, by, "revoke key", f"key {key_id}")


# ---- Deeds


def note(unit: Unit, who: str, deed: str, about: str, detail: str = "") -> None:
    """Write down, in the Unit that does it, that somebody did something."""
    store.insert_deed(unit, Deed(id=unit.new_id(), at=unit.now, who=who, deed=deed, about=about, detail=detail))


async def deeds(unit: Unit, *, after: str | None = None, limit: int = 50) -> tuple[Deed, ...]:
    """The newest first; `after` is the id of the last one of the page before."""
    return await store.deeds(unit, after, limit)


async def forget(database: Database) -> None:
    """What nobody needs any more: failures that no longer count, links that are over, visits that ended long ago."""
    async with database.unit() as unit:
        store.forget_failures_before(unit, unit.now - unit.clock.wall(FORGOTTEN))
        store.forget_visits_before(unit, unit.now - unit.clock.wall(VISITS_KEPT))
        store.forget_links(unit)


def recognised(secret: str) -> str:
    """What is kept of a secret. A fast hash will do: nobody guesses 256 bits, and passwords have their own."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def _slowly(work: Callable[..., T], *arguments: object) -> T:
    return await asyncio.get_running_loop().run_in_executor(_slow, work, *arguments)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except argon2.exceptions.VerifyMismatchError:
        return False


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(15))


async def _hash_of_nobody() -> str:
    """For names that nobody has, so that the time an answer takes does not tell them from names that somebody has."""
    return await _slowly(_nobody)
