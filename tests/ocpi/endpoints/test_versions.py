"""What we list of our versions and modules, and how what others list is read."""

from __future__ import annotations

import pytest

from laddnav.ocpi.sides import OFFERED, details
from laddnav.ocpi.wire import handshake
from laddnav.ocpi.wire.envelope import StatusCode
from laddnav.ocpi.wire.handshake import Endpoint, Interface, Module, VersionDetails
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, befriended, installed, stranger

OF_ALL = {"cdrs", "commands", "credentials", "locations", "sessions", "tariffs", "tokens"}
OF_2_2_1 = OF_ALL | {"chargingprofiles", "hubclientinfo"}
LISTED = {
    "2.1.1": OF_ALL,
    "2.2.1": OF_2_2_1,
    "2.3.0": OF_2_2_1 | {"bookings", "invoicereconciliation", "payments"},
}


@pytest.mark.parametrize("number", VERSIONS)
def test_every_module_that_we_list_is_one_of_the_texts(number: str) -> None:
    """VER-014, VER-017, VER-018: none is of our own making, and each stands under the name that its chapter has."""
    version = VERSIONS[number]
    listed = [details([each], version, "https://example.com/ocpi") for each in OFFERED.items()]
    assert {one.identifier for some in listed for one in some.endpoints} <= LISTED[number]
    assert {module.offered_as for module in version.modules} | {Module.CREDENTIALS} == LISTED[number]


@pytest.mark.parametrize(
    ("theirs", "place"), [(None, "locations"), (Role.CPO, "locations"), (Role.NSP, "sender/locations")]
)
def test_where_a_version_names_no_sides_an_access_point_shows_the_one_that_is_meant(
    theirs: Role | None, place: str
) -> None:
    """VER-006, VER-027: who tells it of places finds where to, and who asks for them where they are."""
    offers = [(Role.NAP, OFFERED[Role.NAP])]
    said = details(offers, VERSIONS["2.1.1"], "https://we.example/ocpi", theirs)
    urls = [one.url for one in said.endpoints if one.identifier == Module.LOCATIONS]
    assert urls == [f"https://we.example/ocpi/nap/2.1.1/{place}"]


def test_a_payment_terminal_provider_hears_of_charges_and_gives_commands() -> None:
    """VER-028: as its typical role is; what its terminals are, it says itself."""
    heard, said = Interface.RECEIVER, Interface.SENDER
    typical = {(module, heard) for module in (Module.CDRS, Module.LOCATIONS, Module.SESSIONS, Module.TARIFFS)}
    typical |= {(Module.COMMANDS, said), (Module.TERMINALS, said), (Module.CONFIRMATIONS, said)}
    assert typical <= set(OFFERED[Role.PTP])


@pytest.mark.parametrize(
    ("said", "meant"),
    [("Booking", "bookings"), ("BOOKINGS", "bookings"), ("Locations", "locations"), ("nltnm-Weather", "nltnm-Weather")],
)
def test_a_module_is_known_however_it_is_spelt(said: str, meant: str) -> None:
    """VER-015: and what is none of the text's stays as it is."""
    endpoints = tuple(
        Endpoint(identifier=name, role=Interface.SENDER, url="https://example.com/1")
        for name in ("credentials", "tariffs", said)
    )
    found = handshake.usable(VersionDetails(version="2.3.0", endpoints=endpoints))
    assert [one.identifier for one in found] == ["credentials", "tariffs", meant]


async def test_the_list_of_versions_is_one_statement_and_changes_nothing(database_url: str, clock: SetClock) -> None:
    """VER-025: hubs ask it all day to see whether we are alive."""
    statements: list[str] = []
    async with installed(database_url, clock, CPO, Role.CPO, statements=statements) as cpo:
        async with stranger(await befriended(cpo, EMSP, Role.EMSP)) as ask:
            await ask("GET", cpo.settings.versions_url)  # when a partner was last heard is kept to the minute
            await cpo.clients.journal.flush()
            statements.clear()
            assert (await ask("GET", cpo.settings.versions_url)).both == (200, 1000)
    (only,) = [one.strip() for one in statements if one not in ("begin", "commit", "rollback")]
    assert only.startswith(("select", "with write_0 as (select")) and not {"insert", "update", "delete"} & set(
        only.split()
    )


def test_no_status_of_ours_is_of_our_own_making() -> None:
    """TRN-031: the last hundred of each thousand is for whoever adds a module."""
    assert not [code for code in StatusCode if code % 1000 >= 900]
