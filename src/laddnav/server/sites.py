"""Who keeps sites within their limits: each is watched by one process at a time, second by second, and planned beside.

Nothing here is a fact: a process that ends at any moment leaves all that it has asked in the database, and the next one
goes on with that.
"""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.scheduling.notes import Said
from laddnav.server.jobs import kept_going
from laddnav.sites import actions as sites
from laddnav.sites.actions import Memory

log = structlog.get_logger()

LOOK_FOR_MORE = 3.0  # seconds between two looks for sites that nobody watches
BUSY, QUIET = 1.0, 5.0  # seconds between two ticks of a site where something goes on, and of one where nothing does
AT_ONCE = 4  # plans of one process; each has a core for as long as it is solved


class Keeper:
    """One process' part of the sites of an installation."""

    def __init__(self, database: Database, life: str, *, busy: float = BUSY, quiet: float = QUIET) -> None:
        """`life` is that of the process (`db.presence`); `busy` and `quiet` in seconds."""
        self._database = database
        self._life = life
        self._pauses = {True: busy, False: quiet}
        self._planning = asyncio.Semaphore(AT_ONCE)
        self._watches: dict[str, asyncio.Task[None]] = {}
        self.ticks = 0  # of all sites together, since this process began

    async def run(self) -> None:
        """Take over what nobody watches, until cancelled."""
        try:
            while True:
                await self.look()
                await asyncio.sleep(min(LOOK_FOR_MORE, self._pauses[False]))
        finally:
            for task in self._watches.values():
                task.cancel()
            await asyncio.gather(*self._watches.values(), return_exceptions=True)

    async def look(self) -> None:
        self._watches = {ref: task for ref, task in self._watches.items() if not task.done()}
        async with self._database.unit() as unit:
            found = await sites.claim(unit, self._life)
        for holder, site_id, ref in found:
            log.info("site_watched", site=site_id, holder=str(holder))
            watch = kept_going(f"site {ref}", partial(self._watch, holder, site_id))
            self._watches[ref] = asyncio.create_task(watch)

    async def _watch(self, holder: PartyId, site_id: str) -> None:
        """Until it is gone, or another process has it."""
        memory = Memory()
        plan: asyncio.Task[None] | None = None
        try:
            while True:
                async with self._database.unit() as unit:
                    ticked = await sites.steer(unit, holder, site_id, process=self._life, memory=memory)
                if ticked is None:
                    return
                self.ticks += 1
                if ticked.plan_due is not None and (plan is None or plan.done()):
                    plan = asyncio.create_task(self._plan(holder, site_id, ticked.plan_due))
                await asyncio.sleep(self._pauses[ticked.busy])
        finally:
            if plan is not None:
                plan.cancel()
                await asyncio.gather(plan, return_exceptions=True)

    async def _plan(self, holder: PartyId, site_id: str, why: Said) -> None:
        """A plan that cannot be made leaves the one before in force; the next tick wants another."""
        async with self._planning:
            try:
                await sites.plan(self._database, holder, site_id, why=why)
            except Refusal as refusal:
                log.warning("site_not_planned", site=site_id, why=str(why), error=str(refusal))
            except Exception as error:
                log.exception("site_not_planned", site=site_id, why=str(why), error=repr(error))
                await asyncio.sleep(self._pauses[False])
