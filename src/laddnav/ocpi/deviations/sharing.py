"""What of ours is for which partner, and what it has to hear when that changes."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.locations import actions as locations
from laddnav.locations.model import Location
from laddnav.locations.rules import UnknownLocation
from laddnav.ocpi import store
from laddnav.ocpi.deviations.policy import Shares
from laddnav.ocpi.model import Connection
from laddnav.ocpi.sides import OFFERED, RECEIVER, SENDER
from laddnav.ocpi.store.lists import Row
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.version import Version
from laddnav.parties.model import Role
from laddnav.sessions.actions import limiting
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.events import TariffRegrouped
from laddnav.tokens.model import TokenType

# Of which some may be for one partner and not for another.
CHOSEN = (Module.TARIFFS, Module.LOCATIONS, Module.BOOKING_LOCATIONS)


async def place(unit: Unit, connection: Connection, location_id: str) -> Location:
    """A Location of ours that they hear of. Raises UnknownLocation, also for one that is not for them."""
    location = await locations.fetch(unit, connection.holder, connection.holder, location_id)
    if connection.policy.shares.some and await _row(unit, connection, Module.LOCATIONS, fold(location.id)) is None:
        raise UnknownLocation(location_id)
    return location


async def _row(unit: Unit, connection: Connection, module: Module, key: str) -> Row | None:
    return await store.lists.row(unit, connection.holder, module, connection.version, key, connection.shares)


def limiter(connection: Connection, token_owner: PartyId) -> PartyId | None:
    """Who of them may limit a charge of ours: the eMSP of its driver, or who does so by contract with us.

    OCPI 2.2.1 mod_charging_profiles_toplogies_cpo_scspp.
    """
    if token_owner in connection.parties:
        return token_owner
    return connection.chief if connection.policy.shares.smart_charging else None


async def end_contract(unit: Unit, connection: Connection) -> None:
    """What they limit charges of others' drivers to holds no more."""
    if connection.chief is not None:
        await limiting.end_limits(unit, connection.holder, connection.chief, connection.parties)


def hears_all_charges(connection: Connection, version: Version) -> bool:
    """Whoever limits them by contract; but in a version that cannot limit them, a Session names its driver."""
    return connection.policy.shares.smart_charging and Module.CHARGING_PROFILES in version.modules


def unnamed(connection: Connection, body: bytes) -> bytes:
    """A Session as they may hear it: of another's driver it says no more than that there is one.

    The CPO and who limits its charges have to oblige to privacy laws
    (OCPI 2.2.1 mod_charging_profiles_toplogies_cpo_scspp).
    """
    said = parsed(body) if connection.policy.shares.smart_charging else {}
    token = said.get("cdr_token")
    if not token or PartyId.of(token["country_code"], token["party_id"]) in connection.parties:
        return body
    said.pop("authorization_reference", None)
    nobody = {"uid": said["id"], "type": TokenType.OTHER, "contract_id": said["id"]}
    return encoded(said | {"cdr_token": token | nobody})


async def is_gone(unit: Unit, connection: Connection, module: Module, key: str) -> bool:
    """Whether they have heard of it, and it is for them no more."""
    found = await _row(unit, connection, module, key)
    return found is None and await store.deliveries.told(unit, connection, module, key)


async def concerns(unit: Unit, connection: Connection, module: Module, key: str) -> bool:
    """Whether it is for them, or they have heard of it when it was."""
    if module not in CHOSEN or (module is not Module.TARIFFS and not connection.policy.shares.some):
        return True
    key = key.split("/")[0]
    found = await _row(unit, connection, module, key)
    return found is not None or await store.deliveries.told(unit, connection, module, key)


async def differing(unit: Unit, connection: Connection, before: Shares, module: Module) -> list[str]:
    """The keys of what they newly see, of what is gone for them, and of what they see otherwise."""
    after, holder = connection.policy.shares, connection.holder
    pushed = (module, SENDER) in OFFERED[connection.our_role] and connection.endpoint(module, RECEIVER) is not None
    pushed = pushed and connection.our_role is not Role.NAP  # of what others own, everybody hears the same
    if not pushed or before == after:
        return []
    formerly = replace(connection, policy=replace(connection.policy, shares=before))
    was = await store.lists.shared(unit, holder, module, formerly.shares)
    now = await store.lists.shared(unit, holder, module, connection.shares)
    if module is Module.LOCATIONS and before.price_group != after.price_group:
        return sorted(was | now)
    return sorted(was ^ now)


def belong(unit: Unit, connection: Connection) -> None:
    """By which price group the drivers of all its parties pay from now on."""
    for party in connection.parties:
        tariffs.belongs(unit, connection.holder, party, connection.policy.shares.price_group)


async def tell_of_prices(database: Database, changed: TariffRegrouped) -> None:
    """Hears that a Tariff is for others: so are the offers of the Connectors that have it."""
    async with database.unit() as unit:
        for id in await locations.offered_at(unit, changed.holder, changed.tariff_id):
            await locations.touch(unit, changed.holder, id)
