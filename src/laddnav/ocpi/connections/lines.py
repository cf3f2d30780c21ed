"""A line and who of us speaks on it: opened for some, joined and left by others, and what is new about it announced."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.ocpi import store
from laddnav.ocpi.events import ConnectionChanged
from laddnav.ocpi.model import Connection
from laddnav.ocpi.rules import UnknownConnection, hearing_alike, hub_of, sole
from laddnav.ocpi.wire import handshake
from laddnav.ocpi.wire.handshake import Credentials, State
from laddnav.parties import actions as parties
from laddnav.parties.model import Role

Line = tuple[Connection, ...]  # who of us speaks on one line, the oldest first; never nobody


class Speaker(Struct, frozen=True):
    """One of our parties in one of its roles."""

    holder: PartyId
    role: Role


class NobodySpeaks(Refusal):
    """A line without any of our parties on it is none; remove the partner instead."""


class HubStandsAlone(Refusal):
    """A hub says of itself that it is a hub and nothing else (OCPI 2.2.1 credentials_credentials_object)."""

    def __init__(self) -> None:
        super().__init__("A hub stands alone on a connection; give our other parties one of their own")


def together(ours: Iterable[Speaker]) -> tuple[Speaker, ...]:
    """Each once, who may speak on one line. Raises NobodySpeaks, HubStandsAlone."""
    each = tuple(dict.fromkeys(ours))
    if not each:
        raise NobodySpeaks("Say which of our parties speaks there, and in which role")
    if len(each) > 1 and Role.HUB in {one.role for one in each}:
        raise HubStandsAlone
    return each


async def opened(unit: Unit, ours: Iterable[Speaker], name: str, version: str, state: State) -> Line:
    """Not kept yet. Raises NobodySpeaks, HubStandsAlone, UnknownParty."""
    line = unit.new_id()
    made: list[Connection] = []
    for speaker in together(ours):
        await parties.fetch(unit, speaker.holder)
        id = unit.new_id()
        made.append(
            Connection(
                holder=speaker.holder,
                id=id,
                ref=id,
                line=line,
                our_role=speaker.role,
                state=state,
                name=name[:200],
                version=version,
                created_at=unit.now,
            )
        )
    return tuple(made)


async def locked(unit: Unit, line: str) -> Line:
    """As it is now, and stays until this Unit ends. Raises UnknownConnection."""
    await store.lines.lock(unit, line)
    found = await store.connections.on_line(unit, line)
    if not found:
        raise UnknownConnection(line)
    return found


async def nobody_else(unit: Unit, line: Line) -> None:
    """Raises PartyTaken where one of them speaks to one of us on another line already."""
    for one in sorted(line, key=lambda one: (str(one.holder), one.our_role)):
        known = await store.connections.dealt_with(unit, one.holder, hearing_alike(one.our_role))
        sole(one, (other for other in known if other.line != one.line))


def known(line: Line, said: Credentials) -> Line:
    """Now that they have said who they are: each of us deals with whoever of them plays the opposite role."""
    hub = (one for one in said.roles if one.party == said.hub)
    name = next(hub, handshake.counterpart(said.roles, line[0].our_role))
    return tuple(
        dealing(
            replace(
                one,
                name=name.business.name or str(name.party),
                roles=said.roles,
                hub=hub_of(one.policy, said.hub),
                versions_url=said.url,
            )
        )
        for one in line
    )


def dealing(connection: Connection) -> Connection:
    chief = handshake.counterpart(connection.roles, connection.our_role)
    return replace(connection, party=chief.party, their_role=chief.role)


async def changed_to(unit: Unit, line: Line, ours: Iterable[Speaker]) -> Line:
    """Who joins is there at once, for the partner looks at our endpoints; who leaves stays until it has taken note.

    Raises NobodySpeaks, HubStandsAlone, UnknownParty, PartyTaken.
    """
    wanted = together(ours)
    there = {Speaker(one.holder, one.our_role): one for one in line}
    stay = tuple(replace(one, leaving=speaker not in wanted) for speaker, one in there.items())
    first = line[0]
    new = [speaker for speaker in wanted if speaker not in there]
    joining = tuple([await _like(unit, first, speaker) for speaker in new])
    await nobody_else(unit, joining)
    for one in stay:
        store.connections.update(unit, one)
    for one in joining:
        store.connections.join(unit, one)
    return (*stay, *joining)


async def changed_back(unit: Unit, line: Line, before: Line) -> None:
    """The partner took no note of it; what else became different meanwhile stays."""
    left = {one.id: one.leaving for one in before}
    for one in line:
        if one.id in left:
            store.connections.update(unit, replace(one, leaving=left[one.id]))
        else:
            _drop(unit, one)


def without_leaving(unit: Unit, line: Line) -> Line:
    """The partner has taken note: who was leaving is gone."""
    for one in line:
        if one.leaving:
            _drop(unit, one)
    return tuple(one for one in line if not one.leaving)


def silence(unit: Unit, connection: Connection) -> None:
    """Nothing waits for it any more."""
    store.deliveries.drop_all(unit, connection)
    store.pulls.forget(unit, connection)


def changed(unit: Unit, line: Iterable[Connection]) -> None:
    """What concerns a line concerns everybody on it."""
    for one in line:
        unit.announce(ConnectionChanged(holder=one.holder, connection_id=one.id))


async def changed_for_all(unit: Unit, line: str) -> None:
    """As `changed`, where only one on it is known here."""
    changed(unit, await store.connections.on_line(unit, line))


def _drop(unit: Unit, connection: Connection) -> None:
    silence(unit, connection)
    store.connections.drop(unit, connection)


async def _like(unit: Unit, other: Connection, speaker: Speaker) -> Connection:
    """On the line of another one, of whom only the line is in common."""
    await parties.fetch(unit, speaker.holder)
    id = unit.new_id()
    same = replace(
        other, holder=speaker.holder, id=id, ref=id, our_role=speaker.role, leaving=False, created_at=unit.now
    )
    return dealing(same)
