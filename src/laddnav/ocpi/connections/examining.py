"""Has the tester ask a partner that we are connected to: only what changes nothing, as whom the partner knows us.

What it pushes, and how it registers, only `laddnav conform` sees, which comes to a partner as somebody new.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from laddnav.db.unit import Database, Unit
from laddnav.kit import json
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import store
from laddnav.ocpi.calls import masking
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.conform import report
from laddnav.ocpi.conform.caller import Line
from laddnav.ocpi.conform.record import Record
from laddnav.ocpi.conform.run import Known, read
from laddnav.ocpi.conform.verdicts import Outcome, judged
from laddnav.ocpi.events import ExaminationWentOn
from laddnav.ocpi.model import Connection, Examination, Report

WITHIN = timedelta(minutes=15)  # a run; what is older and has not ended broke off with its process
_CARD_MIN = 4  # characters of a card's number that is worth masking wherever it stands


class ExaminedAlready(Refusal):
    """The tester asks this partner already."""


class NeverExamined(Refusal):
    """The tester never asked this partner."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"The tester never asked partner {ref!r}; have it asked first")


class Stopped(Refusal):
    """A person ended it."""


class TookTooLong(Refusal):
    """The partner answered so slowly that the run was ended."""


async def examine(
    database: Database, clients: Clients, connection: Connection, *, began: Callable[[Connection], None]
) -> None:
    """Ask, judge, and keep the report; `began` hears when it goes on. Raises NotRegistered, ExaminedAlready."""
    partner = await clients.to(connection)
    known = Known(
        versions_url=connection.versions_url or "",
        token=await clients.token_for(connection),
        encodes_token=connection.encodes_token,
        version=connection.version,
        our_role=connection.our_role.value,
        their_role=connection.their_role,
        party=connection.holder,
        peer=connection.addressee,
    )
    run = database.clock.new_id()
    async with database.unit() as unit:
        if not await store.examinations.begin(unit, connection, run, unit.now - unit.clock.wall(WITHIN)):
            raise ExaminedAlready("The tester asks this partner already")
        _changed(unit, connection)
    began(connection)

    async def tell(step: str) -> None:
        async with database.unit() as unit:
            _changed(unit, connection)
            if not await store.examinations.went_on(unit, connection, run, step):
                raise Stopped("Stopped by a person")
        database.wake()

    settings = clients.settings
    line = Line(partner.lines.session(connection.line), settings.allow_loopback, settings.networks)
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            record = await read(known, line, database.clock, tell=tell)
            await tell("verdicts")
            # Hundreds of checks over megabytes: nobody else is to wait for that.
            counted, html, words = await asyncio.to_thread(_judged, record)
    except TimeoutError:
        await _over(database, connection, run, TookTooLong(f"It took longer than {WITHIN.seconds // 60} minutes"))
    except (Refusal, Trouble) as error:
        await _over(database, connection, run, error)
    else:
        async with database.unit() as unit:
            made = Report(made_at=unit.now, version=record.version, **counted)
            store.examinations.reported(unit, connection, run, made, html, words)
            _changed(unit, connection)
    database.wake()


async def stop(unit: Unit, connection: Connection) -> None:
    """With the question that is under way."""
    if await store.examinations.stop(unit, connection):
        _changed(unit, connection)


async def find(unit: Unit, connection: Connection) -> Examination | None:
    """None where the tester never asked this partner."""
    found = await store.examinations.find(unit, connection)
    if found is not None and found.ended_at is None and found.began_at < unit.now - unit.clock.wall(WITHIN):
        store.examinations.ended(unit, connection, found.run, "It broke off with its process")
        return await store.examinations.find(unit, connection)
    return found


async def report_of(unit: Unit, connection: Connection, *, as_html: bool) -> str | None:
    """The last report, to be sent to the partner; without credentials and the numbers of cards."""
    wanted = store.examinations.html if as_html else store.examinations.words
    return await wanted(unit, connection)


def _judged(record: Record) -> tuple[dict[str, int], str, str]:
    """(how many of each, the report as a page, the report as JSON)."""
    for exchange in record.exchanges:
        for words in (exchange.request.words, exchange.answer.words):
            record.secrets |= {one: "card" for one in masking.secrets_in(words) if _worth_masking(one, record)}
    verdicts = judged(record)
    words = report.as_words(record, verdicts)
    counted = {
        "passed": words["summary"][Outcome.PASS],
        "failed": report.failed_musts(verdicts),
        "advised": words["summary"][Outcome.FAIL] - report.failed_musts(verdicts),
        "unseen": words["summary"][Outcome.NOT_OBSERVED],
    }
    return counted, _storable(report.as_html(record, verdicts)), _storable(json.encode(words).decode())


def _worth_masking(secret: str, record: Record) -> bool:
    return len(secret) >= _CARD_MIN and secret not in record.secrets


def _storable(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").replace("\\u0000", "\\ufffd")


async def _over(database: Database, connection: Connection, run: str, error: Refusal | Trouble) -> None:
    async with database.unit() as unit:
        store.examinations.ended(unit, connection, run, str(error))
        _changed(unit, connection)


def _changed(unit: Unit, connection: Connection) -> None:
    unit.announce(ExaminationWentOn(holder=connection.holder, connection_id=connection.id))
