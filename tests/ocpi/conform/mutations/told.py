"""A CPO that keeps badly what it is told, and takes commands wrongly."""

from tests.ocpi.conform.spoiling import Said, caught_by


@caught_by("TRN-047")
def forgets_who_issued_a_token(said: Said) -> None:
    if said.method == "GET" and said.at("tokens", 3) and said.data:
        said.data["issuer"] = "Nobody"


@caught_by("TRN-041")
def patches_nothing(said: Said) -> None:
    if said.method == "GET" and said.at("tokens", 3) and said.data and said.data.get("valid") is False:
        said.data["valid"] = True


@caught_by("TRN-046")
def goes_back_in_time(said: Said) -> None:
    if said.method == "GET" and said.at("tokens", 3) and said.data:
        said.data["last_updated"] = "2016-01-01T00:00:00Z"


@caught_by("TRN-036")
def patches_without_a_date(said: Said) -> None:
    if said.method == "PATCH" and said.words and said.words["status_code"] == 2001:
        said.succeed()


@caught_by("TRN-043")
def makes_what_it_patches(said: Said) -> None:
    if said.method == "PATCH" and said.http == 404:
        said.succeed()


@caught_by("TRN-049")
def takes_anything_put(said: Said) -> None:
    if said.method == "PUT" and said.at("tokens", 3) and said.words and said.words["status_code"] == 2001:
        said.succeed()


@caught_by("TRN-026")
def never_creates(said: Said) -> None:
    if said.http == 201:
        said.http = 200


@caught_by("TOK-001")
def deletes_tokens(said: Said) -> None:
    if said.method == "DELETE" and said.at("tokens", 3):
        said.succeed()


@caught_by("CMD-006")
def names_no_timeout(said: Said) -> None:
    if said.at("commands", 1) and isinstance(said.data, dict):
        said.data.pop("timeout", None)


@caught_by("CMD-012")
def times_out_at_once(said: Said) -> None:
    if said.at("commands", 1) and isinstance(said.data, dict):
        said.data["result"] = "TIMEOUT"


@caught_by("CMD-019")
def starts_anywhere(said: Said) -> None:
    if said.at("commands", 1) and said.words and said.words["status_code"] == 2003:
        said.words |= {"status_code": 1000, "data": {"result": "ACCEPTED", "timeout": 30}}


@caught_by("CMD-021")
def stops_anything(said: Said) -> None:
    if said.at("commands", 1) and isinstance(said.data, dict) and said.data["result"] == "UNKNOWN_SESSION":
        said.data["result"] = "ACCEPTED"


@caught_by("CMD-003")
def reads_commands(said: Said) -> None:
    if said.at("commands", 1) and said.method == "GET":
        said.succeed()
