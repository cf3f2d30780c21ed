"""Versions that are shown wrongly, and tokens that open too much or too little."""

from urllib.parse import urlsplit

from tests.ocpi.conform.spoiling import Said, caught_by


@caught_by("VER-001")
def lists_versions_without_urls(said: Said) -> None:
    if said.path.endswith("/versions") and said.data:
        said.data[0].pop("url")


@caught_by("VER-002")
def shows_details_of_another_version(said: Said) -> None:
    if isinstance(said.data, dict) and "endpoints" in said.data:
        said.data["version"] = "2.2"


@caught_by("VER-004")
def has_relative_urls(said: Said) -> None:
    if isinstance(said.data, dict) and "endpoints" in said.data:
        for one in said.data["endpoints"]:
            one["url"] = urlsplit(one["url"]).path


@caught_by("VER-007")
def forgets_the_interface(said: Said) -> None:
    if isinstance(said.data, dict) and "endpoints" in said.data:
        said.data["endpoints"][-1].pop("role", None)


@caught_by("VER-023")
def takes_a_post_at_versions(said: Said) -> None:
    if said.path.endswith("/versions") and said.method == "POST":
        said.succeed()


@caught_by("VER-005")
def shows_versions_to_anybody(said: Said) -> None:
    if said.path.endswith("/versions") and said.http == 401:
        said.succeed()


@caught_by("CRED-008")
def shows_modules_to_token_a(said: Said) -> None:
    if said.http == 401 and "/cpo/" in said.path:
        said.succeed()


@caught_by("CRED-007")
def lets_token_a_in_for_ever(said: Said) -> None:
    if said.http == 401 and said.path.endswith("/credentials"):
        said.succeed()


@caught_by("CRED-011")
def registers_twice(said: Said) -> None:
    if said.http == 405 and said.path.endswith("/credentials") and said.method == "POST":
        said.succeed()


@caught_by("CRED-012")
def updates_whom_it_does_not_know(said: Said) -> None:
    if said.http == 405 and said.path.endswith("/credentials") and said.method == "PUT":
        said.succeed()


@caught_by("CRED-016")
def lets_old_tokens_in(said: Said) -> None:
    if said.http == 401 and said.path.endswith("/versions"):
        said.succeed()


@caught_by("CRED-020")
def does_not_look_back(said: Said) -> None:
    if said.words and said.words["status_code"] == 3001:
        said.words["status_code"] = 2000


@caught_by("CRED-025")
def makes_long_tokens(said: Said) -> None:
    if isinstance(said.data, dict) and "token" in said.data and said.path.endswith("/credentials"):
        said.data["token"] = "t" * 65


@caught_by("CRED-029")
def plays_no_role(said: Said) -> None:
    if isinstance(said.data, dict) and "roles" in said.data:
        said.data["roles"] = []


@caught_by("CRED-030")
def plays_a_role_twice(said: Said) -> None:
    if isinstance(said.data, dict) and "roles" in said.data:
        said.data["roles"] *= 2


@caught_by("CRED-033")
def is_of_a_long_country(said: Said) -> None:
    if isinstance(said.data, dict) and "roles" in said.data:
        said.data["roles"][0]["country_code"] = "SWE"


@caught_by("CRED-002")
def forgets_which_token_it_gave(said: Said) -> None:
    if said.method == "GET" and said.path.endswith("/credentials") and said.data:
        said.data["token"] = "another-token"


@caught_by("CRED-027")
def leads_to_details(said: Said) -> None:
    if said.method == "GET" and said.path.endswith("/credentials") and said.data:
        said.data["url"] = said.data["url"].replace("versions", "2.2.1")
