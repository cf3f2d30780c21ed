"""A CPO that lets its charges be limited wrongly, and clients of a hub that answer somebody else."""

from laddnav.parties.model import Role
from tests.ocpi.conform.spoiling import Said, caught_by


@caught_by("CHP-006", tested_as="SCSP")
def names_no_timeout_for_a_limit(said: Said) -> None:
    if said.at("chargingprofiles", 1) and isinstance(said.data, dict):
        said.data.pop("timeout", None)


@caught_by("CHP-003", tested_as="SCSP")
def lets_no_charge_be_limited(said: Said) -> None:
    if said.method == "PUT" and said.at("chargingprofiles", 1):
        said.refuse(405, 2000)


@caught_by("CHP-008", tested_as="SCSP")
def tells_results_of_what_it_refused(said: Said) -> None:
    if said.at("chargingprofiles", 1) and isinstance(said.data, dict):
        said.data["result"] = "REJECTED"


@caught_by("HUB-029", version="2.3.0", tested_as="HUB")
def answers_the_owner_and_not_the_hub(said: Said) -> None:
    if said.headers.get("ocpi-to-party-id") == "LNH":
        said.headers["ocpi-to-party-id"] = "LNC"


@caught_by("HCI-003", version="2.3.0", tested_as="HUB")
def mixes_up_who_is_there(said: Said) -> None:
    if said.method == "GET" and said.at("hubclientinfo", 2) and isinstance(said.data, dict):
        said.data["status"] = "OFFLINE"


@caught_by("HCI-003", of=Role.EMSP, tested_as="HUB")
def hears_of_no_clients(said: Said) -> None:
    if said.method == "PUT" and said.at("hubclientinfo", 2):
        said.refuse(405, 2000)
