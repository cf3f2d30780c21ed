"""What partners call themselves → whom our invoices name."""

from __future__ import annotations

from laddnav.billing import actions as billing
from laddnav.db.unit import Database
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
