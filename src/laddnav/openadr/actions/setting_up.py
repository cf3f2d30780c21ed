"""Verbs about which VTNs are listened to, and which sites are their resources."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.seal import Seal
from laddnav.openadr import rules, store
from laddnav.openadr.actions.hearing import tells_no_prices, withdraw
from laddnav.openadr.events import GridChanged
from laddnav.openadr.model import GridResource, KnownVtn, SignalProof, Vtn, VtnStanding
from laddnav.openadr.rules import UnfitVtn, UnknownResource, UnknownVtn
from laddnav.people import actions as people
from laddnav.sites import actions as sites


async def connect(unit: Unit, vtn: Vtn, secret: str, *, seal: Seal) -> KnownVtn:
    """It is asked at once. Raises UnfitVtn."""
    rules.fit(vtn)
    if not secret:
        raise UnfitVtn("client_secret: there is none")
    standing = VtnStanding(holder=vtn.holder, ref=vtn.ref)
    store.put_vtn(unit, vtn, seal.sealed(secret), standing)
    people.note(unit, vtn.changed_by, "connect VTN", f"VTN {vtn.name}")
    unit.announce(GridChanged(holder=vtn.holder, vtn=vtn.ref))
    return KnownVtn(holder=vtn.holder, ref=vtn.ref, vtn=vtn, standing=standing, resources=())


async def change(unit: Unit, vtn: Vtn, secret: str | None, *, seal: Seal) -> KnownVtn:
    """Without a secret it keeps the one it has. What it asked for holds on, unless it is switched off.

    Raises UnknownVtn, UnfitVtn.
    """
    before = await _held(unit, vtn.ref)
    rules.fit(vtn)
    store.put_vtn(unit, vtn, seal.sealed(secret) if secret else "", before.standing)
    if not vtn.enabled:
        await withdraw(unit, await store.open_signals(unit, vtn.holder, vtn.ref))
        for one in before.resources:
            await tells_no_prices(unit, one)
    people.note(unit, vtn.changed_by, "change VTN", f"VTN {vtn.name}")
    unit.announce(GridChanged(holder=vtn.holder, vtn=vtn.ref))
    return replace(before, vtn=vtn)


async def remove(unit: Unit, ref: str, *, by: str) -> None:
    """Nothing that it asked for holds any more; the proof of what did stays. Raises UnknownVtn."""
    known = await _held(unit, ref)
    await withdraw(unit, await store.open_signals(unit, known.holder, ref))
    for one in known.resources:
        await tells_no_prices(unit, one)
    store.drop_vtn(unit, known.vtn)
    people.note(unit, by, "remove VTN", f"VTN {known.vtn.name}")
    unit.announce(GridChanged(holder=known.holder, vtn=ref))


async def is_resource(unit: Unit, one: GridResource, *, by: str) -> KnownVtn:
    """From now on what the VTN asks for holds for this site too. Raises UnknownVtn, UnknownSite, UnfitVtn."""
    known = await _held(unit, one.vtn)
    rules.fit_resource(one)
    site = await sites.fetch(unit, one.holder, one.site_id)
    if any(other.name == one.name and other.site_id != site.id for other in known.resources):
        raise UnfitVtn(f"name: another site is called {one.name!r} there")
    before = next((other for other in known.resources if other.site_id == site.id), None)
    same = before is not None and before.name == one.name
    one = replace(one, site_id=site.id, id=before.id if before is not None and same else None)
    store.put_resource(unit, one)
    store.put_vtn(unit, known.vtn, "", known.standing)
    people.note(unit, by, "name resource", f"VTN {known.vtn.name}", one.name)
    unit.announce(GridChanged(holder=one.holder, vtn=one.vtn))
    others = tuple(other for other in known.resources if other.site_id != site.id)
    return replace(known, resources=(*others, one))


async def is_resource_no_more(unit: Unit, ref: str, site_id: str, *, by: str) -> None:
    """Raises UnknownVtn, UnknownResource."""
    known = await _held(unit, ref)
    found = next((one for one in known.resources if one.site_id == site_id), None)
    if found is None:
        raise UnknownResource(site_id)
    proofs = await store.open_signals(unit, known.holder, ref)
    await withdraw(unit, [one for one in proofs if one.site_id == site_id])
    await tells_no_prices(unit, found)
    store.drop_resource(unit, found)
    people.note(unit, by, "drop resource", f"VTN {known.vtn.name}", found.name)
    unit.announce(GridChanged(holder=known.holder, vtn=ref))


async def by_ref(unit: Unit, ref: str) -> KnownVtn:
    """Raises UnknownVtn."""
    kept = await store.vtn(unit, ref)
    if kept is None:
        raise UnknownVtn(ref)
    return await _known(unit, kept)


async def _held(unit: Unit, ref: str) -> KnownVtn:
    """As `by_ref`, and nobody else sets it up before the Unit ends. Raises UnknownVtn."""
    await store.hold(unit, ref)
    return await by_ref(unit, ref)


async def page(unit: Unit, holder: PartyId | None, *, after: str | None = None, limit: int = 50) -> Sequence[KnownVtn]:
    """In the order in which they were connected; the last ref is the next `after`."""
    return [await _known(unit, kept) for kept in await store.vtns(unit, holder, after, limit)]


async def signals(
    unit: Unit,
    holder: PartyId | None,
    *,
    site_id: str | None = None,
    vtn: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> Sequence[SignalProof]:
    """What was asked for and what came of it, the newest first."""
    return await store.signals(unit, holder, site_id, before, limit, vtn)


async def _known(unit: Unit, kept: store.Kept) -> KnownVtn:
    vtn, _, standing = kept
    resources = await store.resources(unit, vtn.holder, vtn.ref)
    return KnownVtn(holder=vtn.holder, ref=vtn.ref, vtn=vtn, standing=standing, resources=resources)
