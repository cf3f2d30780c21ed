"""What a CPO answers and tells about a charge that we limit."""

from __future__ import annotations

from collections.abc import Iterator

from laddnav.ocpi.conform.checks.finding import Finding, found, shows
from laddnav.ocpi.conform.record import Exchange, Record

_TOLD = "their PUT chargingprofiles"


def asked(record: Record, method: str) -> Exchange | None:
    return record.last(f"chargingprofiles: {method} of a charge")


def result(record: Record, method: str) -> Exchange | None:
    return record.last(f"their result of {method}")


def _accepted(one: Exchange | None) -> bool:
    """Whether the direct answer, or the result, says so."""
    words = None if one is None else one.answer.data if one.ours else one.request.words
    return isinstance(words, dict) and words.get("result") == "ACCEPTED"


@shows("CHP-008", "CHP-009", "CHP-011")
def what_was_accepted_has_a_result_of_its_kind(record: Record) -> Iterator[Finding]:
    for method in ("GET", "PUT", "DELETE"):
        one, came = asked(record, method), result(record, method)
        if one is None or not one.answer.granted:
            continue
        wanted = _accepted(one)
        problem = "no result came" if came is None else "a result of what was not accepted"
        yield from found(("CHP-008",), one, None if (came is not None) is wanted else problem)
        if came is None:
            continue
        words = came.request.words if isinstance(came.request.words, dict) else {}
        astray = "profile" in words and method != "GET"
        yield from found(("CHP-009",), came, f"a profile in the result of {method}" if astray else None)
        if method == "GET" and _accepted(came):
            there = isinstance(words.get("profile"), dict)
            yield from found(("CHP-011",), came, None if there else "accepted, and no profile is told")


@shows("CHP-014", "CHP-015")
def what_limits_the_charge_is_told_to_whoever_has_limited_it(record: Record) -> Iterator[Finding]:
    set_, cleared = result(record, "PUT"), result(record, "DELETE")
    for one in record.of(_TOLD):
        early = set_ is None or not _accepted(set_) or one.number < set_.number
        yield from found(("CHP-015",), one, "told before a profile was set" if early else None)
    if set_ is not None and cleared is not None and _accepted(set_) and _accepted(cleared):
        told = [one for one in record.of(_TOLD) if one.number > set_.number]
        yield from found(("CHP-014",), cleared, None if told else "nothing was told when the limit was taken back")
