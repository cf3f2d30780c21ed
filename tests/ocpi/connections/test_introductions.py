"""A partner's name reaches the invoices to it."""

from laddnav.billing import actions as billing
from laddnav.ocpi.connections.introductions import introduce_debtors
from laddnav.ocpi.events import ConnectionChanged
from tests.ocpi.network import EMSP, Installation, Pair


async def debtors_of(one: Installation) -> dict[str, str]:
    """Id and name of each, once the connection was heard of."""
    connection = await one.connection()
    changed = ConnectionChanged(holder=connection.holder, connection_id=connection.id)
    await introduce_debtors(one.database, changed)
    async with one.database.unit() as unit:
        return {debtor.id: debtor.name for debtor in await billing.debtors(unit, one.holder)}


async def test_invoices_to_an_emsp_name_it_as_it_registered(pair: Pair) -> None:
    assert await debtors_of(pair.cpo) == {f"partner:{EMSP}": f"Company {EMSP}"}


async def test_a_cpo_that_registered_is_nobodys_debtor(pair: Pair) -> None:
    assert await debtors_of(pair.emsp) == {}
