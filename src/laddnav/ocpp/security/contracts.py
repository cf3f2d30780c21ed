"""What becomes of a contract that a car shows by its certificate (ISO 15118)."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.ocpp.security import chains
from laddnav.ocpp.security.asking import checked
from laddnav.ocpp.security.means import Means
from laddnav.ocpp.wire.answers import TokenJudged
from laddnav.ocpp.wire.events import TokenShown
from laddnav.ocpp.wire.security import CertificateState, ContractState
from laddnav.tokens.model import Allowed

# What OCPP calls blocked, Expired, Invalid or Unknown.
_NO_CONTRACT = (Allowed.BLOCKED, Allowed.EXPIRED, Allowed.NOT_ALLOWED)
_REFUSED = {
    ContractState.EXPIRED: TokenJudged(allowed=Allowed.EXPIRED, contract=ContractState.EXPIRED),
    ContractState.REVOKED: TokenJudged(allowed=Allowed.NOT_ALLOWED, contract=ContractState.REVOKED),
    ContractState.UNPROVEN: TokenJudged(allowed=Allowed.NOT_ALLOWED, contract=ContractState.UNPROVEN),
}


async def state(database: Database, means: Means | None, shown: TokenShown) -> ContractState | None:
    """None where no certificate is shown. Opens Units of its own, and none while authorities are asked (C07.FR.05).

    C07.FR.06: a chain is shown whole where the station itself has no root to which it leads.
    """
    checks = shown.checks
    if shown.chain is not None:
        async with database.unit() as unit:
            now = unit.now
        try:
            path = chains.led(shown.chain, shown.uid, () if means is None else means.contract_roots, now)
        except chains.Ended:
            return ContractState.EXPIRED
        except chains.Unled:
            return ContractState.UNPROVEN
        checks = (*checks, *chains.checks(path))
    elif not checks:
        return None
    found = {(await checked(database, means, one))[0].state for one in checks}
    if CertificateState.REVOKED in found:
        return ContractState.REVOKED
    return ContractState.ACCEPTED if found <= {CertificateState.GOOD} else ContractState.UNPROVEN


def refused(state: ContractState | None) -> TokenJudged | None:
    """C07.FR.15 to 17: what needs nobody's word on the token itself; None: that decides."""
    return None if state is None else _REFUSED.get(state)


def judged(state: ContractState | None, token: TokenJudged) -> TokenJudged:
    """C07.FR.13, C07.FR.14: a certificate that is valid does not make a contract."""
    if state is not None and token.allowed in _NO_CONTRACT:
        return replace(token, contract=ContractState.CANCELLED)
    return replace(token, contract=state)
