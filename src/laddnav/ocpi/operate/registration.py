"""The operator API about how the line to a partner begins, is renewed, rests and ends.

How a handshake goes on is asked at `/partners/{ref}/handshakes`, step by step.
"""

from __future__ import annotations

from functools import partial

from msgspec import Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.lines import NobodySpeaks, Speaker
from laddnav.ocpi.deviations import policies
from laddnav.ocpi.deviations.policy import Policy
from laddnav.ocpi.model import Connection, Tls
from laddnav.ocpi.operate.partners import Guarding, line_of
from laddnav.parties.model import Role as PartyRole
from laddnav.people.api import Route, yours
from laddnav.people.model import Role, Visitor


class Speaking(Struct, frozen=True, kw_only=True):
    """One of our parties in one of its roles."""

    party: str
    role: PartyRole


class Inviting(Struct, frozen=True, kw_only=True):
    """`ours` speak there; `their_role` is what a hub has to know of who speaks 2.1.1."""

    ours: tuple[Speaking, ...]
    name: str = ""
    version: str = partners.NEWEST
    their_role: PartyRole | None = None


class Invited(Struct, frozen=True, kw_only=True):
    """What the partner needs, told to it outside OCPI; `token` is shown this once."""

    holder: PartyId
    ref: str
    versions_url: str
    token: str

    def __repr__(self) -> str:
        """Without the token."""
        return f"Invited({self.ref})"


class Registering(Struct, frozen=True, kw_only=True):
    """`versions_url` and `token` as the partner gave them; `policy` and `tls` where that has to be known before."""

    versions_url: str
    token: str
    ours: tuple[Speaking, ...]
    name: str = ""
    version: str | None = None
    their_role: PartyRole | None = None
    policy: Policy = partners.AS_THE_TEXT_SAYS
    tls: Guarding = Guarding()

    def __repr__(self) -> str:
        """Without the token."""
        return f"Registering({self.versions_url})"


class Renewing(Struct, frozen=True, kw_only=True):
    """`version`: the one that is spoken from now on; left out, the one that is."""

    version: str | None = None


async def invite_partner(unit: Unit, clients: Clients, by: Visitor, body: Inviting) -> Invited:
    """Make a token with which a partner can register with us; it is shown this once."""
    first, *also = _speakers(by, body.ours)
    made = await partners.invite(
        unit,
        clients.settings,
        first.holder,
        first.role,
        also=also,
        name=body.name,
        version=body.version,
        theirs=body.their_role,
    )
    return Invited(holder=first.holder, ref=made.connection_id, versions_url=made.versions_url, token=made.token)


async def register_with_partner(database: Database, clients: Clients, by: Visitor, body: Registering) -> Connection:
    """Register with a partner that invited us, in the background."""
    first, *also = _speakers(by, body.ours)
    tls = Tls(trusted=body.tls.trusted, certificate=body.tls.certificate)
    return await clients.errands.begun(
        partial(
            partners.register,
            database,
            clients,
            body.versions_url,
            body.token,
            first.holder,
            first.role,
            body.version,
            body.name,
            also=also,
            theirs=body.their_role,
            policy=policies.sound(body.policy),
            tls=None if tls == Tls() else tls,
            key=body.tls.key,
        )
    )


async def renew_partner(database: Database, clients: Clients, by: Visitor, ref: str, body: Renewing) -> Connection:
    """Change both tokens of a line, and its version if wanted, in the background."""
    async with database.unit() as unit:
        connection = await line_of(unit, by, ref)
    return await clients.errands.begun(partial(partners.renew, database, clients, connection, body.version))


async def suspend_partner(unit: Unit, by: Visitor, ref: str) -> Connection:
    """Keep everything, and send and answer nothing on its line."""
    await partners.suspend(unit, await line_of(unit, by, ref))
    return await partners.fetch(unit, ref)


async def resume_partner(unit: Unit, by: Visitor, ref: str) -> Connection:
    """Open its line again."""
    await partners.resume(unit, await line_of(unit, by, ref))
    return await partners.fetch(unit, ref)


async def remove_partner(database: Database, clients: Clients, by: Visitor, ref: str) -> None:
    """End its line, and tell the partner if it can be reached."""
    async with database.unit() as unit:
        connection = await line_of(unit, by, ref)
    await partners.remove(database, clients, connection)


def _speakers(by: Visitor, ours: tuple[Speaking, ...]) -> list[Speaker]:
    """Raises NobodySpeaks, NotAPartyId, NotYours."""
    if not ours:
        raise NobodySpeaks
    return [Speaker(yours(by, PartyId.parse(one.party)), one.role) for one in ours]


ROUTES = (
    Route(method="POST", path="/partners/invite", does=invite_partner, needs=Role.ADMIN, status=201),
    Route(method="POST", path="/partners/register", does=register_with_partner, needs=Role.ADMIN, status=202),
    Route(method="POST", path="/partners/{ref}/renew", does=renew_partner, needs=Role.ADMIN, status=202),
    Route(method="POST", path="/partners/{ref}/suspend", does=suspend_partner, needs=Role.ADMIN),
    Route(method="POST", path="/partners/{ref}/resume", does=resume_partner, needs=Role.ADMIN),
    Route(
        method="DELETE",
        path="/partners/{ref}",
        does=remove_partner,
        needs=Role.ADMIN,
        status=204,
        looks_itself=True,
    ),
)
