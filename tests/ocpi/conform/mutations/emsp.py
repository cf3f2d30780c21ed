"""An eMSP that keeps, answers or authorises wrongly."""

from laddnav.parties.model import Role
from tests.ocpi.conform.spoiling import Said, caught_by


@caught_by("VER-008", of=Role.EMSP)
def takes_itself_for_the_other_side(said: Said) -> None:
    if isinstance(said.data, dict) and "endpoints" in said.data:
        for one in said.data["endpoints"]:
            if one.get("identifier") == "commands":
                one["role"] = "RECEIVER"


@caught_by("CDR-008", of=Role.EMSP)
def does_not_say_where_a_cdr_is(said: Said) -> None:
    if said.method == "POST" and said.at("cdrs", 0):
        said.headers.pop("location", None)


@caught_by("CDR-003", of=Role.EMSP)
def changes_a_cdr(said: Said) -> None:
    if said.method == "GET" and "/cdrs/" in said.path and said.data:
        said.data["remark"] = "changed"


@caught_by("CDR-009", of=Role.EMSP)
def keeps_half_a_cdr(said: Said) -> None:
    if said.method == "GET" and "/cdrs/" in said.path and said.data:
        said.data["charging_periods"] = said.data["charging_periods"] * 2


@caught_by("TOK-040", of=Role.EMSP)
def knows_no_status_for_tokens(said: Said) -> None:
    if said.words and said.words["status_code"] == 2004:
        said.words["status_code"] = 2000


@caught_by("TOK-043", of=Role.EMSP)
def authorises_nobody_in_particular(said: Said) -> None:
    if said.path.endswith("/authorize") and said.data:
        said.data.pop("token", None)


@caught_by("TOK-045", of=Role.EMSP)
def allows_in_its_own_words(said: Said) -> None:
    if said.path.endswith("/authorize") and said.data:
        said.data["allowed"] = "YES"


@caught_by("TOK-046", of=Role.EMSP)
def names_a_place_that_nobody_named(said: Said) -> None:
    if said.path.endswith("/authorize") and said.data:
        said.data.setdefault("location", {"location_id": "LOC1"})


@caught_by("TOK-014", of=Role.EMSP)
def issues_tokens_without_a_contract(said: Said) -> None:
    for one in said.listed("tokens"):
        one.pop("contract_id", None)


@caught_by("TOK-024", of=Role.EMSP)
def has_tokens_of_another_type(said: Said) -> None:
    for one in said.listed("tokens"):
        one["type"] = "EMAID"


@caught_by("LOC-016", of=Role.EMSP)
def leaves_the_parent_behind(said: Said) -> None:
    if said.method == "GET" and said.at("locations", 3) and said.data:
        said.data["last_updated"] = "2026-11-23T08:00:01Z"


@caught_by("LOC-014", of=Role.EMSP)
def keeps_evses_of_no_location(said: Said) -> None:
    if said.http == 404 and said.method == "PUT" and said.at("locations", 4):
        said.succeed()


@caught_by("SES-011", of=Role.EMSP)
def replaces_periods(said: Said) -> None:
    if said.method == "GET" and said.at("sessions", 3) and said.data:
        said.data["charging_periods"] = (said.data.get("charging_periods") or [])[-1:]


@caught_by("SES-009", of=Role.EMSP)
def keeps_periods(said: Said) -> None:
    if said.method == "GET" and said.at("sessions", 3) and said.data and not said.data.get("charging_periods"):
        said.data["charging_periods"] = [{"start_date_time": "2026-11-23T08:00:00Z", "dimensions": []}]


@caught_by("TAR-002", of=Role.EMSP)
def does_not_delete_tariffs(said: Said) -> None:
    if said.method == "DELETE" and said.at("tariffs", 3):
        said.refuse(405, 2000)


@caught_by("TAR-004", of=Role.EMSP)
def patches_tariffs(said: Said) -> None:
    if said.method == "PATCH" and said.at("tariffs", 3):
        said.succeed()
