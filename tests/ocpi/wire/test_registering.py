"""The handshake's table: versions, endpoints, roles, and the steps of a registration in turn."""

from __future__ import annotations

import pytest

from laddnav.kit.ids import PartyId
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi.wire import handshake
from laddnav.ocpi.wire.handshake import (
    Credentials,
    CredentialsRole,
    Endpoint,
    EndpointsMissing,
    Interface,
    NoCommonVersion,
    NoCredentialsRoles,
    NotNow,
    OfferedVersion,
    State,
    Step,
    VersionDetails,
)
from laddnav.parties.model import Role


def test_the_newest_version_that_both_speak_is_chosen() -> None:
    """VER-019, VER-021, VER-022."""
    offered = [
        OfferedVersion(version=v, url=f"https://a.example/{v}") for v in ("2.1.1", "2.2.1", "2.2", "2.10.0", "9.9", "x")
    ]
    assert handshake.chosen(offered, ["2.1.1", "2.2.1"], None).version == "2.2.1"
    assert handshake.chosen(offered, ["2.2.1", "2.10.0"], None).version == "2.10.0"
    assert handshake.chosen(offered, ["2.1.1", "2.2.1"], "2.1.1").url == "https://a.example/2.1.1"
    for ours, wanted in ((["3.0"], None), (["2.2.1"], "2.1.1")):
        with pytest.raises(NoCommonVersion):
            handshake.chosen(offered, ours, wanted)


def test_endpoints_of_unknown_modules_are_left_alone() -> None:
    """VER-010, VER-029, CRED-021."""

    def at(identifier: str, role: Interface = Interface.SENDER) -> Endpoint:
        return Endpoint(identifier=identifier, role=role, url=f"https://a.example/{identifier}")

    everything = (at("credentials", Interface.RECEIVER), at("locations"), at("nltnm-tokens"), at("locations"))
    assert handshake.usable(VersionDetails(version="2.2.1", endpoints=everything)) == everything[:3]
    for missing in ((), (at("credentials"),), (at("locations"),), (at("credentials"), at("nltnm-tokens"))):
        with pytest.raises(EndpointsMissing):
            handshake.usable(VersionDetails(version="2.2.1", endpoints=missing))


def test_credentials_name_each_party_once_in_a_role() -> None:
    """CRED-030, CRED-031, CRED-032."""

    def role(role: Role, party: str) -> CredentialsRole:
        return CredentialsRole(role=role, party=PartyId.parse(party), business=BusinessDetails("x"))

    def said(*roles: CredentialsRole) -> Credentials:
        return Credentials(token="t", url="https://a.example", roles=roles)

    many = said(role(Role.CPO, "NL*TNM"), role(Role.EMSP, "NL*TNM"), role(Role.CPO, "NL*TN2"))
    assert handshake.sound(many) == many
    assert handshake.counterpart(many.roles, Role.CPO).role is Role.EMSP
    assert handshake.counterpart(many.roles, Role.EMSP).party == PartyId("NL", "TNM")
    for wrong in (said(), said(role(Role.CPO, "NL*TNM"), role(Role.CPO, "NL*TNM"))):
        with pytest.raises(NoCredentialsRoles):
            handshake.sound(wrong)


@pytest.mark.parametrize(
    ("state", "step"),
    [
        (State.CONNECTED, Step.THEY_POST),
        (State.INVITED, Step.THEY_PUT),
        (State.INVITED, Step.THEY_DELETE),
        (State.REMOVED, Step.THEY_POST),
        (State.SUSPENDED, Step.THEY_PUT),
    ],
)
def test_a_step_out_of_turn_is_refused(state: State, step: Step) -> None:
    """CRED-011, CRED-012, CRED-013."""
    with pytest.raises(NotNow):
        handshake.moved(state, step)


def test_a_registration_goes_through_its_states() -> None:
    """CRED-003, CRED-017, CRED-018."""
    assert handshake.moved(State.INVITED, Step.THEY_POST) is State.CONNECTED
    assert handshake.moved(State.CONNECTED, Step.THEY_PUT) is State.CONNECTED
    assert handshake.moved(State.CONNECTED, Step.THEY_DELETE) is State.REMOVED
    assert handshake.moved(State.REGISTERING, Step.THEY_ANSWER) is State.CONNECTED
