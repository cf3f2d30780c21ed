"""Answers whose envelope, status or headers are wrong."""

from tests.ocpi.conform.spoiling import Said, caught_by


@caught_by("TRN-015")
def forgets_the_timestamp(said: Said) -> None:
    if said.words:
        said.words.pop("timestamp", None)


@caught_by("TRN-018")
def says_its_own_time(said: Said) -> None:
    if said.words:
        said.words["timestamp"] = "2026-11-23T09:00:00+01:00"


@caught_by("TRN-015")
def quotes_the_status(said: Said) -> None:
    if said.words:
        said.words["status_code"] = str(said.words["status_code"])


@caught_by("TRN-015")
def sends_text(said: Said) -> None:
    said.headers["content-type"] = "text/plain"


@caught_by("TRN-015")
def sends_bare_data(said: Said) -> None:
    if said.data is not None:
        said.words = said.data


@caught_by("TRN-029")
def says_http_in_the_status(said: Said) -> None:
    if said.words and said.words["status_code"] == 1000:
        said.words["status_code"] = 200


@caught_by("TRN-031")
def has_a_status_of_its_own(said: Said) -> None:
    if said.words and said.words["status_code"] == 2000:
        said.words["status_code"] = 2900


@caught_by("TRN-028")
def refuses_without_an_envelope(said: Said) -> None:
    if said.http >= 400:
        said.say(b"Not Found")


@caught_by("TRN-083")
def forgets_the_request_id(said: Said) -> None:
    said.headers.pop("x-request-id", None)


@caught_by("TRN-084")
def makes_a_correlation_id(said: Said) -> None:
    said.headers["x-correlation-id"] = "another"


@caught_by("TRN-088")
def forgets_ids_of_refusals(said: Said) -> None:
    if said.http >= 400:
        said.headers.pop("x-request-id", None)


@caught_by("HUB-002")
def names_no_parties(said: Said) -> None:
    said.headers = {name: value for name, value in said.headers.items() if not name.startswith("ocpi-")}


@caught_by("HUB-007")
def names_parties_as_they_came(said: Said) -> None:
    said.headers |= {name: said.asked[name] for name in said.headers if name.startswith("ocpi-") and name in said.asked}


@caught_by("HUB-004")
def names_parties_everywhere(said: Said) -> None:
    for side in ("to", "from"):
        said.headers |= {f"ocpi-{side}-party-id": "LAD", f"ocpi-{side}-country-code": "SE"}


@caught_by("TRN-022")
def takes_no_json_for_a_parameter(said: Said) -> None:
    if said.http == 400:
        said.http = 200


@caught_by("TRN-023")
def says_400_for_a_parameter(said: Said) -> None:
    if said.words and said.words["status_code"] == 2001:
        said.http = 400


@caught_by("TRN-093")
def falls_over_a_parameter(said: Said) -> None:
    if said.words and said.words["status_code"] == 2001:
        said.refuse(500, 3000)


@caught_by("TRN-025")
def finds_nothing_and_says_yes(said: Said) -> None:
    if said.http == 404 and said.method == "GET":
        said.succeed()


@caught_by("TRN-016")
def unwraps_a_single_member(said: Said) -> None:
    if isinstance(said.data, list) and len(said.data) == 1:
        said.words["data"] = said.data[0]


@caught_by("TRN-017")
def has_no_empty_lists(said: Said) -> None:
    if said.data == []:
        said.refuse(404, 2000)


@caught_by("TRN-007")
def forbids_instead(said: Said) -> None:
    if said.http == 401:
        said.http = 403
