"""Calls to the partners of this installation: each with the token that is kept for it, and each in the log."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from laddnav.db.unit import Database
from laddnav.kit.refusal import Refusal
from laddnav.kit.seal import Seal
from laddnav.ocpi import store
from laddnav.ocpi.calls.calling import Partner
from laddnav.ocpi.calls.errands import Errands
from laddnav.ocpi.calls.journal import Journal
from laddnav.ocpi.calls.lines import Lines
from laddnav.ocpi.calls.tls import context as tls_of
from laddnav.ocpi.model import Connection, Exchange
from laddnav.ocpi.settings import Settings


class NotRegistered(Refusal):
    """There is no token to show to this partner."""


class Clients(Lines):
    """The lines of one installation."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.journal = Journal(database)
        super().__init__(settings, database.clock, self.journal.note)
        self.seal = Seal(settings.key)
        self.errands = Errands()
        self._database = database

    async def close(self) -> None:
        await self.errands.close()
        await super().close()
        await self.journal.close()

    async def to(
        self,
        connection: Connection,
        *,
        token: str | None = None,
        sealed: str | None = None,
        heard: Callable[[Exchange], None] | None = None,
    ) -> Partner:
        """Whom to call on this connection; `heard` gets every exchange too.

        `token` in place of the one that is kept; `sealed` is that one, where it was read already. Raises NotRegistered,
        WrongKey, UnfitTls.
        """
        if sealed is not None:
            token = self.seal.opened(sealed)
        if self.guarded_at(connection.line) != connection.tls_changed_at:
            await self.guard(connection.line, connection.tls_changed_at, await self._context(connection))
        return Partner(self, connection, token or await self.token_for(connection), heard)

    async def _context(self, connection: Connection) -> ssl.SSLContext | None:
        """Raises UnfitTls, WrongKey."""
        async with self._database.unit() as unit:
            kept = await store.tls.find(unit, connection.line)
        if kept is None:
            return None
        tls, sealed = kept
        return tls_of(tls, "" if sealed is None else self.seal.opened(sealed))

    async def token_for(self, connection: Connection) -> str:
        """What this partner wants to be shown. Raises NotRegistered, WrongKey."""
        async with self._database.unit() as unit:
            kept = await store.lines.outbound(unit, connection.line)
        if kept is None:
            raise NotRegistered(f"We are not registered with {connection.name}")
        return self.seal.opened(kept)
