"""Many CDRs priced twice in portions, on all cores: each portion by a process that knows nothing of the others."""

from __future__ import annotations

import asyncio
import gzip
import io
import os
import signal
import sys
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import BinaryIO, NamedTuple, cast

from laddnav.cli.words import WrongCall
from laddnav.pricing.bulk.whatif import About, Many, Summary, repriced, together
from laddnav.pricing.policy import Policy
from laddnav.tariffs.model import Tariff

PORTION = 2_000_000  # bytes: less than a second of work, so that the bar moves and Ctrl-C is heard
_PIECE = 1 << 16
MOST_TOLD = 10  # of those that cannot be priced; the others are counted


class Task(NamedTuple):
    """With what they are priced."""

    tariffs: tuple[Tariff, ...]
    zone: str | None
    policy: Policy


class Outcome(NamedTuple):
    """`refused` are sentences."""

    summary: Summary
    refused: tuple[str, ...]


class Portion(NamedTuple):
    """Work for one process, and how far it brings us in bytes or CDRs."""

    work: Callable[[Task], Outcome]
    size: int


async def worked_off(portions: AsyncIterator[Portion], task: Task, moved: Callable[[int], None]) -> Outcome:
    """All of them, as many at a time as there are cores; a single one is worked off here."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    done: list[Outcome] = []
    first = await anext(portions, None)
    if first is None:
        return Outcome({}, ())
    second = await anext(portions, None)
    if second is None:
        moved(first.size)
        return _one([first.work(task)])
    # A forked process would have inherited the locks of threads that it does not have.
    pool = ProcessPoolExecutor(cores, get_context("spawn"))
    under_way: dict[asyncio.Future[Outcome], int] = {}

    async def finished(most: int) -> None:
        while len(under_way) > most:
            ended, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for one in ended:
                done.append(one.result())
                moved(under_way.pop(one))

    def begin(portion: Portion) -> None:
        # A process that this starts is deaf to Ctrl-C, which reaches the whole group: it is for us to stop.
        heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            submitted = pool.submit(portion.work, task)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, heard)
        under_way[asyncio.wrap_future(submitted)] = portion.size

    try:
        begin(first)
        begin(second)
        async for portion in portions:
            await finished(2 * cores)
            begin(portion)
        await finished(0)
    finally:
        pool.shutdown(cancel_futures=True)
    return _one(done)


def _one(done: Sequence[Outcome]) -> Outcome:
    refused = tuple(sentence for one in done for sentence in one.refused)
    return Outcome(together([one.summary for one in done]), refused[:MOST_TOLD])


# ---- From a file


class LinesOf:
    """A file of CDRs, one a line; `.gz` too, and `-` is standard input. `size` in bytes where it is known."""

    def __init__(self, file: str) -> None:
        self._name = file
        try:
            raw = cast(BinaryIO, sys.stdin.buffer) if file == "-" else open(file, "rb")
            self._raw = io.BufferedReader(cast(io.RawIOBase, raw))
            self.size = None if file == "-" else os.stat(file).st_size
            self._packed = self._raw.peek(2).startswith(b"\x1f\x8b")
        except OSError as error:
            raise WrongCall(f"{file} cannot be read: {error.strerror or error}") from error

    async def portions(self) -> AsyncIterator[Portion]:
        """Raises WrongCall."""
        try:
            with self._raw:
                for number, lines, size in self._portions():
                    yield Portion(partial(of_lines, lines, number, self._name), size)
                    await asyncio.sleep(0)
        except (EOFError, OSError, zlib.error) as error:
            raise WrongCall(f"{self._name} cannot be read: {error}") from error

    def _portions(self) -> Iterator[tuple[int, bytes, int]]:
        """(number of the first line, whole lines, how many bytes of the file they were)."""
        source = gzip.GzipFile(fileobj=self._raw) if self._packed else self._raw
        number, before = 1, 0
        while lines := _portion(source):
            at = before if self.size is None else self._raw.tell()
            yield number, lines, at - before
            number += lines.count(b"\n")
            before = at


def _portion(source: io.BufferedIOBase) -> bytes:
    """Piece by piece: between two of them Ctrl-C is heard, but not within one long read."""
    pieces, size = list[bytes](), 0
    while size < PORTION and (piece := source.read1(_PIECE)):
        pieces.append(piece)
        size += len(piece)
    return b"".join((*pieces, source.readline()))


def of_lines(lines: bytes, number: int, file: str, task: Task) -> Outcome:
    from laddnav.ocpi.wire.lines import read_lines
    from laddnav.ocpi.wire.whose import about

    batch = read_lines(lines)
    summary, refused = repriced(
        Many(batch.columns, about(batch.lines), batch.charge), task.tariffs, zone=task.zone, policy=task.policy
    )
    if not refused:
        return Outcome(summary, ())
    numbers = [number + place for place, line in enumerate(lines.split(b"\n")) if line.strip()]
    first = list(refused.items())[:MOST_TOLD]
    return Outcome(summary, tuple(f"{file} line {numbers[place]}: {why}" for place, why in first))


# ---- From the database


def of_documents(documents: Sequence[str], zones: Mapping[tuple[str, str], str], task: Task) -> Outcome:
    """CDRs as they are kept; `zones` by the owner and the id of a Location."""
    from laddnav.cdrs.model import Cdr
    from laddnav.cdrs.rules import charge_of
    from laddnav.kit import json
    from laddnav.pricing.bulk.columns import of_charges

    cdrs = [json.decode(document, Cdr) for document in documents]
    charges = [charge_of(cdr, zones.get((str(cdr.owner), cdr.location.id))) for cdr in cdrs]
    about = [About(str(cdr.owner if cdr.owner != cdr.holder else cdr.token.owner), cdr.credit) for cdr in cdrs]
    summary, refused = repriced(
        Many(of_charges(charges), about, charges.__getitem__), task.tariffs, zone=task.zone, policy=task.policy
    )
    first = list(refused.items())[:MOST_TOLD]
    return Outcome(summary, tuple(f"CDR {cdrs[place].id}: {why}" for place, why in first))
