"""What the server asks of whoever keeps the objects: one method for each thing that a partner can want."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi.wire.commands import Command, CommandResponse, CommandResult, StopSession, Verdict
from laddnav.ocpi.wire.handshake import Credentials, CredentialsRole, Endpoint
from laddnav.ocpi.wire.paging import Page
from laddnav.parties.model import Role
from laddnav.tokens.model import Authorization, LocationReferences

M = TypeVar("M")


class NotKept(Refusal):
    """There is no such object here."""

    def __init__(self, kind: type[Any], id: str) -> None:
        super().__init__(f"No {kind.__name__} {id!r} is known here")


class Us(Struct, frozen=True, kw_only=True):
    """Who we are: one party in one role."""

    party: PartyId
    role: Role
    business: BusinessDetails

    @property
    def as_role(self) -> CredentialsRole:
        return CredentialsRole(role=self.role, party=self.party, business=self.business)


class Peer(Struct, frozen=True, kw_only=True):
    """Whom a token lets in. `roles` are empty until it has registered: then it sees versions and credentials only.

    `id` is yours: by it you know the peer again.
    """

    id: str
    roles: tuple[CredentialsRole, ...] = ()

    @property
    def parties(self) -> frozenset[PartyId]:
        """Whose objects may come from it."""
        return frozenset(one.party for one in self.roles)


class Met(Struct, frozen=True, kw_only=True):
    """What a peer said when it registered: its credentials, whose token is a secret, and where what is on its side."""

    version: str
    credentials: Credentials
    endpoints: tuple[Endpoint, ...]


def cut(things: Iterable[Any], page: Page) -> tuple[int, Sequence[Any]]:
    """What `Storage.page` has to answer, of objects that fit into memory."""
    wanted = sorted((one for one in things if _changed_within(one, page)), key=lambda one: one.last_updated)
    return len(wanted), wanted[page.offset : page.offset + page.limit]


def _changed_within(thing: Any, page: Page) -> bool:
    at = thing.last_updated
    return (page.date_from is None or page.date_from <= at) and (page.date_to is None or at < page.date_to)


class Storage:
    """Override what you offer; what you leave is answered as unknown. Objects come and go as the rooms model them.

    `peer` may be asked with one token spelt in two ways; compare hashes, so that nothing can be learnt from how long it
    takes. Whatever raises a `Refusal` is told to the peer by its message; any other error is a 500 without one.
    """

    async def peer(self, token: str) -> Peer | None:
        """Whom this token lets in; None: nobody."""
        raise NotImplementedError

    async def meet(self, peer: Peer, met: Met) -> str:
        """Keep what a peer said when it registered or came again; answers the token that it shows from now on."""
        raise NotKept(Credentials, peer.id)

    async def part(self, peer: Peer) -> None:
        """It unregisters: forget its token and yours for it."""
        raise NotKept(Credentials, peer.id)

    async def page(self, peer: Peer, kind: type[M], page: Page) -> tuple[int, Sequence[M]]:
        """(how many of yours this peer may see in all, those of this page), the oldest first."""
        return 0, ()

    async def find(self, peer: Peer, kind: type[M], owner: PartyId, key: str) -> M | bytes | None:
        """One object of `owner`: one of yours, or what this peer told, as an object or in its own words.

        `key` is the id without case, of a Token with its type before it: the last part of what `key` makes.
        """
        return None

    async def keep(self, peer: Peer, thing: Any, words: bytes) -> bool:
        """What the peer tells of its own; True where it is new. Leave alone what is older than what you have.

        `words` are the object as the peer's version spells it, with what no version knows. Kept for `find`, the peer
        hears back what it said.
        """
        raise NotKept(type(thing), getattr(thing, "id", ""))

    async def withdraw(self, peer: Peer, kind: type[Any], owner: PartyId, key: str) -> None:
        """The peer takes an object back: a Tariff."""
        raise NotKept(kind, key)

    async def authorize(
        self, peer: Peer, uid: str, kind: str, where: LocationReferences | None
    ) -> Authorization | None:
        """Whether a driver of yours may charge; None: nobody of this uid is known. `kind` is a TokenType."""
        return None

    async def take(self, peer: Peer, command: Command) -> CommandResponse:
        """A command for you; its result goes to `command.response_url` later (`Client.answer`).

        Raise UnknownLocation, UnknownEvse or UnknownConnector (`laddnav.locations.rules`) where it names none of yours.
        """
        stops = isinstance(command, StopSession)
        return CommandResponse(result=Verdict.UNKNOWN_SESSION if stops else Verdict.NOT_SUPPORTED, timeout=0)

    async def hear(self, peer: Peer, reference: str, result: CommandResult) -> None:
        """What became of a command of yours, by what stands at the end of the response URL that you gave."""
        raise NotKept(CommandResult, reference)
