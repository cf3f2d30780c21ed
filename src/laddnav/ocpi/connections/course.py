"""The course of one handshake: each step is kept and told as it begins and as it ends, for whoever looks on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import store
from laddnav.ocpi.deviations import demands
from laddnav.ocpi.events import HandshakeWentOn
from laddnav.ocpi.model import Connection, Deed, Exchange, HandshakeStep, Stage
from laddnav.ocpi.wire.shared.scalars import printable


class Told(Struct):
    """What came of a step, for a person to read; never a credential."""

    said: str = ""


class Course:
    """One handshake on one line; `heard` is for the Partner who makes its calls."""

    def __init__(self, database: Database, line: Sequence[Connection], deed: Deed) -> None:
        self._database = database
        self._line = line
        self._deed = deed
        self._id = database.clock.new_id()
        self._steps = 0
        self._last: Exchange | None = None

    def heard(self, exchange: Exchange) -> None:
        self._last = exchange

    @asynccontextmanager
    async def step(self, stage: Stage) -> AsyncIterator[Told]:
        """What is refused in it, or in trouble, ends it, and goes on to whoever carries out the handshake."""
        self._steps += 1
        self._last = None
        one = HandshakeStep(
            line=self._line[0].line,
            handshake=self._id,
            number=self._steps,
            deed=self._deed,
            stage=stage,
            began_at=self._database.clock.now(),
        )
        await self._keep(one)
        told = Told()
        try:
            yield told
        except (Refusal, Trouble) as error:
            await self._keep(self._ended(one, str(error), type(error).__name__))
            raise
        await self._keep(self._ended(one, told.said))

    def _ended(self, one: HandshakeStep, said: str, trouble: str | None = None) -> HandshakeStep:
        last = self._last
        return replace(
            one,
            ended_at=self._database.clock.now(),
            request=last and printable(f"{last.method} {last.url}"),
            http_status=last and last.http_status,
            ocpi_status=last and last.ocpi_status,
            said=printable(said) or None,
            trouble=trouble,
        )

    async def _keep(self, one: HandshakeStep) -> None:
        async with self._database.unit() as unit:
            store.handshakes.put(unit, one)
            for speaker in self._line:
                unit.announce(HandshakeWentOn(holder=speaker.holder, connection_id=speaker.id))
        self._database.wake()


async def looked_over(database: Database, course: Course, line: Sequence[Connection]) -> None:
    """Now that all is agreed: what they would not take of ours, and what of theirs is fetched."""
    if any(one.policy.demands.named for one in line):
        async with course.step(Stage.DEMANDS) as told, database.unit() as unit:
            missing = [each for one in line for each in await demands.report(unit, one)]
            told.said = ", ".join(f"{each.demand} ({each.objects}: {each.example} …)" for each in missing)
    async with course.step(Stage.PULLS) as told, database.unit() as unit:
        pulls = [each.module.value for one in line for each in await store.pulls.list_all(unit, one)]
        told.said = ", ".join(dict.fromkeys(pulls))


def parties_of(line: Sequence[Connection]) -> str:
    """Who they are, for a person to read."""
    return ", ".join(f"{one.party} {one.role}" for one in line[0].roles)
