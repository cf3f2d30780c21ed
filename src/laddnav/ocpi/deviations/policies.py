"""How a partner deviates from the text, as a person sets it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.refusal import Refusal
from laddnav.ocpi import store
from laddnav.ocpi.connections import lines, settling
from laddnav.ocpi.deviations import demands, quirks, sharing, uids
from laddnav.ocpi.deviations.policy import Demands, Policy, Shares
from laddnav.ocpi.model import Connection
from laddnav.ocpi.rules import UnknownConnection, hub_of
from laddnav.ocpi.telling import listeners
from laddnav.ocpi.wire.handshake import Module, State

# Whatever else is not spoken with a partner, it can always come and go.
CLOSABLE = tuple(module.value for module in Module if module is not Module.CREDENTIALS)


class UnknownRepair(Refusal):
    """A policy names a repair or a module that there is not."""

    def __init__(self, unknown: Iterable[str], known: Iterable[str]) -> None:
        super().__init__(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(known)}")


class UnfitPolicy(Refusal):
    """A switch stands where it cannot stand; `why` names it by its path."""

    def __init__(self, why: str) -> None:
        super().__init__(f"This is no policy: {why}")
        self.why = why


def meant(words: Mapping[str, Any]) -> Policy:
    """What a form says, by group and name. Raises UnfitPolicy, UnknownRepair."""
    try:
        return sound(msgspec.convert(words, Policy))
    except msgspec.ValidationError as error:
        raise UnfitPolicy(str(error)) from error


def sound(policy: Policy) -> Policy:
    """Each repair once, in the order in which they are done. Raises UnknownRepair."""
    objects = policy.objects
    objects = replace(objects, quirks=_of(quirks.FIELDS, objects.quirks), uids=_of(uids.FORMS, objects.uids))
    shares = replace(policy.shares, without=_of(CLOSABLE, policy.shares.without))
    named = _of(demands.DEMANDS, policy.demands.named)
    return replace(policy, objects=objects, shares=shares, demands=Demands(named=named))


def _of(known: Iterable[str], named: tuple[str, ...]) -> tuple[str, ...]:
    unknown = set(named) - set(known)
    if unknown:
        raise UnknownRepair(unknown, known)
    return tuple(name for name in known if name in named)


async def adapt(unit: Unit, ref: str, policy: Policy) -> Connection:
    """From the next message on. Raises UnknownConnection, UnknownRepair."""
    policy = sound(policy)
    found = await store.connections.by_ref(unit, ref)
    connection = found and await store.connections.find(unit, found.holder, found.id, lock=True)
    if connection is None:
        raise UnknownConnection(ref)
    adapted = replace(connection, policy=policy, hub=hub_of(policy, connection.hub))
    store.connections.update(unit, adapted)
    for one in await store.connections.on_line(unit, connection.line):
        await _shared_anew(unit, replace(one, policy=policy), connection.policy.shares)
    await lines.changed_for_all(unit, connection.line)
    return adapted


async def _shared_anew(unit: Unit, connection: Connection, before: Shares) -> None:
    """They hear what they newly see and what is gone; what is spoken with them again is fetched."""
    if connection.policy.shares == before:
        return
    sharing.belong(unit, connection)
    if before.smart_charging and not connection.policy.shares.smart_charging:
        await sharing.end_contract(unit, connection)
    for module in sharing.CHOSEN:
        for key in await sharing.differing(unit, connection, before, module):
            await listeners.tell(unit, connection, module, key)
    silenced = [Module(name) for name in connection.policy.shares.without]
    store.pulls.forget_of(unit, connection, silenced)
    if connection.state is State.CONNECTED:
        settling.ask_for_everything(unit, [connection])
