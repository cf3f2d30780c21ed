"""Delivers announcements to their listeners, again and again until each has heard; what never succeeds is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from msgspec import Struct

from laddnav.db.unit import Database, Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId

log = structlog.get_logger()

LEASE = timedelta(minutes=2)
FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=10)
ATTEMPTS = 12  # about an hour of trying before a person is asked

_CLAIM = """
with picked as (
  select j.holder, j.id from job j
  where j.dead_at is null and j.run_at <= $1 and (j.claimed_until is null or j.claimed_until < $1)
    and (j.about = '' or not exists (
      select 1 from job o where o.holder = j.holder and o.listener = j.listener and o.about = j.about
        and o.id <> j.id and o.claimed_until >= $1))
  order by j.run_at, j.id limit $2 for update skip locked)
update job j set claimed_by = $3, claimed_until = $4, attempts = j.attempts + 1
from picked p where j.holder = p.holder and j.id = p.id
returning j.holder, j.id, j.listener, j.about, j.kind, j.body, j.attempts
"""
_DONE = "delete from job where holder = $1 and id = $2"
_AGAIN = """
update job set claimed_by = null, claimed_until = null, run_at = $3, last_error = $4, dead_at = $5
where holder = $1 and id = $2
"""
_TAKE_BACK = "update job set claimed_by = null, claimed_until = null where claimed_by = $1"
_NEXT = "select min(run_at) from job where dead_at is null and claimed_until is null"
_DEAD = """
select holder, id, listener, about, kind, attempts, last_error, dead_at from job
where dead_at is not null and ($1::text is null or holder = $1) and ($2::bigint is null or id < $2)
order by id desc limit $3
"""
_COUNT = "select count(*) filter (where dead_at is null), count(*) filter (where dead_at is not null) from job"
_REVIVE = """
update job set dead_at = null, attempts = 1, run_at = $3, claimed_by = null, claimed_until = null
where holder = $1 and id = $2 and dead_at is not null
"""


class DeadJob(Struct, frozen=True, kw_only=True):
    """Work that was tried as often as is sensible; a person should look, mend the cause and have it done again."""

    holder: PartyId
    id: int
    listener: str
    about: str
    kind: str
    attempts: int
    last_error: str
    dead_at: datetime


def wait_after(attempts: int) -> timedelta:
    """How long to leave a job alone that has failed this often, in time of the wall."""
    doublings: int = min(attempts - 1, 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


class Deliverer:
    """Runs what is waiting, some at a time. Each process has its own name and, after a crash, takes up its own work."""

    def __init__(self, database: Database, name: str, *, at_once: int = 8) -> None:
        self._database = database
        self._name = name
        self._at_once = at_once

    async def run(self) -> None:
        """Until cancelled."""
        await self.take_back()
        sleeper = self._database.sleeper()
        try:
            while True:
                sleeper.clear()
                if not await self.once():
                    # Not asyncio.wait_for: before Python 3.12 it can swallow a cancellation that comes with a wake-up.
                    with suppress(TimeoutError):
                        async with asyncio.timeout(0.5):
                            await sleeper.wait()
        finally:
            self._database.forget(sleeper)

    async def take_back(self) -> None:
        """What this name had under way when it died is nobody's any more."""
        async with self._database.unit() as unit:
            await take_back(unit, self._name)

    async def once(self) -> int:
        """Claim and run one round; says how many jobs that were."""
        async with self._database.unit() as unit:
            until = unit.now + unit.clock.wall(LEASE)
            jobs = await unit.fetch(_CLAIM, unit.now, self._at_once, self._name, until)
        await asyncio.gather(*(self._run(job) for job in jobs))
        return len(jobs)

    async def _run(self, job: Record) -> None:
        try:
            listener = self._database.listeners[job["listener"]]
            event = json.decode(job["body"], self._database.kinds[job["kind"]])
            await listener(self._database, event)
        except Exception as error:  # noqa: BLE001 - whatever a listener raises is kept with its job and shown
            log.warning("listener_failed", listener=job["listener"], job=job["id"], error=repr(error))
            await self._again(job, error)
        else:
            async with self._database.unit() as unit:
                unit.write(_DONE, job["holder"], job["id"])

    async def _again(self, job: Record, error: Exception) -> None:
        async with self._database.unit() as unit:
            dead_at = unit.now if job["attempts"] >= ATTEMPTS else None
            run_at = unit.now + unit.clock.wall(wait_after(job["attempts"]))
            unit.write(_AGAIN, job["holder"], job["id"], run_at, f"{type(error).__name__}: {error}"[:2000], dead_at)


async def take_back(unit: Unit, name: str) -> None:
    """What this process had claimed is anybody's again."""
    unit.write(_TAKE_BACK, name)


async def drain(database: Database, *, name: str = "drain") -> None:
    """Run everything that is waiting now and everything that follows from it; for tests and for commands that end."""
    deliverer = Deliverer(database, name)
    while await deliverer.once():
        pass


async def dead(unit: Unit, holder: PartyId | None, *, before: int | None = None, limit: int = 100) -> Sequence[DeadJob]:
    """The youngest first; the last id is the next `before`."""
    rows = await unit.fetch(_DEAD, None if holder is None else str(holder), before, limit)
    return [
        DeadJob(
            holder=PartyId.parse(row["holder"]),
            id=row["id"],
            listener=row["listener"],
            about=row["about"],
            kind=row["kind"],
            attempts=row["attempts"],
            last_error=row["last_error"] or "",
            dead_at=row["dead_at"],
        )
        for row in rows
    ]


async def count(unit: Unit) -> tuple[int, int]:
    """(how many jobs wait or are under way, how many are dead)."""
    row = await unit.fetch_one(_COUNT)
    assert row is not None, "a count has a row"
    return row[0], row[1]


async def revive(unit: Unit, holder: PartyId, job_id: int) -> bool:
    """Have a dead job done again; False when there is none of this id."""
    return bool(await unit.execute(_REVIVE, str(holder), job_id, unit.now))
