"""What the tester found of each partner last, and how far a run is that goes on."""

from __future__ import annotations

from datetime import datetime

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi.model import Connection, Examination, Report

# A run that broke off with its process is no run any more once it is as old as none can be.
BEGIN = """
insert into ocpi_examination as e (holder, connection_id, run, began_at, step) values ($1, $2, $3, $4, '')
on conflict (holder, connection_id) do update set run = excluded.run, began_at = excluded.began_at, step = '',
  stopping = false, ended_at = null, problem = null
where e.ended_at is not null or e.began_at < $5
"""
WENT_ON = """
update ocpi_examination set step = $4
where holder = $1 and connection_id = $2 and run = $3 and ended_at is null and not stopping
"""
STOP = "update ocpi_examination set stopping = true where holder = $1 and connection_id = $2 and ended_at is null"
ENDED = """
update ocpi_examination set ended_at = $4, problem = $5 where holder = $1 and connection_id = $2 and run = $3
"""
REPORTED = """
update ocpi_examination set ended_at = $4, reported_at = $4, version = $5, passed = $6, failed = $7, advised = $8,
  unseen = $9, html = $10, words = $11
where holder = $1 and connection_id = $2 and run = $3
"""
EXAMINATION = """
select holder, connection_id, run, began_at, step, stopping, ended_at, problem, reported_at, version, passed, failed,
  advised, unseen from ocpi_examination where holder = $1 and connection_id = $2
"""
HTML = "select html from ocpi_examination where holder = $1 and connection_id = $2"
WORDS = "select words from ocpi_examination where holder = $1 and connection_id = $2"


async def begin(unit: Unit, connection: Connection, run: str, stale_before: datetime) -> bool:
    """Whether it may: not while another goes on."""
    at = (str(connection.holder), connection.id, run, unit.now, stale_before)
    return await unit.execute(BEGIN, *at) == 1


async def went_on(unit: Unit, connection: Connection, run: str, step: str) -> bool:
    """Whether it may: not when somebody wants it to end."""
    return await unit.execute(WENT_ON, str(connection.holder), connection.id, run, step) == 1


async def stop(unit: Unit, connection: Connection) -> bool:
    """Whether there was anything to stop."""
    return await unit.execute(STOP, str(connection.holder), connection.id) == 1


def ended(unit: Unit, connection: Connection, run: str, problem: str | None) -> None:
    """Without a report; the one before stays."""
    unit.write(ENDED, str(connection.holder), connection.id, run, unit.now, problem)


def reported(unit: Unit, connection: Connection, run: str, report: Report, html: str, words: str) -> None:
    unit.write(
        REPORTED,
        str(connection.holder),
        connection.id,
        run,
        report.made_at,
        report.version,
        report.passed,
        report.failed,
        report.advised,
        report.unseen,
        html,
        words,
    )


async def find(unit: Unit, connection: Connection) -> Examination | None:
    row = await unit.fetch_one(EXAMINATION, str(connection.holder), connection.id)
    if row is None:
        return None
    counts = ("passed", "failed", "advised", "unseen", "version")
    report = row["reported_at"] and Report(made_at=row["reported_at"], **{name: row[name] for name in counts})
    run = ("connection_id", "run", "began_at", "step", "stopping", "ended_at", "problem")
    return Examination(holder=PartyId.parse(row["holder"]), report=report, **{name: row[name] for name in run})


async def html(unit: Unit, connection: Connection) -> str | None:
    found = await unit.value(HTML, str(connection.holder), connection.id)
    return None if found is None else str(found)


async def words(unit: Unit, connection: Connection) -> str | None:
    found = await unit.value(WORDS, str(connection.holder), connection.id)
    return None if found is None else str(found)
