"""Verbs about who may charge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.tokens import rules, store
from laddnav.tokens.events import TokenChanged, TokenRenamed
from laddnav.tokens.model import Allowed, Authorization, Barred, LocationReferences, Token, TokenKey
from laddnav.tokens.rules import UnknownToken

# A driver shows the card, then plugs in: what was decided on the first holds for the second.
GOOD_FOR = timedelta(minutes=15)


class Asker(Protocol):
    """Asks the eMSP of a Token in real time; None: it could not be reached, or says no such Token is its own."""

    async def __call__(
        self, holder: PartyId, token: Token | None, uid: str, where: LocationReferences | None
    ) -> Authorization | None: ...


async def keep(unit: Unit, holder: PartyId, token: Token) -> bool:
    """Insert or replace a Token; True and TokenChanged when that changed anything, TokenRenamed where its names did."""
    before = await store.find(unit, holder, rules.key_of(token), lock=True)
    if before is not None and rules.stays(before, token):
        return False
    if before is not None and token.owner == holder and token.last_updated <= before.last_updated:
        token = replace(token, last_updated=unit.now)  # as new as its change, so that partners take it
    _write(unit, holder, before, token)
    return True


async def correct(unit: Unit, holder: PartyId, token: Token) -> bool:
    """As `keep` of a partner's, also where newer is here: that was dated too late."""
    before = await store.find(unit, holder, rules.key_of(token), lock=True)
    if before == token:
        return False
    _write(unit, holder, before, token)
    return True


def _write(unit: Unit, holder: PartyId, before: Token | None, token: Token) -> None:
    store.write(unit, holder, token)
    owner = str(token.owner)
    unit.announce(TokenChanged(holder=holder, owner=owner, type=token.type, uid=token.uid))
    if before is not None and rules.renamed(before, token):
        unit.announce(
            TokenRenamed(
                holder=holder,
                owner=owner,
                type=before.type,
                uid=before.uid,
                visual_number=before.visual_number,
                issuer=before.issuer,
                group_id=before.group_id,
            )
        )


async def fetch(unit: Unit, holder: PartyId, key: TokenKey) -> Token:
    """Raises UnknownToken."""
    token = await store.find(unit, holder, key)
    if token is None:
        raise UnknownToken(key.uid)
    return token


async def find(unit: Unit, holder: PartyId, key: TokenKey) -> Token | None:
    return await store.find(unit, holder, key)


async def ref_of(unit: Unit, holder: PartyId, key: TokenKey) -> str | None:
    return await store.ref_of(unit, holder, key)


async def by_uid(unit: Unit, holder: PartyId, uid: str) -> tuple[Token, ...]:
    """Every company's Token with this uid."""
    return await store.by_uid(unit, holder, uid)


async def may_charge_offline(unit: Unit, holder: PartyId, uid_max: int, limit: int) -> Sequence[Token]:
    """The cards, with uids of so many characters at most, that are let in where nobody can be asked."""
    found = await store.usable_offline(unit, holder, uid_max, limit)
    return [one for one in found if rules.unreached(one, unit.now) is Allowed.ALLOWED]


async def by_contract(unit: Unit, holder: PartyId, owner: PartyId, contract_id: str) -> tuple[Token, ...]:
    """All with which a contract of this company can be charged to."""
    return await store.by_contract(unit, holder, owner, contract_id)


async def by_ref(unit: Unit, ref: str) -> tuple[PartyId, Token]:
    """(holder, Token). Raises UnknownToken."""
    found = await store.by_ref(unit, ref)
    if found is None:
        raise UnknownToken(ref)
    return found


async def page(
    unit: Unit,
    holder: PartyId | None,
    owner: PartyId | None = None,
    *,
    words: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Sequence[tuple[str, PartyId, Token]]:
    """(ref, holder, Token) in the order in which they became known; the last ref is the next `after`."""
    return await store.page(unit, holder, owner, words, after, limit)


async def authorize(
    database: Database, holder: PartyId, uid: str, *, evse: EvseRef | None = None, ask: Asker | None = None
) -> Authorization:
    """May this uid charge here? Kept, so that the start of the charge can cite it; of a stranger, all are asked.

    Reads in one Unit, asks with none open, writes in another: a slow eMSP holds no connection of the database.
    """
    where = None if evse is None else LocationReferences(evse.location_id, (evse.evse_uid,))
    async with database.unit() as unit:
        token = rules.chosen(await store.by_uid(unit, holder, uid), holder, unit.now)
        now = unit.now
    if token is None:
        said = None if ask is None else await ask(holder, None, uid, where)
        # A yes that does not say whose Token it is leaves nobody to bill.
        given = rules.nobody_knows(where) if said is None or said.token is None else said
    elif ask is None or not rules.must_ask(token, holder):
        given = rules.decided(token, now, where)
    else:
        answer = await ask(holder, token, uid, where)
        given = answer or replace(rules.decided(token, now, where), allowed=rules.unreached(token, now))
    async with database.unit() as unit:
        store.keep_authorization(unit, holder, uid, evse, given)
    return given


async def bar(unit: Unit, holder: PartyId, contract_id: str, why: Barred | None) -> None:
    """Whoever pays for this contract lets no Token of it charge, or lets them again; partners hear so."""
    for token in await store.by_contract(unit, holder, holder, contract_id):
        if token.barred is not why:
            await keep(unit, holder, replace(token, barred=why, last_updated=max(unit.now, token.last_updated)))


async def given_before(unit: Unit, holder: PartyId, uid: str) -> Authorization | None:
    """The newest verdict on this uid that is still good."""
    return await store.last_authorization(unit, holder, uid, unit.now - GOOD_FOR)


# ---- Credit: what is left of it is held by charges under way, and lowered by their CDRs


async def free_credit(unit: Unit, key: TokenKey, *, besides: str = "") -> Decimal | None:
    """What of a Token of ours no charge under way holds, one excepted; locked. None: it has no such bound."""
    token = await store.find(unit, key.owner, key, lock=True)
    if token is None or token.credit is None:
        return None
    return max(token.credit - await store.held(unit, key, besides), Decimal(0))


async def hold_credit(unit: Unit, key: TokenKey, session_id: str) -> Decimal | None:
    """All that is free is for this charge, so that two at once never cost more together. None: it has no bound."""
    free = await free_credit(unit, key, besides=session_id)
    if free is not None:
        store.hold(unit, key, session_id, free)
    return free


def release_credit(unit: Unit, holder: PartyId, session_id: str) -> None:
    store.release(unit, holder, session_id)


async def use_credit(unit: Unit, key: TokenKey, *, cpo: PartyId, cdr_id: str, amount: Decimal) -> None:
    """A CDR was made on this Token of ours; the same CDR again is nothing. Partners see nothing of it."""
    token = await store.find(unit, key.owner, key, lock=True)
    if token is not None and token.credit is not None and await store.use(unit, key.owner, cpo, cdr_id, amount):
        store.write(unit, key.owner, replace(token, credit=token.credit - amount))
