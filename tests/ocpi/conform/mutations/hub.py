"""A hub that sends things astray, answers for others, and forgets who is behind it."""

from laddnav.parties.model import Role
from tests.ocpi.conform.spoiling import Said, caught_by


def status(said: Said) -> int:
    return int(said.words["status_code"]) if isinstance(said.words, dict) else 0


@caught_by("HUB-021", of=Role.HUB)
def knows_everybody(said: Said) -> None:
    if status(said) == 4001:
        said.succeed()


@caught_by("HUB-025", of=Role.HUB)
def says_by_http_that_nobody_is_there(said: Said) -> None:
    if status(said) == 4001:
        said.http = 404


@caught_by("HUB-023", of=Role.HUB)
def forgets_whoever_left(said: Said) -> None:
    if status(said) == 4003:
        said.words["status_code"] = 4001


@caught_by("HUB-039", of=Role.HUB)
def lists_for_nobody_in_particular(said: Said) -> None:
    if said.method == "GET" and "ocpi-to-party-id" not in said.asked and status(said) == 4001:
        said.succeed()


@caught_by("HUB-033", of=Role.HUB)
def asks_all_receivers(said: Said) -> None:
    if said.method == "GET" and "/receiver/" in said.path and status(said) == 4000:
        said.succeed()


@caught_by("HUB-013", of=Role.HUB)
def answers_in_its_own_name(said: Said) -> None:
    for name in said.headers:
        if name == "ocpi-from-party-id":
            said.headers[name] = "HUB"


@caught_by("HUB-018", of=Role.HUB)
def shows_the_request_id_of_the_way(said: Said) -> None:
    if "x-request-id" in said.headers:
        said.headers["x-request-id"] = "of-the-way"


@caught_by("HUB-019", of=Role.HUB)
def dates_what_it_passes_on(said: Said) -> None:
    if said.method == "GET" and said.at("sessions", 3) and isinstance(said.data, dict):
        said.data["last_updated"] = "2026-01-01T00:00:00Z"


@caught_by("HUB-020", of=Role.HUB)
def refuses_in_its_own_words(said: Said) -> None:
    if said.at("sessions", 3) and status(said) == 2003:
        said.words["status_code"] = 4000


@caught_by("HUB-045", of=Role.HUB)
def leads_past_itself(said: Said) -> None:
    if said.method == "POST" and said.at("cdrs", 0):
        said.headers["location"] = "http://somewhere.example/cdrs/1"


@caught_by("HUB-045", of=Role.HUB)
def leads_to_nothing(said: Said) -> None:
    if "/via/" in said.path:
        said.refuse(404, 2003)


@caught_by("HUB-042", of=Role.HUB)
def owns_everything(said: Said) -> None:
    for one in said.listed("tokens"):
        one.pop("party_id", None)


@caught_by("HUB-048", of=Role.HUB)
def plays_every_role(said: Said) -> None:
    if said.path.endswith("/credentials") and isinstance(said.data, dict):
        said.data["roles"].append(said.data["roles"][0] | {"role": "CPO"})


@caught_by("HCI-007", of=Role.HUB)
def says_of_clients_what_it_likes(said: Said) -> None:
    for one in said.listed("hubclientinfo"):
        one["status"] = "ONLINE"


@caught_by("HCI-008", of=Role.HUB)
def takes_whoever_left_off_the_list(said: Said) -> None:
    for one in said.listed("hubclientinfo"):
        if one["status"] == "SUSPENDED":
            said.data.remove(one)


@caught_by("HUB-027", of=Role.HUB)
def answers_for_all_who_are_told(said: Said) -> None:
    if said.method == "PUT" and said.at("locations", 3):
        said.headers["ocpi-from-party-id"] = "LN2"


@caught_by("HUB-041", of=Role.HUB)
def lists_in_the_name_of_another(said: Said) -> None:
    if said.listed("tokens"):
        said.headers["ocpi-from-party-id"] = "LN2"


@caught_by("HUB-043", of=Role.HUB)
def does_not_count_what_it_collected(said: Said) -> None:
    if said.listed("tokens"):
        said.headers.pop("x-total-count", None)


@caught_by("HCI-005", of=Role.HUB)
def takes_clients_from_anybody(said: Said) -> None:
    if said.http == 405 and said.at("hubclientinfo", 0):
        said.succeed()
