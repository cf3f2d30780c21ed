"""What partners call themselves: whom our invoices name, and who runs a place that does not say so."""

from __future__ import annotations

from laddnav.billing import actions as billing
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi import store
from laddnav.ocpi.events import ConnectionChanged
from laddnav.parties.model import Role


async def introduce_debtors(database: Database, changed: ConnectionChanged) -> None:
    """Hears that a partner said who it is: each eMSP that speaks here may come to owe us, and its name is known now."""
    async with database.unit() as unit:
        connection = await store.connections.find(unit, changed.holder, changed.connection_id)
        for said in () if connection is None or connection.our_role is not Role.CPO else connection.roles:
            if said.role is Role.EMSP and said.business.name:
                await billing.introduce(unit, changed.holder, said.party, said.business.name)


async def introduced(unit: Unit, holder: PartyId, party: PartyId) -> BusinessDetails | None:
    """What a party called itself, first as operator; None: it never did (OCPI 2.2.1 mod_locations_location_object)."""
    said = [
        one for each in await store.connections.registered(unit, holder) for one in each.roles if one.party == party
    ]
    return min(said, key=lambda one: one.role is not Role.CPO).business if said else None
