"""What both sides agreed on is kept, whoever began: tokens, versions, endpoints, and whom we deal with from now on."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.ocpi import store
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import lines, offers
from laddnav.ocpi.connections.lines import Line
from laddnav.ocpi.connections.ourselves import note_told
from laddnav.ocpi.connections.upgrade import carried_over
from laddnav.ocpi.deviations import sharing
from laddnav.ocpi.model import Connection
from laddnav.ocpi.rules import spoken_by
from laddnav.ocpi.sides import SENDER, fetched
from laddnav.ocpi.wire import handshake
from laddnav.ocpi.wire.handshake import Credentials, NoCommonVersion, State, Step
from laddnav.ocpi.wire.versions import VERSIONS


async def settled(
    unit: Unit,
    clients: Clients,
    line: str,
    step: Step,
    said: Credentials,
    found: Connection,
    name: str = "",
) -> Line:
    """The line as it is from now on; what they own is fetched as though we had never met.

    `found` is how we came to know them while they were asked, and what somebody else did to the line meanwhile stays;
    `name` is what we call them whatever they call themselves. Raises UnknownConnection, NotNow, PartyTaken.
    """
    before = await lines.locked(unit, line)
    state = handshake.moved(before[0].state, step)
    if step is Step.THEY_ANSWER:
        before = lines.without_leaving(unit, before)
    after = lines.known(tuple(_as_found(one, found) for one in before), said)
    await lines.nobody_else(unit, after)
    facts = {"state": state, "registered_at": before[0].registered_at or unit.now} | ({"name": name} if name else {})
    after = tuple(replace(one, **facts) for one in after)
    store.lines.set_outbound(unit, line, clients.seal.sealed(said.token))
    store.lines.reached(unit, line)
    store.lines.look_at(unit, line, unit.now + unit.clock.wall(offers.EVERY))
    for was, one in zip(before, after, strict=True):
        store.connections.update(unit, one)
        if one.policy.shares.price_group:
            sharing.belong(unit, one)
        if was.state is State.CONNECTED:
            await carried_over(unit, was, one)
    await note_told(unit, clients.settings, after)
    ask_for_everything(unit, after)
    lines.changed(unit, after)
    return after


def _as_found(one: Connection, found: Connection) -> Connection:
    policy = replace(one.policy, calls=replace(one.policy.calls, raw_token=found.policy.calls.raw_token))
    return replace(one, version=found.version, endpoints=found.endpoints, offers=found.offers, policy=policy)


def ask_for_everything(unit: Unit, line: Iterable[Connection]) -> None:
    """Have every list fetched soon of which we are the Receiver and they offer the Sender; once for each of ours."""
    wanted = {
        (one.holder, module): one
        for one in line
        for module in fetched(one.our_role)
        if one.endpoint(module, SENDER) is not None
    }
    for (_, module), one in wanted.items():
        store.pulls.ask(unit, one, module)


def spoken(version: str, many: int = 1) -> str:
    """Raises NoCommonVersion, OnePartyOnly."""
    if version not in VERSIONS:
        raise NoCommonVersion([version])
    return spoken_by(VERSIONS[version], many).number
