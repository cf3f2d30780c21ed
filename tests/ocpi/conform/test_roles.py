"""Whom the tester plays towards whom, and what somebody seems to be who offers this or that."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from laddnav.ocpi.conform.by_hand import advice
from laddnav.ocpi.conform.catalogue import catalogue
from laddnav.ocpi.conform.record import Record
from laddnav.ocpi.conform.roles import OFFERED, TESTED_AS, UnknownRole, cast, other, seeming
from laddnav.ocpi.conform.run import NoClient, behind_a_hub
from laddnav.ocpi.sides import OFFERED as OURS
from laddnav.ocpi.sides import details
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role


def record(role: str, our_role: str = "CPO") -> Record:
    return Record(version="2.2.1", our_role=our_role, their_role=role, versions_url="https://peer.example/versions")


@pytest.mark.parametrize("role", Role)
def test_what_we_offer_in_a_role_seems_to_be_of_that_role(role: Role) -> None:
    offered = details([(role, OURS[role])], VERSIONS["2.3.0"], "https://lad.example/ocpi").endpoints
    assert seeming((one.identifier, one.role) for one in offered) == role


def test_every_role_of_ocpi_can_be_tested_as_somebody_whom_the_tester_plays() -> None:
    assert set(TESTED_AS) == {*Role} == set(OURS)
    assert {role for those in TESTED_AS.values() for role in those} <= set(OFFERED)


def test_who_is_played_follows_from_who_is_tested() -> None:
    assert cast(None, "HUB") == ("CPO", "HUB")
    assert cast("NSP", "NAP") == ("NSP", "NAP")
    assert cast("EMSP", None) == ("EMSP", None)
    assert (cast("HUB", None), cast("HUB", "CPO"), cast("PTP", "CPO")) == (
        (None, None),
        ("EMSP", "CPO"),
        ("PTP", "CPO"),
    )
    assert (other("CPO", "HUB"), other("EMSP", "HUB"), other("CPO", "NSP")) == ("EMSP", "CPO", None)


@pytest.mark.parametrize(
    ("our_role", "their_role", "says"),
    [
        ("OTHER", None, "'OTHER' is none of EMSP, CPO, NSP, PTP, SCSP, HUB, the roles that the tester plays"),
        ("HUB", "HUB", "'HUB' is none of CPO, EMSP, as which the tester tests a HUB"),
        (None, "BANK", "'BANK' is none of CPO, EMSP, HUB"),
        ("EMSP", "NSP", "'EMSP' is none of CPO, as which the tester tests a NSP"),
    ],
)
def test_who_cannot_be_played_is_refused(our_role: str | None, their_role: str | None, says: str) -> None:
    with pytest.raises(UnknownRole, match=says):
        cast(our_role, their_role)


def test_there_is_no_hub_in_2_1_1_and_none_behind_another() -> None:
    for client, version in (("CPO", "2.1.1"), ("HUB", "2.2.1")):
        routes = version != "2.1.1"
        with pytest.raises(NoClient, match=f"A {client} that speaks OCPI {version}"):
            behind_a_hub(replace(record(client), hub="NL*LNH", version=version, routes=routes))
    behind_a_hub(replace(record("CPO", "EMSP"), hub="NL*LNH"))


def test_what_was_not_seen_says_what_a_person_can_do() -> None:
    def said(id: str, kept: Record) -> str:
        return advice(catalogue()[id], kept) or ""

    assert "--second-token" in said("HUB-013", record("HUB"))
    assert "off the net" in said("HUB-022", record("HUB"))
    assert "limit the charge" in said("CHP-036", record("SCSP"))
    assert "captured" in said("PAY-026", record("PTP"))
    assert "--evse" in said("CMD-009", record("CPO", "EMSP"))
    assert said("TAR-001", record("EMSP")) == ""
