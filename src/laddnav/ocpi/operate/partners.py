"""The operator API about partners: who they are, how the line to them is, and what waits for them."""

from functools import partial

from msgspec import Raw, Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi.calls import tls
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.calls.tls import Guard
from laddnav.ocpi.connections import examining, partners
from laddnav.ocpi.connections.examining import NeverExamined
from laddnav.ocpi.deviations import demands, policies
from laddnav.ocpi.deviations.demands import Missing
from laddnav.ocpi.deviations.policy import Policy
from laddnav.ocpi.model import Connection, Examination, Exchange, HandshakeStep, Looked, Loss, Tls
from laddnav.ocpi.rules import speaks_for_all
from laddnav.ocpi.telling import losses
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor


class Losses(Struct, frozen=True, kw_only=True):
    """What a partner does not hear of ours, because `version` has no words for it."""

    holder: PartyId
    version: str
    losses: tuple[Loss, ...]


async def list_partners(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[Connection]:
    """Connections that were not removed, the oldest first."""
    known = await partners.connections(unit, by.holder)
    return page([one for one in known if cursor is None or one.ref > cursor], limit, lambda one: one.ref)


async def fetch_partner(unit: Unit, ref: str) -> Connection:
    """One connection."""
    return await partners.fetch(unit, ref)


async def fetch_losses(unit: Unit, ref: str) -> Losses:
    """What the version that is spoken with a partner cannot carry of our objects."""
    connection = await partners.fetch(unit, ref)
    found = await losses.of_partner(unit, connection)
    return Losses(holder=connection.holder, version=connection.version, losses=found)


class Demanded(Struct, frozen=True, kw_only=True):
    """What of ours a partner would not take, by what it demands; `readable` is what everybody does."""

    holder: PartyId
    missing: tuple[Missing, ...]


async def fetch_demands(unit: Unit, ref: str) -> Demanded:
    """All that is for a partner, held against what it demands: to be looked at before it goes live."""
    connection = await partners.fetch(unit, ref)
    return Demanded(holder=connection.holder, missing=await demands.report(unit, connection))


class Guarded(Struct, frozen=True, kw_only=True):
    """What guards the line to a partner beyond the usual; the key of our certificate is never shown."""

    holder: PartyId
    guard: Guard


class Guarding(Struct, frozen=True, kw_only=True):
    """In PEM: `trusted` are authorities or the very certificates of the partner, `certificate` is what we show.

    `key` belongs to it; left out, it is the one that is kept. Nothing at all: the line is guarded as every line.
    """

    trusted: str = ""
    certificate: str = ""
    key: str = ""

    def __repr__(self) -> str:
        """Without the key."""
        return "Guarding()"


async def fetch_tls(unit: Unit, ref: str) -> Guarded:
    """The certificates of a line: whose they are, when they end, their fingerprints."""
    connection = await partners.fetch(unit, ref)
    return Guarded(holder=connection.holder, guard=await tls.guard(unit, connection))


async def set_tls(unit: Unit, by: Visitor, clients: Clients, ref: str, body: Guarding) -> Guarded:
    """Guard the line to a partner by authorities or certificates of its own, and show one of ours."""
    await line_of(unit, by, ref)
    await tls.set_guard(unit, clients.seal, ref, Tls(trusted=body.trusted, certificate=body.certificate), body.key)
    return await fetch_tls(unit, ref)


async def set_policy(unit: Unit, by: Visitor, ref: str, body: Policy) -> Connection:
    """How a partner deviates from the text, all of it; what is left out goes by the text."""
    await line_of(unit, by, ref)
    return await policies.adapt(unit, ref, body)


async def line_of(unit: Unit, by: Visitor, ref: str) -> Connection:
    """For whoever changes it for all who speak on it. Raises UnknownConnection, NotYours, SharedLine."""
    connection = await partners.fetch(unit, ref)
    yours(by, connection.holder)
    speaks_for_all(by.holder, await partners.beside(unit, connection))
    return connection


class Handshakes(Struct, frozen=True, kw_only=True):
    """The steps of the last handshakes of a line, the newest handshake first, each from its beginning."""

    holder: PartyId
    steps: tuple[HandshakeStep, ...]


async def fetch_handshakes(unit: Unit, ref: str) -> Handshakes:
    """How the handshakes with a partner went, for two weeks; a step without `ended_at` goes on, or broke off."""
    connection = await partners.fetch(unit, ref)
    return Handshakes(holder=connection.holder, steps=await partners.handshakes(unit, connection))


async def list_exchanges(
    unit: Unit,
    ref: str,
    *,
    limit: Limit = 50,
    cursor: str | None = None,
    words: str = "",
    failed: bool = False,
) -> Page[Exchange]:
    """Requests and answers in either direction, the newest first, without their bodies."""
    connection = await partners.fetch(unit, ref)
    looked = Looked(words=words, failed=failed)
    found = await partners.exchanges(unit, connection, limit + 1, looked=looked, before=cursor)
    return page(found, limit, lambda one: one.id)


async def fetch_exchange(unit: Unit, ref: str, id: str) -> Exchange:
    """One request and its answer; where it failed, with both bodies, without credentials and numbers of cards."""
    return await partners.exchange(unit, await partners.fetch(unit, ref), id)


async def fetch_conformance(unit: Unit, ref: str) -> Examination:
    """The last run of the tester with a partner, and how many requirements the last report found kept."""
    found = await examining.find(unit, await partners.fetch(unit, ref))
    if found is None:
        raise NeverExamined(ref)
    return found


class Reported(Struct, frozen=True, kw_only=True):
    """The tester's last report, as `laddnav conform --json` writes it."""

    holder: PartyId
    report: Raw


async def fetch_report(unit: Unit, ref: str) -> Reported:
    """All that the tester's last report found at a partner, without credentials and numbers of cards."""
    connection = await partners.fetch(unit, ref)
    words = await examining.report_of(unit, connection, as_html=False)
    if words is None:
        raise NeverExamined(ref)
    return Reported(holder=connection.holder, report=Raw(words.encode()))


async def begin_conformance(database: Database, clients: Clients, by: Visitor, ref: str) -> Connection:
    """Have the tester ask a partner, in the background, only what changes nothing."""
    async with database.unit() as unit:
        connection = await partners.fetch(unit, ref)
    yours(by, connection.holder)
    await clients.errands.begun(partial(examining.examine, database, clients, connection))
    return connection


async def stop_conformance(unit: Unit, ref: str) -> Connection:
    """End the run that goes on, with the question that is under way."""
    connection = await partners.fetch(unit, ref)
    await examining.stop(unit, connection)
    return connection


ROUTES = (
    Route(method="GET", path="/partners", does=list_partners),
    Route(method="GET", path="/partners/{ref}", does=fetch_partner),
    Route(method="GET", path="/partners/{ref}/losses", does=fetch_losses),
    Route(method="GET", path="/partners/{ref}/demands", does=fetch_demands),
    Route(method="GET", path="/partners/{ref}/tls", does=fetch_tls),
    Route(method="GET", path="/partners/{ref}/handshakes", does=fetch_handshakes),
    Route(method="GET", path="/partners/{ref}/exchanges", does=list_exchanges),
    Route(method="GET", path="/partners/{ref}/exchanges/{id}", does=fetch_exchange),
    Route(method="GET", path="/partners/{ref}/conformance", does=fetch_conformance),
    Route(method="GET", path="/partners/{ref}/conformance/report", does=fetch_report),
    Route(method="POST", path="/partners/{ref}/conformance", does=begin_conformance, needs=Role.OPERATOR, status=202),
    Route(method="DELETE", path="/partners/{ref}/conformance", does=stop_conformance, needs=Role.OPERATOR),
    Route(method="PUT", path="/partners/{ref}/tls", does=set_tls, needs=Role.ADMIN),
    Route(method="PUT", path="/partners/{ref}/policy", does=set_policy, needs=Role.ADMIN),
)
