"""The course of one handshake: each step is kept and told as it begins and as it ends, for whoever looks on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import store
from laddnav.ocpi.connections.lines import Line
from laddnav.ocpi.events import HandshakeWentOn
from laddnav.ocpi.model import Deed, Exchange, HandshakeStep, Stage
from laddnav.ocpi.wire.shared.scalars import printable


class Told(Struct):
    """What came of a step, for a person to read; never a credential."""

    said: str = ""


class Course:
    """One handshake on one line; `heard` is for the Partner who makes its calls."""

    def __init__(self, database: Database, line: Line, deed: Deed) -> None:
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
