"""Verbs about what came of what was asked for: measured while it holds, tallied when it is over, and reported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import groupby

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.openadr import rules, store
from laddnav.openadr.actions.hearing import kilowatts, limit_ids
from laddnav.openadr.events import GridChanged
from laddnav.openadr.model import SignalProof, SignalState, Vtn
from laddnav.sites import actions as sites
from laddnav.sites.model.site import Site
from laddnav.sites.model.told import Place
from laddnav.sites.rules import UnknownSite

FRESH = timedelta(minutes=1)  # a meter that has said nothing for longer says nothing of now
KEPT = timedelta(days=400)  # minutes; what they came to stays with the proof
AT_ONCE = 200  # intervals in one report


async def prove(database: Database) -> None:
    """Of every signal that holds: what is drawn now, whether it is obeyed, and once it is over what came of it."""
    async with database.unit() as unit:
        begun = await store.begun(unit)
        for (holder, site_id), some in groupby(begun, lambda one: (one.holder, one.site_id)):
            await _look(unit, holder, site_id, list(some))


async def _look(unit: Unit, holder: PartyId, site_id: str, proofs: Sequence[SignalProof]) -> None:
    try:
        site = await sites.fetch(unit, holder, site_id)
        limits = await sites.limits(unit, holder, site.id)
    except UnknownSite:
        site, limits = None, ()
    obeyed = {one.id: one.obeyed_at for one in limits}
    if site is not None and any(one.limit_kw is not None or one.reports for one in proofs):
        await _measure(unit, site)
    after = []
    for proof in proofs:
        since = [at for id in limit_ids(proof) if (at := obeyed.get(id)) is not None]
        now = replace(proof, obeyed_at=proof.obeyed_at or min(since, default=None))
        state = rules.stood(now, unit.now)
        if state is SignalState.OVER:
            end_at = now.signal.end_at or unit.now
            minutes = await store.minutes(unit, holder, site_id, now.signal.begin_at - rules.MINUTE, end_at)
            now = rules.tallied(now, minutes, end_at)
        now = replace(now, state=state)
        if now != proof:
            after.append(now)
    store.put_signals(unit, after)
    for ref in {one.vtn for one in after}:
        unit.announce(GridChanged(holder=holder, vtn=ref))


async def _measure(unit: Unit, site: Site) -> None:
    """What comes in by the mains meter; nothing is kept where that is silent."""
    for one in await sites.measurements(unit, site.holder, site.id):
        if one.place is Place.GRID and one.at > unit.now - FRESH:
            store.add_minute(unit, site.holder, site.id, max(kilowatts(one.amps, site.volts), Decimal(0)), True)


async def to_report(unit: Unit, vtn: Vtn) -> list[list[SignalProof]]:
    """What the VTN wants to be told of and was not, an event each; events of which something is open are not ripe."""
    found = await store.unreported(unit, vtn.holder, vtn.ref, AT_ONCE)
    return [list(some) for _, some in groupby(found, lambda one: one.signal.event_id)]


def reported(unit: Unit, proofs: Sequence[SignalProof]) -> None:
    """The VTN has it."""
    store.put_signals(unit, [replace(one, reported_at=unit.now) for one in proofs])
    for holder, ref in {(one.holder, one.vtn) for one in proofs}:
        unit.announce(GridChanged(holder=holder, vtn=ref))


async def forget(database: Database) -> int:
    async with database.unit() as unit:
        return await store.forget_minutes(unit, unit.now - KEPT)
