"""CDRs are looked up, ours and partners', and with these what we think of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from laddnav.cdrs import store
from laddnav.cdrs.model import Cdr, CdrHeading, Review, Standing
from laddnav.cdrs.rules import UnknownCdr, UnknownDispute
from laddnav.db.unit import Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId


class Sum(Struct, frozen=True, kw_only=True):
    """What the CDRs of one currency add up to."""

    currency: str
    many: int
    energy: Energy
    total_excl: Decimal


async def fetch(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Cdr:
    """Raises UnknownCdr."""
    cdr = await store.find(unit, holder, owner, id)
    if cdr is None:
        raise UnknownCdr(id)
    return cdr


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Cdr | None:
    return await store.find(unit, holder, owner, id)


async def of_session(unit: Unit, holder: PartyId, owner: PartyId, session_id: str) -> Cdr | None:
    """The CDR that closed this Session and is not credited, if there is one."""
    return await store.of_session(unit, holder, owner, session_id)


async def by_ref(unit: Unit, ref: str) -> Cdr:
    """Raises UnknownCdr."""
    cdr = await store.by_ref(unit, ref)
    if cdr is None:
        raise UnknownCdr(ref)
    return cdr


async def page(
    unit: Unit,
    holder: PartyId | None,
    owner: PartyId | None = None,
    *,
    before: str | None = None,
    limit: int = 50,
) -> Sequence[Cdr]:
    """Newest first; the last ref is the next `before`."""
    return await store.page(unit, holder, owner, before, limit)


async def at_evse(unit: Unit, holder: PartyId | None, evse_uid: str, since: datetime, until: datetime) -> Sequence[Cdr]:
    """What was charged there at any time between the two, the first first."""
    return await store.at_evse(unit, holder, evse_uid, since, until)


async def of_tokens(
    unit: Unit, holder: PartyId, uids: Iterable[str], *, before: str | None = None, limit: int = 50
) -> Sequence[Cdr]:
    """What was charged with any Token of these uids, whoever's contract it was; newest first."""
    return await store.of_tokens(unit, holder, uids, before, limit)


async def ended_within(
    unit: Unit, holder: PartyId, since: datetime, until: datetime, *, after: str = "", limit: int = 1_000
) -> Sequence[tuple[str, str]]:
    """(ref, document), unread, for who reads thousands in processes of its own; the last ref is the next `after`."""
    return await store.ended_within(unit, holder, since, until, after, limit)


async def headings(unit: Unit, holder: PartyId, owner: PartyId, ids: Iterable[str]) -> Sequence[CdrHeading]:
    """Those of these that are here, in no order."""
    return await store.headings(unit, holder, owner, ids)


async def headings_within(
    unit: Unit, holder: PartyId, owner: PartyId, emsp: PartyId, since: datetime, until: datetime, limit: int = 500
) -> Sequence[CdrHeading]:
    """Of this CPO about Tokens of this eMSP, ended in that time, both instants included; the first of them first."""
    return await store.headings_within(unit, holder, owner, emsp, since, until, limit)


async def of_authorization(unit: Unit, holder: PartyId, reference: str) -> Cdr | None:
    """What the authorisation of this name was charged for; not what was taken back, as long as anything else is."""
    found = await store.of_authorization(unit, holder, reference, 10)
    credited = {cdr.credit_reference_id for cdr in found}
    standing = [cdr for cdr in found if not cdr.credit]
    return next((cdr for cdr in standing if cdr.id not in credited), standing[0] if standing else None)


async def credit_of(unit: Unit, cdr: Cdr) -> Cdr | None:
    """The Credit CDR that takes this one back, if there is one."""
    return await store.credit_of(unit, cdr.holder, cdr.owner, cdr.id)


async def review_of(unit: Unit, cdr: Cdr) -> Review | None:
    """What we think of a partner's CDR, once it was looked at."""
    return await store.review(unit, cdr.holder, cdr.owner, cdr.id)


async def dispute(unit: Unit, ref: str) -> Review:
    """What did not pass, by the ref of its CDR. Raises UnknownCdr, UnknownDispute."""
    review = await review_of(unit, await by_ref(unit, ref))
    if review is None or review.disputed_at is None:
        raise UnknownDispute(ref)
    return review


async def disputes(
    unit: Unit,
    holder: PartyId | None,
    standing: Standing | None = None,
    *,
    owner: PartyId | None = None,
    before: str | None = None,
    limit: int = 50,
) -> Sequence[Review]:
    """What did not pass its check, decided or not, newest first; the last ref is the next `before`."""
    return await store.disputes(unit, holder, standing, owner, before, limit)


async def count_disputed(unit: Unit, holder: PartyId | None, owner: PartyId | None = None) -> int:
    """How many are held and wait for a person; of one `owner`, or of all."""
    return await store.count_disputed(unit, holder, owner)


async def sums_since(unit: Unit, holder: PartyId | None, since: datetime) -> Sequence[Sum]:
    """What the charges that ended since then add up to, a currency each."""
    return [
        Sum(
            currency=row["currency"],
            many=row["many"],
            energy=Energy(row["energy_wh"]),
            total_excl=row["total_excl"],
        )
        for row in await store.sums_since(unit, holder, since)
    ]
