"""What some partners demand though the text leaves it open: told before they go live, and never sent without."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal
from laddnav.ocpi.endpoints.call import hearing
from laddnav.ocpi.model import Connection
from laddnav.ocpi.sides import OFFERED, SENDER
from laddnav.ocpi.telling import words
from laddnav.ocpi.wire.codec import Unsayable, parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import PAGE_MAX
from laddnav.ocpi.wire.versions import VERSIONS

# What everybody demands: our words are those of their version, and nothing in them is too long.
READABLE = "readable"


class Demand(Struct, frozen=True):
    """`path` leads from an object to what has to be there, into every member of a list on the way.

    `holds` says more of it than that it is there.
    """

    module: Module
    path: tuple[str, ...]
    holds: Callable[[Any, PartyId], bool] = lambda said, holder: True


def _of_ours(said: Any, holder: PartyId) -> bool:
    """OCPI 2.2.1 mod_locations_evse_object, its evse_id: the company stands in front."""
    return bool(re.match(rf"{holder.country}[*-]?{holder.party}[*-]?E", str(said), re.IGNORECASE))


def _is_us(said: Any, holder: PartyId) -> bool:
    return str(said) in (f"{holder.country}{holder.party}", f"{holder.country}-{holder.party}", str(holder))


DEMANDS: dict[str, Demand] = {
    "location-name": Demand(Module.LOCATIONS, ("name",)),
    "postal-code": Demand(Module.LOCATIONS, ("postal_code",)),
    "opening-times": Demand(Module.LOCATIONS, ("opening_times",)),
    "operator-name": Demand(Module.LOCATIONS, ("operator", "name")),
    "owner-name": Demand(Module.LOCATIONS, ("owner", "name")),
    "evse-id": Demand(Module.LOCATIONS, ("evses", "evse_id")),
    "evse-id-of-ours": Demand(Module.LOCATIONS, ("evses", "evse_id"), _of_ours),
    "capabilities": Demand(Module.LOCATIONS, ("evses", "capabilities")),
    "tariff-ids": Demand(Module.LOCATIONS, ("evses", "connectors", "tariff_ids")),
    "tariff-text": Demand(Module.TARIFFS, ("tariff_alt_text",)),
    "visual-number": Demand(Module.TOKENS, ("visual_number",)),
    "issuer-is-us": Demand(Module.TOKENS, ("issuer",), _is_us),
}


class Lacking(Refusal):
    """A partner demands what this object does not say."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{'.'.join(DEMANDS[name].path)} is demanded by this partner ({name}), and is missing or wrong"
        )
        self.name = name


class Missing(Struct, frozen=True, kw_only=True):
    """A demand that so many of our objects do not meet; `example` names one of them, `why` what is wrong with it."""

    demand: str
    module: Module
    objects: int
    example: str
    why: str = ""


def lacking(demand: Demand, thing: Any, holder: PartyId) -> bool:
    """Whether anything at the end of its path is missing, or is not what it has to be."""
    ends = list(_ends(thing, demand.path))
    return any(said in (None, "", []) or not demand.holds(said, holder) for said in ends)


def _ends(thing: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """What stands at the ends of a path; None where it leads nowhere. An empty list on the way has no ends."""
    if not path:
        yield thing
        return
    inside = thing.get(path[0]) if isinstance(thing, dict) else None
    if isinstance(inside, list) and len(path) > 1:
        for one in inside:
            yield from _ends(one, path[1:])
    elif inside is None:
        yield None
    else:
        yield from _ends(inside, path[1:])


def check(connection: Connection, module: Module, body: bytes) -> None:
    """Before a whole object is sent. Raises Lacking."""
    for name in connection.policy.demands.named:
        demand = DEMANDS[name]
        if demand.module is module and lacking(demand, parsed(body), connection.holder):
            raise Lacking(name)


async def report(unit: Unit, connection: Connection) -> tuple[Missing, ...]:
    """What of all that they are to hear they would not take, demand by demand."""
    found: dict[tuple[str, Module], Missing] = {}
    for module in (Module.LOCATIONS, Module.TARIFFS, Module.TOKENS):
        if (module, SENDER) in OFFERED[connection.our_role]:
            async for body in _all(unit, connection, module):
                for name, why in _wrong(connection, module, body):
                    thing = parsed(body)
                    example = str(thing.get("id") or thing.get("uid"))
                    before = found.get((name, module))
                    many = 1 if before is None else before.objects + 1
                    found[name, module] = Missing(demand=name, module=module, objects=many, example=example, why=why)
    return tuple(found.values())


async def _all(unit: Unit, connection: Connection, module: Module) -> AsyncIterator[bytes]:
    """Our words for everything that is for them."""
    try:
        async for body in words.each(unit, connection, module, VERSIONS[connection.version], PAGE_MAX):
            yield body
    except Unsayable:
        # It stands among what their version cannot carry.
        return


def _wrong(connection: Connection, module: Module, body: bytes) -> Iterator[tuple[str, str]]:
    """(name of a demand, what is wrong)."""
    codec = VERSIONS[connection.version].codecs[words.KINDS[module]]
    try:
        codec.decode(body, hearing(connection))
    except Unreadable as error:
        yield READABLE, str(error)
    for name in connection.policy.demands.named:
        demand = DEMANDS[name]
        if demand.module is module and lacking(demand, parsed(body), connection.holder):
            yield name, ""
