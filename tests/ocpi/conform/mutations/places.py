"""A navigation service, an access point and whoever else there is, that keep places badly."""

from laddnav.parties.model import Role
from tests.ocpi.conform.spoiling import Said, caught_by


@caught_by("LOC-009", of=Role.NSP)
def hears_of_no_place(said: Said) -> None:
    if said.method == "PUT" and said.at("locations", 3):
        said.refuse(405, 2000)


@caught_by("TAR-002", of=Role.NSP)
def keeps_prices_for_ever(said: Said) -> None:
    if said.method == "DELETE" and said.at("tariffs", 3):
        said.refuse(405, 2000)


@caught_by("LOC-012", of=Role.NAP)
def moves_places(said: Said) -> None:
    if said.method == "GET" and said.at("locations", 3) and said.data:
        said.data["city"] = "Elsewhere"


@caught_by("LOC-001", of=Role.NAP)
def tells_nothing_on(said: Said) -> None:
    if said.method == "GET" and "/sender/" in said.path and said.at("locations", 0):
        said.refuse(404, 2000)


@caught_by("LOC-054", of=Role.NAP)
def tells_on_places_without_a_status(said: Said) -> None:
    for one in said.listed("locations"):
        for evse in one["evses"]:
            evse.pop("status")


@caught_by("HCI-004", of=Role.OTHER)
def lets_anybody_forget_clients(said: Said) -> None:
    if said.method == "DELETE" and said.at("hubclientinfo", 2):
        said.succeed()


@caught_by("VER-011", of=Role.OTHER)
def cannot_be_registered_with(said: Said) -> None:
    if isinstance(said.data, dict) and "endpoints" in said.data:
        said.data["endpoints"] = [one for one in said.data["endpoints"] if one["identifier"] != "credentials"]
