"""Which way a request takes through a hub: a table, without any network."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.ocpi.hub.rules import (
    Asked,
    Broadcast,
    CannotRoute,
    Client,
    Collect,
    Forward,
    ReceiverNotConnected,
    TellBack,
    UnknownReceiver,
    way,
)
from laddnav.ocpi.sides import PASSED_ON, RECEIVER, SENDER
from laddnav.ocpi.wire.clients import ClientStatus
from laddnav.ocpi.wire.handshake import Module
from laddnav.parties.model import Role

HUB, CPO, EMSP = PartyId("DE", "HUB"), PartyId("SE", "LAD"), PartyId("NL", "TNM")
ALL = frozenset((module, side) for module in PASSED_ON for side in (SENDER, RECEIVER))


def client(party: PartyId, role: Role, **changes: Any) -> Client:
    one = Client(party=party, role=role, connection_id=f"to {party}", status=ClientStatus.CONNECTED, sides=ALL)
    return replace(one, **changes)


NSP, OTHER, NAP, SCSP = (PartyId("FR", name) for name in ("NSP", "OTH", "NAP", "SCS"))
AWAY, DUMB = PartyId("IT", "AWY"), PartyId("IT", "DMB")
SECOND = PartyId("NO", "CPO")
CLIENTS = (
    client(CPO, Role.CPO),
    client(EMSP, Role.EMSP),
    client(SECOND, Role.CPO),
    client(NSP, Role.NSP),
    client(OTHER, Role.OTHER),
    client(NAP, Role.NAP),
    client(SCSP, Role.SCSP),
    client(AWAY, Role.EMSP, status=ClientStatus.OFFLINE),
    client(DUMB, Role.EMSP, sides=frozenset()),
)


def asked(by: PartyId, method: str, side: Any, path: str = "", to: PartyId | None = None, **changes: Any) -> Asked:
    module, interface = side
    one = Asked(
        method=method,
        module=module,
        interface=interface,
        segments=tuple(path.split("/")) if path else (),
        speaker=by,
        roles=frozenset(one.role for one in CLIENTS if one.party == by),
        connection_id=f"to {by}",
        to=to,
    )
    return replace(one, **changes)


def told(by: PartyId, module: Module) -> set[PartyId]:
    found = way(asked(by, "PUT", (module, RECEIVER), f"{by.country}/{by.party}/1", HUB), HUB, CLIENTS, ())
    assert isinstance(found, Broadcast)
    return {one.party for one in found.clients}


LOCATIONS, SESSIONS, TOKENS = Module.LOCATIONS, Module.SESSIONS, Module.TOKENS


def test_who_is_named_gets_it() -> None:
    """HUB-013: whatever the URL says besides."""
    put = asked(CPO, "PUT", (SESSIONS, RECEIVER), "SE/LAD/1", EMSP)
    assert way(put, HUB, CLIENTS, ()) == Forward(CLIENTS[1])


@pytest.mark.parametrize(
    ("to", "denied", "error"),
    [
        (PartyId("XX", "XXX"), (), UnknownReceiver),
        (AWAY, (), ReceiverNotConnected),
        (DUMB, (), CannotRoute),
        (SECOND, (), CannotRoute),
        (EMSP, (EMSP,), UnknownReceiver),
    ],
    ids=["unknown", "away", "without the module", "of the same side", "denied"],
)
def test_who_cannot_be_reached_is_refused_by_name(
    to: PartyId, denied: tuple[PartyId, ...], error: type[Exception]
) -> None:
    """HUB-021, HUB-023, HUB-024, HUB-053, HUB-054."""
    put = asked(CPO, "PUT", (SESSIONS, RECEIVER), "SE/LAD/1", to)
    with pytest.raises(error):
        way(put, HUB, CLIENTS, denied)


def test_a_broadcast_reaches_the_opposite_side_and_nobody_else() -> None:
    """HUB-026, HUB-030, HUB-031: who is away is told when it is back."""
    assert told(CPO, LOCATIONS) == {EMSP, NSP, OTHER, AWAY}
    assert told(EMSP, TOKENS) == {CPO, SECOND}
    assert told(OTHER, TOKENS) == {CPO, SECOND}
    assert told(SCSP, TOKENS) == set()


def test_one_platform_with_two_parties_is_told_for_each_and_not_by_itself() -> None:
    """HUB-028: TO is each receiving party."""
    both = (replace(CLIENTS[1], connection_id="one"), client(NSP, Role.NSP, connection_id="one"))
    twice = client(EMSP, Role.NSP, connection_id="one")
    put = asked(CPO, "PUT", (LOCATIONS, RECEIVER), "SE/LAD/1", HUB)
    found = way(put, HUB, (*both, twice), ())
    assert isinstance(found, Broadcast)
    assert sorted(str(one.party) for one in found.clients) == ["FR*NSP", "NL*TNM"]
    assert way(replace(put, connection_id="one"), HUB, both, ()) == Broadcast(())


@pytest.mark.parametrize(
    ("by", "method", "side", "path"),
    [
        (CPO, "PUT", (SESSIONS, RECEIVER), "SE/LAD/1"),
        (CPO, "POST", (Module.CDRS, RECEIVER), ""),
        (EMSP, "POST", (Module.COMMANDS, RECEIVER), "START_SESSION"),
        (CPO, "POST", (TOKENS, SENDER), "1/authorize"),
        (CPO, "GET", (LOCATIONS, RECEIVER), "SE/LAD/1"),
        (EMSP, "GET", (LOCATIONS, SENDER), "LOC1"),
    ],
)
def test_what_concerns_one_party_is_not_for_all(by: PartyId, method: str, side: Any, path: str) -> None:
    """HUB-033, HUB-034, HUB-036: Sessions, CDRs and questions; a GET of one thing is an Open Routing Request."""
    with pytest.raises(CannotRoute):
        way(asked(by, method, side, path, HUB), HUB, CLIENTS, ())


def test_a_list_is_asked_of_the_hub_or_of_one_party() -> None:
    """HUB-039, HUB-041: and never of nobody in particular."""
    get = asked(EMSP, "GET", (LOCATIONS, SENDER))
    assert way(replace(get, to=HUB), HUB, CLIENTS, ()) == Collect()
    assert way(replace(get, to=CPO), HUB, CLIENTS, ()) == Forward(CLIENTS[0])
    with pytest.raises(UnknownReceiver):
        way(get, HUB, CLIENTS, ())


def test_an_open_request_goes_to_whose_it_is() -> None:
    """HUB-037, HUB-040."""
    start = asked(EMSP, "POST", (Module.COMMANDS, RECEIVER), "START_SESSION")
    assert way(start, HUB, CLIENTS, (), owner=CPO) == Forward(CLIENTS[0])
    with pytest.raises(UnknownReceiver):
        way(start, HUB, CLIENTS, ())


def test_an_open_push_of_ones_own_is_told_to_all() -> None:
    """HUB-038: and an open GET of it is refused."""
    put = asked(CPO, "PUT", (LOCATIONS, RECEIVER), "SE/LAD/1")
    found = way(put, HUB, CLIENTS, (), owner=CPO)
    assert isinstance(found, Broadcast)
    assert len(found.clients) == 4
    with pytest.raises(UnknownReceiver):
        way(replace(put, method="GET"), HUB, CLIENTS, (), owner=CPO)


def test_nobody_calls_the_side_that_it_is_on_itself() -> None:
    """HUB-024: an eMSP owns no Locations."""
    with pytest.raises(CannotRoute):
        way(asked(EMSP, "PUT", (LOCATIONS, RECEIVER), "NL/TNM/1", HUB), HUB, CLIENTS, ())
    with pytest.raises(CannotRoute):
        way(asked(CPO, "GET", (LOCATIONS, SENDER), "", HUB), HUB, CLIENTS, ())


def test_who_has_no_headers_means_the_hub() -> None:
    """HUB-055: a partner of 2.1.1 sees one counterpart, and that is the hub."""
    get = asked(EMSP, "GET", (LOCATIONS, SENDER), headed=False)
    assert way(get, HUB, CLIENTS, ()) == Collect()
    kept = asked(CPO, "GET", (LOCATIONS, RECEIVER), "SE/LAD/1", headed=False)
    assert way(kept, HUB, CLIENTS, (), owner=CPO) == TellBack()
    put = asked(CPO, "PUT", (SESSIONS, RECEIVER), "SE/LAD/1", headed=False)
    assert way(put, HUB, CLIENTS, (), owner=EMSP) == Forward(CLIENTS[1])


def test_another_hub_speaks_for_both_sides() -> None:
    """HUB-014: what comes from it or goes to it keeps the parties at the ends."""
    hub = PartyId("ES", "HUB")
    clients = (*CLIENTS, client(hub, Role.HUB))
    put = asked(hub, "PUT", (SESSIONS, RECEIVER), "SE/LAD/1", EMSP, roles=frozenset({Role.HUB}))
    assert way(put, HUB, clients, ()) == Forward(CLIENTS[1])
