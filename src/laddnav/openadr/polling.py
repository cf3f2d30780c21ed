"""Asks each VTN what it wants, again and again, and tells it what came of that.

What it asks for holds here within its `poll_seconds`, ten seconds for the answer, and the reaction time of the site.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.kit.seal import Seal
from laddnav.openadr import actions, store, wire
from laddnav.openadr.client import Client, Exchange, NotHeard
from laddnav.openadr.events import GridChanged
from laddnav.openadr.model import GridResource, SignalProof, Vtn, VtnStanding
from laddnav.openadr.wire import Delivered, Odd

log = structlog.get_logger()

AT_ONCE = 10  # VTNs that one process asks side by side
TAKEN = timedelta(minutes=2)  # for asking one
LONGEST_WAIT = timedelta(minutes=10)  # between two attempts at one that does not answer


class Vtns:
    """Those of one installation, as one process asks them."""

    def __init__(self, database: Database, exchange: Exchange, seal: Seal) -> None:
        self._database = database
        self._exchange = exchange
        self._seal = seal
        self._clients: dict[str, tuple[str, Client]] = {}

    async def poll_due(self) -> int:
        """Each whose time has come; says how many that were. One that is slow or broken holds up no other."""
        async with self._database.unit() as unit:
            due = await store.take_due(unit, unit.now + TAKEN, AT_ONCE)
        await asyncio.gather(*(self._poll(*one) for one in due))
        return len(due)

    async def _poll(self, vtn: Vtn, sealed: str, before: VtnStanding) -> None:
        try:
            client = self._client(vtn, sealed)
            ven_id = await self._introduced(client, before.ven_id)
            odd = await self._hear(client)
            await self._report(client)
        except (Refusal, Trouble) as error:
            wait = error.wait if isinstance(error, NotHeard) else None
            await self._failed(vtn, before, str(error), wait)
        else:
            await self._answered(vtn, before, ven_id, odd, client.skew)

    def _client(self, vtn: Vtn, sealed: str) -> Client:
        """Raises WrongKey."""
        kept = self._clients.get(vtn.ref)
        if kept is None or kept[0] != sealed or kept[1].vtn != vtn:
            kept = (sealed, Client(vtn, self._seal.opened(sealed), self._exchange, self._database.clock))
            self._clients[vtn.ref] = kept
        return kept[1]

    async def _introduced(self, client: Client, ven_id: str | None) -> str | None:
        """Whom it calls what, us and our resources; once each."""
        vtn = client.vtn
        async with self._database.unit() as unit:
            resources = await store.resources(unit, vtn.holder, vtn.ref)
        new = [one for one in resources if one.id is None]
        if new or ven_id is None:
            ven_id = ven_id or await client.ven()
        if ven_id is None:
            return None
        named: list[GridResource] = [replace(one, id=await client.resource(ven_id, one.name)) for one in new]
        async with self._database.unit() as unit:
            for one in named:
                store.put_resource(unit, one)
        return ven_id

    async def _hear(self, client: Client) -> tuple[Odd, ...]:
        vtn = client.vtn
        events, odd = await client.events()
        programs = [await client.program(id) for id in dict.fromkeys(one.program_id for one in events)]
        descriptors = {one.id: one.payload_descriptors or () for one in programs if one is not None}
        async with self._database.unit() as unit:
            resources = await store.resources(unit, vtn.holder, vtn.ref)
            odd_now = await actions.heard(unit, vtn, resources, events, odd, descriptors)
        self._database.wake()
        return odd_now

    async def _report(self, client: Client) -> None:
        vtn = client.vtn
        async with self._database.unit() as unit:
            ripe = await actions.to_report(unit, vtn)
            names = {one.site_id: one.name for one in await store.resources(unit, vtn.holder, vtn.ref)}
        for some in ripe:
            await client.report(_report(vtn, some, names))
            async with self._database.unit() as unit:
                actions.reported(unit, some)

    async def _answered(
        self, vtn: Vtn, before: VtnStanding, ven_id: str | None, odd: tuple[Odd, ...], skew: timedelta
    ) -> None:
        async with self._database.unit() as unit:
            after = replace(
                before,
                ven_id=ven_id,
                answers=True,
                since_at=before.since_at if before.answers else unit.now,
                heard_at=unit.now,
                trouble=_said(odd),
                failures=0,
                skew_seconds=round(skew.total_seconds()),
            )
            store.put_standing(unit, after, unit.now + timedelta(seconds=vtn.poll_seconds))
            if not before.answers or before.trouble != after.trouble:
                unit.announce(GridChanged(holder=vtn.holder, vtn=vtn.ref))

    async def _failed(self, vtn: Vtn, before: VtnStanding, why: str, wait: timedelta | None) -> None:
        """What it asked for before goes on to hold."""
        log.warning("vtn_not_heard", vtn=vtn.ref, why=why)
        failures = before.failures + 1
        again = min(timedelta(seconds=vtn.poll_seconds) * 2 ** min(failures - 1, 10), LONGEST_WAIT)
        async with self._database.unit() as unit:
            since_at = unit.now if before.answers or before.since_at is None else before.since_at
            after = replace(before, answers=False, since_at=since_at, trouble=why[:500], failures=failures)
            store.put_standing(unit, after, unit.now + max(again, wait or timedelta()))
            if before.answers or before.trouble != after.trouble:
                unit.announce(GridChanged(holder=vtn.holder, vtn=vtn.ref))


def _said(odd: tuple[Odd, ...]) -> str | None:
    if not odd:
        return None
    first = odd[0] if odd[0].id is None else f"event {odd[0].id[:60]}: {odd[0].why}"
    said = first if isinstance(first, str) else first.why
    return (said if len(odd) == 1 else f"{said} (and {len(odd) - 1} more)")[:500]


def _report(vtn: Vtn, proofs: list[SignalProof], names: dict[str, str]) -> bytes:
    """Each interval once, whatever was said for it; what nobody measured is left out."""
    delivered: dict[tuple[str, int], Delivered] = {}
    for one in proofs:
        end_at = one.withdrawn_at or one.signal.end_at
        if one.energy_kwh is not None and end_at is not None and end_at > one.signal.begin_at:
            name = names.get(one.site_id, one.site_id)
            delivered[name, one.signal.interval_id] = Delivered(
                resource=name,
                interval_id=one.signal.interval_id,
                begin_at=one.signal.begin_at,
                end_at=end_at,
                kwh=one.energy_kwh,
            )
    first = proofs[0]
    return wire.report(
        program_id=first.signal.program_id,
        event_id=first.signal.event_id,
        client=vtn.ven_name,
        name=f"delivered during {first.signal.event_name or first.signal.event_id}"[:128],
        types=first.reports,
        delivered=list(delivered.values()),
    )
