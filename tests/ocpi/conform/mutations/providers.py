"""Providers of terminals and of smart charging that take nothing, or something else than what they are told."""

from laddnav.parties.model import Role
from tests.ocpi.conform.spoiling import Said, caught_by

AT_2_3_0 = "2.3.0"


@caught_by("PAY-003", of=Role.PTP, version=AT_2_3_0)
def has_every_terminal(said: Said) -> None:
    if said.method == "GET" and said.at("terminals", 1) and said.http == 404:
        said.succeed()


@caught_by("PAY-002", of=Role.PTP, version=AT_2_3_0)
def lists_no_terminals(said: Said) -> None:
    if said.method == "GET" and said.at("terminals", 0):
        said.refuse(404, 2000)


@caught_by("PAY-004", of=Role.PTP, version=AT_2_3_0)
def forgets_where_a_terminal_is(said: Said) -> None:
    if said.method == "GET" and said.at("terminals", 1) and said.data:
        said.data.pop("location_ids", None)


@caught_by("PAY-007", of=Role.PTP, version=AT_2_3_0)
def resets_what_a_put_leaves_out(said: Said) -> None:
    if said.method == "GET" and said.at("terminals", 1) and said.data and "customer_reference" in said.data:
        said.data.pop("location_ids", None)


@caught_by("PAY-006", of=Role.PTP, version=AT_2_3_0)
def keeps_its_own_name_for_a_terminal(said: Said) -> None:
    if said.method == "GET" and said.at("terminals", 1) and said.data:
        said.data["customer_reference"] = "mine"


@caught_by("PAY-010", of=Role.PTP, version=AT_2_3_0)
def gives_up_no_terminal(said: Said) -> None:
    if said.path.endswith("/deactivate"):
        said.refuse(405, 2000)


@caught_by("PAY-011", of=Role.PTP, version=AT_2_3_0)
def has_every_capture(said: Said) -> None:
    if said.at("financial-advice-confirmations", 1) and said.http == 404:
        said.succeed()


@caught_by("PAY-031", of=Role.PTP, version=AT_2_3_0)
def captures_without_a_price(said: Said) -> None:
    for one in said.listed("financial-advice-confirmations"):
        one.pop("total_costs")


@caught_by("CHP-012", of=Role.SCSP)
def has_something_to_say_to_a_result(said: Said) -> None:
    if said.method == "POST" and "/chargingprofiles/" in said.path and isinstance(said.words, dict):
        said.words["data"] = {"thanks": True}


@caught_by("CHP-013", of=Role.SCSP)
def does_not_hear_what_limits_a_charge(said: Said) -> None:
    if said.method == "PUT" and said.at("chargingprofiles", 1):
        said.refuse(405, 2000)


@caught_by("SES-011", of=Role.SCSP)
def replaces_periods_of_others(said: Said) -> None:
    if said.method == "GET" and said.at("sessions", 3) and said.data:
        said.data["charging_periods"] = (said.data.get("charging_periods") or [])[-1:]


@caught_by("SES-053", of=Role.SCSP)
def hears_of_no_charge(said: Said) -> None:
    if said.method == "PUT" and said.at("sessions", 3):
        said.refuse(405, 2000)
