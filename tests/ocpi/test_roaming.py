"""Two installations roam: everything that one owns reaches the other, by push and by pull, once."""

from __future__ import annotations

from laddnav.ocpi.wire.handshake import State
from tests.ocpi.network import CPO, EMSP, Installation, introduced


async def test_two_installations_register_with_each_other(cpo: Installation, emsp: Installation) -> None:
    """CRED-001, CRED-003, CRED-004, CRED-005, CRED-006, CRED-043."""
    await introduced(cpo, emsp)
    ours, theirs = await cpo.connection(), await emsp.connection()
    assert (ours.state, theirs.state) == (State.CONNECTED, State.CONNECTED)
    assert (ours.party, theirs.party) == (EMSP, CPO)
    assert ours.name == f"Company {EMSP}"
