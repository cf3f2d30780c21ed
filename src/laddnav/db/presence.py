"""Which processes of an installation live: each says so again and again, and whoever falls silent is buried by another.

Silence is measured on the clock of who listens: nobody dies because two machines disagree about the time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from laddnav.db.unit import Database, Unit
from laddnav.kit.refusal import Trouble

log = structlog.get_logger()

BEAT = 3.0  # seconds
SILENT = 15.0  # seconds without a beat, after which a process is taken for dead

Burial = Callable[[Unit, str], Awaitable[None]]  # what becomes of what this life held

_BEGIN = "insert into process (life, name, beat) values ($1, $2, 0)"
_BEAT = "update process set beat = beat + 1 where life = $1"
_END = "delete from process where life = $1"
_LIVES_OF = "select life from process where name = $1 and life <> $2"
_OTHERS = "select life, beat from process where life <> $1"


class Presence:
    """One process, under the name that an operator gave it; `life` is that of this start, and nobody else's ever."""

    def __init__(self, database: Database, name: str, burials: Sequence[Burial]) -> None:
        self.life = f"{name}/{database.clock.new_id()}"
        self._database = database
        self._name = name
        self._burials = burials
        self._heard: dict[str, tuple[int, float]] = {}  # of each other life: its beat, and when that was new
        self._listened_at = 0.0

    async def begin(self) -> None:
        """Be there; what went by this name before is dead, or it would hold the name."""
        async with self._database.unit() as unit:
            await unit.execute(_BEGIN, self.life, self._name)
            before = [row["life"] for row in await unit.fetch(_LIVES_OF, self._name, self.life)]
            # A version that knew no lives held things by the bare name.
            for life in (*before, self._name):
                await self._bury(unit, life)

    async def run(self) -> None:
        """Live and listen, until cancelled."""
        while True:
            try:
                await self.beat()
                for life in await self.silent(asyncio.get_running_loop().time()):
                    await self.bury(life)
            except (OSError, Trouble) as trouble:
                # Without a long pause: whoever speaks last when the database is back would be taken for dead.
                log.warning("process_cannot_say_that_it_lives", error=str(trouble))
            await asyncio.sleep(BEAT)

    async def beat(self) -> None:
        async with self._database.unit() as unit:
            if await unit.execute(_BEAT, self.life):
                return
            await unit.execute(_BEGIN, self.life, self._name)
        log.warning("process_was_thought_dead", life=self.life)

    async def silent(self, now: float) -> list[str]:
        """The others that did not say anything for too long; `now` is on the loop's clock.

        Who has not listened for a while, because it slept or had no database, has to begin anew: so had the others.
        """
        async with self._database.unit() as unit:
            beats = {row["life"]: int(row["beat"]) for row in await unit.fetch(_OTHERS, self.life)}
        if now - self._listened_at > SILENT / 2:
            self._heard.clear()
        self._listened_at = now
        self._heard = {
            life: before if (before := self._heard.get(life)) and before[0] == beat else (beat, now)
            for life, beat in beats.items()
        }
        return [life for life, (_, since) in self._heard.items() if now - since > SILENT]

    async def bury(self, life: str) -> None:
        """Of several who want to, one does."""
        async with self._database.unit() as unit:
            if not await unit.execute(_END, life):
                return
            await self._bury(unit, life)
        self._database.wake()
        log.warning("process_buried", life=life)

    async def end(self) -> None:
        """Go in order, and leave nothing behind that others would have to wait for."""
        async with self._database.unit() as unit:
            await self._bury(unit, self.life)
        self._database.wake()

    async def _bury(self, unit: Unit, life: str) -> None:
        await unit.execute(_END, life)
        for burial in self._burials:
            await burial(unit, life)
