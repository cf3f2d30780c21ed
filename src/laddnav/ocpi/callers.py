"""Who calls: the line whose token a request shows, remembered as it was read and confirmed with every request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.ocpi import seal, store
from laddnav.ocpi.commands.asked import UnknownCommand, sent_command
from laddnav.ocpi.gate import Gate
from laddnav.ocpi.http import Request, Unrecognised
from laddnav.ocpi.model import Connection
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.handshake import Module, State
from laddnav.parties.model import Role

AUTHORIZATION = b"authorization"
REMEMBERED = 10_000  # tokens at a time
HEADER_MAX = 300  # characters of an Authorization header that may mean a token of OCPI, which has 64 at most
HEARD_EVERY = timedelta(minutes=1)
HEARD = "when lines were heard"  # remembered once it is kept


class Caller(Struct, frozen=True):
    """Who of us speaks on the caller's line, and the token that it showed: "" where none was needed.

    `hub` is the one of us who is a hub, if any. `ways` is for whoever finds out where its URLs lead: what was found
    holds as long as the line is as it is.
    """

    line: tuple[Connection, ...]
    token: str
    hub: Connection | None
    ways: dict[object, Any]

    @classmethod
    def of(cls, line: tuple[Connection, ...], token: str) -> Caller:
        return cls(line, token, next((one for one in line if one.our_role is Role.HUB), None), {})

    def __repr__(self) -> str:
        """Without the token."""
        return f"Caller({self.line[0].line})"


class Callers:
    """Remembers lines by the hashes of their tokens.

    What is remembered opens nothing by itself: with every request the database says whether it is still so, by the
    line's revision. What stands behind a hub changes without the line, so that is read every time.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._known: dict[str, tuple[Caller, int]] = {}  # with the revision of the line

    async def recognised(self, unit: Unit, request: Request, hashes: Mapping[str, str]) -> Caller:
        """`hashes` are those of the tokens that it may mean, with the tokens. Raises Unrecognised.

        A result of a command is taken without a token too, where its URL names a command that we sent: nobody can guess
        that, and some CPOs show no token there.
        """
        if not hashes:
            return Caller.of((await _by_command(unit, request),), "")
        hash, caller = await self._confirmed(unit, hashes) or await self._read(unit, hashes)
        first = caller.line[0]
        if not first.policy.calls.bearer and _is_bearer(request.headers.get(AUTHORIZATION, b"")):
            raise Unrecognised(f"The scheme of the Authorization header is {routing.SCHEME}")
        if first.state is State.SUSPENDED:
            raise Unrecognised("This connection is suspended")
        self._gate.recognised(hash, first.line, request.address)
        self._hear(unit, first)
        return caller

    async def _confirmed(self, unit: Unit, hashes: Mapping[str, str]) -> tuple[str, Caller] | None:
        for hash in hashes:
            known = self._known.get(hash)
            if known is None:
                continue
            caller, revision = known
            if await store.lines.still(unit, caller.line[0].line, revision):
                return hash, caller
            self._known.pop(hash, None)
        return None

    async def _read(self, unit: Unit, hashes: Mapping[str, str]) -> tuple[str, Caller]:
        found = await store.connections.by_hash(unit, list(hashes))
        if found is None:
            self._gate.unknown(hashes)
            raise Unrecognised("This token is not known here")
        caller = Caller.of(found.line, hashes[found.hash])
        if found.newest:
            store.lines.forget_before(unit, found.line[0].line)
        # A line whose older token goes is read until that is committed: whoever is refused first undoes it.
        elif found.line[0].hub is None:
            self._known[found.hash] = caller, found.revision
            if len(self._known) > REMEMBERED:
                del self._known[next(iter(self._known))]
        return found.hash, caller

    @staticmethod
    def _hear(unit: Unit, connection: Connection) -> None:
        """Kept to the minute: a busy partner is not a write for each of its requests."""
        before = unit.remembered.get(HEARD, {}).get(connection.line, connection.last_heard_at)
        if before is None or before < unit.now - HEARD_EVERY:
            unit.learn(HEARD, connection.line, unit.now)
            store.lines.heard(unit, connection.line)


def hashes_of(request: Request) -> Mapping[str, str]:
    """The tokens that its header may mean, by their hashes."""
    said = request.headers.get(AUTHORIZATION, b"")
    return _hashes_in(said) if len(said) <= HEADER_MAX else {}


@lru_cache(maxsize=REMEMBERED)
def _hashes_in(header: bytes) -> Mapping[str, str]:
    """What a header says is so whoever it lets in, so it is worked out once."""
    return {seal.hash_of(one): one for one in routing.tokens_in(header.decode("latin-1"), routing.BEARER)}


@lru_cache(maxsize=REMEMBERED)
def _is_bearer(header: bytes) -> bool:
    return routing.is_bearer(header.decode("latin-1"))


async def _by_command(unit: Unit, request: Request) -> Connection:
    """Raises Unrecognised."""
    path = request.path
    if len(path) == 5 and path[2] == Module.COMMANDS and AUTHORIZATION not in request.headers:
        try:
            command = await sent_command(unit, path[4])
        except UnknownCommand:
            command = None
        if command is not None:
            connection = await store.connections.find(unit, command.holder, command.connection_id)
            if connection is not None and connection.state is State.CONNECTED:
                return connection
    raise Unrecognised("An Authorization header with a token that is known here is needed")
