"""Verbs about what is promised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.tariffs import rules, store
from laddnav.tariffs.events import TariffChanged, TariffRegrouped
from laddnav.tariffs.model import Tariff, TariffType
from laddnav.tariffs.rules import UnknownTariff


async def keep(unit: Unit, holder: PartyId, tariff: Tariff) -> bool:
    """Insert or replace a Tariff; True and TariffChanged when that changed anything.

    Raises Unbillable or NotForReservations for one of ours; what a partner promises is the partner's affair.
    """
    ours = tariff.owner == holder
    if ours:
        rules.billable(tariff)
        rules.sayable(tariff)
    before = await store.find_locked(unit, holder, tariff.owner, tariff.id)
    if before is not None and not before[1] and rules.stays(before[0], tariff, ours=ours):
        return False
    if before is not None:
        store.keep_version(unit, holder, before[0])
        tariff = rules.as_new_as_its_change(before[0], tariff, unit.now) if ours else tariff
    store.write(unit, holder, tariff)
    unit.announce(TariffChanged(holder=holder, owner=str(tariff.owner), tariff_id=tariff.id))
    return True


async def correct(unit: Unit, holder: PartyId, tariff: Tariff) -> bool:
    """As `keep` of a partner's, also where newer is here: that was dated too late.

    No charge is judged by what was: it counts as said at the moment that its owner stands by, and before this.
    """
    found = await store.find_locked(unit, holder, tariff.owner, tariff.id)
    if found == (tariff, False):
        return False
    store.forget_versions(unit, holder, tariff)
    if found is not None:
        store.keep_version(
            unit, holder, replace(found[0], last_updated=min(found[0].last_updated, tariff.last_updated))
        )
    store.write(unit, holder, tariff)
    unit.announce(TariffChanged(holder=holder, owner=str(tariff.owner), tariff_id=tariff.id))
    return True


async def withdraw(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> None:
    """No charge may begin on it any more; those under way keep it. Raises UnknownTariff."""
    if not await store.withdraw(unit, holder, owner, id):
        raise UnknownTariff(id)
    unit.announce(TariffChanged(holder=holder, owner=str(owner), tariff_id=id, withdrawn=True))


async def fetch(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Tariff:
    """Raises UnknownTariff."""
    tariff = await store.find(unit, holder, owner, id)
    if tariff is None:
        raise UnknownTariff(id)
    return tariff


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Tariff | None:
    return await store.find(unit, holder, owner, id)


async def several(unit: Unit, holder: PartyId, owner: PartyId, ids: tuple[str, ...]) -> Sequence[Tariff]:
    """Those of these that are in use."""
    return await store.several(unit, holder, owner, ids)


async def refs(unit: Unit, holder: PartyId, owner: PartyId, ids: tuple[str, ...]) -> dict[str, str]:
    """Folded id -> ref, of those of these that are in use."""
    return await store.refs(unit, holder, owner, ids)


async def offered(
    unit: Unit,
    holder: PartyId,
    owner: PartyId,
    ids: tuple[str, ...],
    at: datetime,
    kind: TariffType = TariffType.REGULAR,
    party: PartyId | None = None,
    group: str = "",
) -> Tariff | None:
    """Of a Connector's Tariffs the one that holds then for who asks so; None: charging there has no price.

    `party`: whose driver it is; what is for its price group goes before what is for everybody. `group` is a driver's
    own, of what they subscribe to: it goes before that of the party.
    """
    found = await store.offered(unit, holder, owner, ids, party, group)
    own = rules.in_force((tariff for tariff, own in found if own), ids, at, kind)
    return own or rules.in_force((tariff for tariff, own in found if not own), ids, at, kind)


async def grouped(unit: Unit, holder: PartyId, ids: tuple[str, ...]) -> Mapping[str, str]:
    """Folded id -> price group, of those of ours that are not for everybody."""
    return await store.grouped(unit, holder, ids) if ids else {}


async def group_of(unit: Unit, holder: PartyId, id: str) -> str:
    """The price group that a Tariff of ours is for; "" is everybody."""
    return await store.group(unit, holder, id)


async def assign(unit: Unit, holder: PartyId, id: str, group: str) -> None:
    """Make a Tariff of ours one for the drivers of a price group, or of everybody again. Raises UnknownTariff."""
    found = await store.find_locked(unit, holder, holder, id)
    if found is None or found[1]:
        raise UnknownTariff(id)
    if await store.group(unit, holder, id) == group:
        return
    store.write(unit, holder, replace(found[0], last_updated=unit.now))
    store.set_group(unit, holder, id, group)
    unit.announce(TariffChanged(holder=holder, owner=str(holder), tariff_id=found[0].id))
    unit.announce(TariffRegrouped(holder=holder, owner=str(holder), tariff_id=found[0].id))


def belongs(unit: Unit, holder: PartyId, party: PartyId, group: str) -> None:
    """By which price group the drivers of a party pay; "" is by what is for everybody."""
    store.set_party(unit, holder, party, group)


async def versions(unit: Unit, holder: PartyId, owner: PartyId, ids: tuple[str, ...]) -> Sequence[Tariff]:
    """All that these ever said, the newest of each first: withdrawn ones too."""
    return await store.versions(unit, holder, owner, ids) if ids else ()


async def by_ref(unit: Unit, ref: str) -> tuple[PartyId, Tariff]:
    """(holder, Tariff). Raises UnknownTariff."""
    found = await store.by_ref(unit, ref)
    if found is None:
        raise UnknownTariff(ref)
    return found


async def page(
    unit: Unit, holder: PartyId | None, owner: PartyId | None = None, *, after: str | None = None, limit: int = 50
) -> Sequence[tuple[str, PartyId, Tariff]]:
    """(ref, holder, Tariff) in the order in which they became known; the last ref is the next `after`."""
    return await store.page(unit, holder, owner, after, limit)
