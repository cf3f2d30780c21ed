"""Lists that count, page or filter wrongly."""

import re

from tests.ocpi.conform.spoiling import Said, caught_by


@caught_by("TRN-073")
def does_not_count(said: Said) -> None:
    said.headers.pop("x-total-count", None)


@caught_by("TRN-073")
def counts_the_page(said: Said) -> None:
    if "x-total-count" in said.headers and isinstance(said.data, list):
        said.headers["x-total-count"] = str(len(said.data))


@caught_by("TRN-074")
def has_no_limit(said: Said) -> None:
    said.headers.pop("x-limit", None)


@caught_by("TRN-074")
def repeats_the_limit_that_was_asked_for(said: Said) -> None:
    if "x-limit" in said.headers and said.query.get("limit") == "1":
        said.headers["x-limit"] = "1"


@caught_by("TRN-070")
def leads_nowhere(said: Said) -> None:
    said.headers.pop("link", None)


@caught_by("TRN-071")
def never_ends(said: Said) -> None:
    if "x-total-count" in said.headers and "link" not in said.headers:
        said.headers["link"] = f'<http://127.0.0.1{said.path}?offset={said.headers["x-total-count"]}>; rel="next"'


@caught_by("TRN-072")
def forgets_the_filter(said: Said) -> None:
    if "link" in said.headers:
        said.headers["link"] = re.sub(r"date_from=[^&]*&", "", said.headers["link"])


@caught_by("TRN-068")
def skips_one(said: Said) -> None:
    if "link" in said.headers:
        ahead = re.sub(r"offset=(\d+)", lambda found: f"offset={int(found[1]) + 1}", said.headers["link"])
        said.headers["link"] = ahead


@caught_by("TRN-062")
def ignores_the_limit(said: Said) -> None:
    if isinstance(said.data, list) and said.query.get("limit") == "1":
        said.words["data"] = said.data * 2


@caught_by("TRN-065")
def begins_after_date_from(said: Said) -> None:
    if isinstance(said.data, list) and "date_from" in said.query:
        said.words["data"] = [one for one in said.data if one["last_updated"] != said.query["date_from"]]


@caught_by("TRN-066")
def ends_with_date_to(said: Said) -> None:
    if isinstance(said.data, list) and said.data and "date_to" in said.query:
        said.data.append(said.data[-1] | {"last_updated": said.query["date_to"]})


@caught_by("TRN-063")
def ignores_date_from(said: Said) -> None:
    if isinstance(said.data, list) and said.data and "date_from" in said.query:
        said.data.append(said.data[-1] | {"last_updated": "1999-12-31T23:59:59Z"})


@caught_by("TRN-063")
def loses_an_object(said: Said) -> None:
    if isinstance(said.data, list) and "date_from" in said.query and "limit" not in said.query:
        said.words["data"] = said.data[1:]


@caught_by("TRN-081")
def reads_any_offset(said: Said) -> None:
    if said.query.get("offset") == "some":
        said.succeed()


@caught_by("TRN-077")
def turns_the_order_round(said: Said) -> None:
    if isinstance(said.data, list) and "limit" not in said.query:
        said.data.reverse()


@caught_by("SES-004")
def needs_no_date(said: Said) -> None:
    if said.at("sessions", 0) and not said.query:
        said.succeed()
