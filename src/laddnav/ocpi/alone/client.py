"""The client: reads a partner's lists, tells it what changed, asks it, and registers with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.kit.time import Clock
from laddnav.ocpi.alone.kinds import BY_KIND
from laddnav.ocpi.alone.storage import Us
from laddnav.ocpi.calls.calling import Partner, Reply
from laddnav.ocpi.calls.lines import Lines
from laddnav.ocpi.connections import offers
from laddnav.ocpi.deviations.policy import Lists
from laddnav.ocpi.endpoints.call import hearing
from laddnav.ocpi.fetching.crawl import leaves
from laddnav.ocpi.model import Connection, Exchange
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.wire import envelope, handshake, paging
from laddnav.ocpi.wire.codec import Hearing, encoded
from laddnav.ocpi.wire.commands import COMMANDS, Command, CommandResponse, CommandResult
from laddnav.ocpi.wire.handshake import Credentials, Endpoint, Interface, Module, State
from laddnav.ocpi.wire.version import Version
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.tokens.model import Authorization, LocationReferences

M = TypeVar("M")
SENDER, RECEIVER = Interface.SENDER, Interface.RECEIVER


class Known(Struct, frozen=True, kw_only=True):
    """All that is worth keeping of a registration; both tokens are secrets."""

    version: str
    endpoints: tuple[Endpoint, ...]
    credentials: Credentials  # the partner's: its token is what you show from now on
    token: str  # yours: what the partner shows you

    def __repr__(self) -> str:
        """Without the tokens."""
        return f"Known({self.credentials.url} in OCPI {self.version})"


@asynccontextmanager
async def connected(
    versions_url: str,
    token: str,
    us: Us,
    clock: Clock,
    *,
    their: PartyId | None = None,
    version: str | None = None,
    allow_loopback: bool = False,
    note: Callable[[Exchange], None] = lambda _: None,
) -> AsyncIterator[Client]:
    """A partner that knows us: `token` is what it gave us. In the newest version that both speak, or the named one.

    `their` is the party that we chiefly deal with, for the routing headers. `note` gets every exchange, without bodies
    and tokens. Raises NoCommonVersion, EndpointsMissing, Unreadable, and what a call raises.
    """
    lines = Lines(Settings(public_url="", key=b"", allow_loopback=allow_loopback), clock, note)
    try:
        partner = Partner(lines, _connection(us, versions_url, clock, their), token)
        yield Client(await _greeted(partner, versions_url, version))
    finally:
        await lines.close()


async def registered(
    versions_url: str,
    token: str,
    us: Us,
    clock: Clock,
    *,
    our_versions_url: str,
    our_token: str,
    version: str | None = None,
    allow_loopback: bool = False,
) -> Known:
    """Register with a partner that gave us token A; `our_token` has to be good at `our_versions_url` already.

    OCPI 2.2.1 credentials_registration. Raises what `connected` raises, and NoCredentialsRoles.
    """
    async with connected(versions_url, token, us, clock, version=version, allow_loopback=allow_loopback) as client:
        ours = Credentials(token=our_token, url=our_versions_url, roles=(us.as_role,))
        said = await client.introduce(ours)
        known = client.partner.connection
        asking = Partner(client.lines, known, said.token)
        endpoints = await offers.endpoints(asking, await offers.versions(asking, said.url), known.version)
        return Known(version=known.version, endpoints=endpoints, credentials=said, token=our_token)


class Client:
    """One partner in one version. Everything raises what a call raises, and NotOffered where there is no endpoint."""

    def __init__(self, partner: Partner) -> None:
        self.partner = partner

    @property
    def lines(self) -> Lines:
        return self.partner.lines

    @property
    def version(self) -> Version:
        return VERSIONS[self.partner.connection.version]

    def offers(self, module: Module, interface: Interface) -> bool:
        return self.partner.connection.endpoint(module, interface) is not None

    async def all(
        self,
        kind: type[M],
        *,
        date_from: datetime | None = None,
        limit: int = paging.PAGE_MAX,
        unreadable: Callable[[Any, Unreadable], None] | None = None,
    ) -> AsyncIterator[M]:
        """Every object of a list, page after page, as it changes under our hands; none comes twice in the same state.

        One that cannot be read goes to `unreadable`, as it came; without that it raises Unreadable.
        """
        endpoint = self.partner.endpoint(BY_KIND[kind].module, SENDER)
        crawl = leaves(self._asked, endpoint, date_from, self.lines.clock.now(), Lists(asks=limit))
        seen: set[bytes] = set()
        async with aclosing(crawl) as pages:
            async for page in pages:
                for one in page.objects:
                    if (said := encoded(one)) in seen:
                        continue
                    seen.add(said)
                    try:
                        thing = self.version.codecs[kind].convert(one, self._hearing())
                    except Unreadable as error:
                        if unreadable is None:
                            raise
                        unreadable(one, error)
                    else:
                        yield thing

    async def _asked(self, url: str) -> Reply:
        return await self.partner.call("GET", url)

    async def fetch(self, kind: type[M], id: str) -> M:
        """One object out of its owner's own list; a Location, where most partners offer nothing else by its id."""
        url = paging.joined(self.partner.endpoint(BY_KIND[kind].module, SENDER), id)
        reply = await self.partner.call("GET", url)
        return self.version.codecs[kind].decode(envelope.single(reply.answer.data), self._hearing())

    async def tell(self, thing: Any) -> str | None:
        """Put a whole object of ours; a CDR is posted, and where the partner keeps it is answered."""
        named = BY_KIND[type(thing)]
        endpoint = self.partner.endpoint(named.module, RECEIVER)
        body = self.version.codecs[type(thing)].encode(thing)
        if named.module is Module.CDRS:
            return (await self.partner.call("POST", endpoint, body)).headers.get("location")
        url = paging.joined(endpoint, *_owned(named.owner(thing)), named.id(thing))
        if named.module is Module.TOKENS and self.version.types_tokens:
            url = paging.with_query(url, urlencode({"type": thing.type}))
        await self.partner.call("PUT", url, body)
        return None

    async def change(self, kind: type[Any], owner: PartyId, segments: tuple[str, ...], changes: dict[str, Any]) -> None:
        """Patch an object of ours or a part of it; `changes` are words of the version, `last_updated` too.

        `segments` are what the URL names: `("LOC1", "EVSE1")`.
        """
        endpoint = self.partner.endpoint(BY_KIND[kind].module, RECEIVER)
        await self.partner.call("PATCH", paging.joined(endpoint, *_owned(owner), *segments), encoded(changes))

    async def withdraw(self, kind: type[Any], owner: PartyId, id: str) -> None:
        """Take back a Tariff."""
        endpoint = self.partner.endpoint(BY_KIND[kind].module, RECEIVER)
        await self.partner.call("DELETE", paging.joined(endpoint, *_owned(owner), id))

    async def authorize(self, uid: str, kind: str = "RFID", where: LocationReferences | None = None) -> Authorization:
        """Whether a driver of the partner may charge (OCPI 2.2.1 mod_tokens_real-time_authorization)."""
        codecs = self.version.codecs
        url = paging.joined(self.partner.endpoint(Module.TOKENS, SENDER), uid, "authorize")
        body = None if where is None else codecs[LocationReferences].encode(where)
        reply = await self.partner.call("POST", paging.with_query(url, urlencode({"type": kind})), body)
        return codecs[Authorization].decode(envelope.single(reply.answer.data), self._hearing())

    async def command(self, command: Command) -> CommandResponse:
        """The answer at once; the result comes to the command's `response_url`."""
        codecs, kind = self.version.codecs, type(command)
        name = next(name for name, one in COMMANDS.items() if one is kind)
        url = paging.joined(self.partner.endpoint(Module.COMMANDS, RECEIVER), name)
        reply = await self.partner.call("POST", url, codecs[kind].encode(command))
        return codecs[CommandResponse].decode(envelope.single(reply.answer.data), self._hearing())

    async def answer(self, response_url: str, result: CommandResult) -> None:
        """What became of a command that we took."""
        await self.partner.call("POST", response_url, self.version.codecs[CommandResult].encode(result))

    async def introduce(self, ours: Credentials) -> Credentials:
        """Post our credentials, and get the partner's. Raises NoCredentialsRoles."""
        codec = self.version.codecs[Credentials]
        url = self.partner.endpoint(Module.CREDENTIALS, RECEIVER)
        reply = await self.partner.call("POST", url, codec.encode(ours), routed=False)
        return handshake.sound(codec.decode(envelope.single(reply.answer.data), self._hearing()))

    def _hearing(self) -> Hearing:
        return hearing(self.partner.connection)


async def _greeted(partner: Partner, versions_url: str, version: str | None) -> Partner:
    offered = await offers.versions(partner, versions_url)
    chosen = handshake.chosen(offered, VERSIONS, version).version
    asking = partner.on(replace(partner.connection, version=chosen))
    return partner.on(replace(asking.connection, endpoints=await offers.endpoints(asking, offered, chosen)))


def _connection(us: Us, versions_url: str, clock: Clock, their: PartyId | None) -> Connection:
    return Connection(
        holder=us.party,
        id=versions_url,
        ref=versions_url,
        line=versions_url,
        our_role=us.role,
        state=State.CONNECTED,
        name=versions_url,
        version=max(VERSIONS),
        party=their,
        their_role=handshake.opposite(us.role),
        versions_url=versions_url,
        created_at=clock.now(),
    )


def _owned(owner: PartyId) -> tuple[str, str]:
    return owner.country, owner.party
