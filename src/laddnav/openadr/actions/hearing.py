"""The verb by which what a VTN asks for comes to hold at our sites, and that by which it does no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.openadr import rules, signals, store
from laddnav.openadr.events import GridChanged
from laddnav.openadr.model import GridResource, GridSignal, SignalKind, SignalProof, SignalState, Vtn
from laddnav.openadr.wire import Odd, WireDescriptor, WireEvent
from laddnav.sites import actions as sites
from laddnav.sites.rules import UnknownSite

Key = tuple[str, int, SignalKind]


async def heard(
    unit: Unit,
    vtn: Vtn,
    resources: Sequence[GridResource],
    events: Sequence[WireEvent],
    odd: Sequence[Odd],
    descriptors: Mapping[str, Sequence[WireDescriptor]],
) -> tuple[Odd, ...]:
    """All that it asks for, and nothing else, is told to the sites; says which events nothing could be made of.

    What was understood before of an event that cannot be read now goes on to hold.
    """
    kept = await store.open_signals(unit, vtn.holder, vtn.ref)
    names = {one.name for one in resources}
    all_odd = list(odd)
    changed = False
    for resource in resources:
        known = {_key(one.signal): one for one in kept if one.site_id == resource.site_id}
        asked = signals.asked(
            events, resource, ven_name=vtn.ven_name, names=names, descriptors=descriptors, now=unit.now
        )
        all_odd += asked.odd
        try:
            changed |= await _told(unit, vtn, resource, asked, known)
        except UnknownSite as error:
            all_odd.append(Odd(None, str(error)))
            continue
        unread = {one.id for one in all_odd}
        held = [one.signal for one in known.values() if one.signal.event_id in unread or None in unread]
        told = signals.told([*asked.signals, *held], unit.now) if resource.prices else ()
        await sites.told_prices(unit, vtn.holder, resource.site_id, told, by=vtn.ref)
        gone = [one for one in known.values() if one.signal.event_id not in unread and None not in unread]
        # What ended by itself was not taken back; it is over, which is seen elsewhere.
        gone = [one for one in gone if rules.stood(one, unit.now) is not SignalState.OVER]
        changed |= bool(gone)
        await withdraw(unit, gone)
    if changed:
        unit.announce(GridChanged(holder=vtn.holder, vtn=vtn.ref))
    return tuple(dict.fromkeys(all_odd))


async def _told(
    unit: Unit, vtn: Vtn, resource: GridResource, asked: signals.Asked, known: dict[Key, SignalProof]
) -> bool:
    """Takes from `known` what is asked for still; says whether anything is new. Raises UnknownSite."""
    site = await sites.fetch(unit, resource.holder, resource.site_id)
    changed: list[SignalProof] = []
    for signal in asked.signals:
        before = known.pop(_key(signal), None)
        if before is None and signal.end_at is not None and signal.end_at <= unit.now:
            continue
        proof = before or SignalProof(
            holder=vtn.holder,
            ref=unit.new_id(),
            vtn=vtn.ref,
            site_id=site.id,
            by=vtn.name,
            signal=signal,
            state=SignalState.AHEAD,
            heard_at=unit.now,
        )
        cap = signals.cap(signal, resource)
        spans = signals.holds(signal, asked.signals) if cap is not None else []
        for number, (begin_at, end_at) in enumerate(spans):
            assert cap is not None, "without it there are no spans"
            if end_at is not None and end_at <= max(begin_at, unit.now):
                continue
            await sites.limited(
                unit, vtn.holder, site.id, begin_at, end_at, cap.kw, proof.by, id=_id(proof, number), covers=cap.covers
            )
        await _untold(unit, proof, range(len(spans), proof.spans))
        after = replace(
            proof,
            signal=signal,
            limit_kw=None if cap is None else cap.kw,
            covers=None if cap is None else cap.covers,
            spans=len(spans),
            reports=asked.reports.get(signal.event_id, ()),
            obeyed_at=proof.obeyed_at if _same(proof.signal, signal) else None,
        )
        # That it is over is seen where what came of it is counted.
        state = rules.stood(after, unit.now)
        after = replace(after, state=after.state if state is SignalState.OVER else state)
        if after != before:
            changed.append(after)
    store.put_signals(unit, changed)
    return bool(changed)


async def withdraw(unit: Unit, some: Iterable[SignalProof]) -> None:
    """They hold no more, from now on."""
    for proof in some:
        await _untold(unit, proof, range(proof.spans))
        minutes = await store.minutes(unit, proof.holder, proof.site_id, proof.signal.begin_at - rules.MINUTE, unit.now)
        done = rules.tallied(proof, minutes, unit.now)
        reports = proof.reports if proof.signal.begin_at < unit.now else ()  # of what never began there is nothing
        done = replace(done, state=SignalState.WITHDRAWN, withdrawn_at=unit.now, spans=0, reports=reports)
        store.put_signals(unit, [done])


async def tells_no_prices(unit: Unit, resource: GridResource) -> None:
    """Its plans go by the market again."""
    try:
        await sites.told_prices(unit, resource.holder, resource.site_id, (), by=resource.vtn)
    except UnknownSite:
        return


async def _untold(unit: Unit, proof: SignalProof, numbers: range) -> None:
    for number in numbers:
        try:
            await sites.unlimited(unit, proof.holder, proof.site_id, proof.by, _id(proof, number))
        except UnknownSite:
            return


def limit_ids(proof: SignalProof) -> set[str]:
    """Under which the site knows it."""
    return {_id(proof, number) for number in range(proof.spans)}


def _id(proof: SignalProof, number: int) -> str:
    return f"{proof.ref}/{number}"


def _key(signal: GridSignal) -> Key:
    return signal.event_id, signal.interval_id, signal.kind


def _same(before: GridSignal, after: GridSignal) -> bool:
    """Whether who keeps to the one keeps to the other."""
    return (before.value, before.begin_at) == (after.value, after.begin_at)


def kilowatts(amps: Iterable[Decimal], volts: Decimal) -> Decimal:
    """Of three phases."""
    return sum(amps, Decimal(0)) * volts / 1000
