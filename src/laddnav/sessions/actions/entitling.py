"""Whether whoever pays lets a driver charge now: what charges under way have used counts."""

from __future__ import annotations

from laddnav.customers.actions import allowing
from laddnav.customers.limits import Used
from laddnav.customers.model import Contract
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.money import FREE
from laddnav.sessions import store
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Authorization


async def entitled(unit: Unit, holder: PartyId, given: Authorization) -> Authorization:
    """The verdict on a Token of ours, once its customer's standing, wallet and weekly limits are looked at too."""

    async def running(contract: Contract) -> Used:
        if not contract.limited:
            return Used()
        cards = await tokens.by_contract(unit, holder, holder, contract.contract_id)
        used = Used()
        for session in await store.open_of_tokens(unit, holder, [one.uid for one in cards]):
            if session.token.owner == holder and session.allowed:
                used += Used(energy=session.energy, cost=(session.cost or FREE).before_taxes)
        return used

    return await allowing.judged(unit, holder, given, running)
