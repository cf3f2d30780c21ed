"""What a provider of payment terminals tells of itself: terminals, charges that it starts, and what it captured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from laddnav.ocpi.conform.checks.finding import Finding, found, shows
from laddnav.ocpi.conform.record import Exchange, Record

_TERMINAL, _CAPTURE, _START = "their POST of a terminal", "their POST of a capture", "their command START_SESSION"


def _words(one: Exchange | None) -> dict[str, Any]:
    words = one.request.words if one is not None else None
    return words if isinstance(words, dict) else {}


@shows("PAY-001", "PAY-016", "PAY-036")
def terminals_and_captures_come_where_they_belong(record: Record) -> Iterator[Finding]:
    for one in record.theirs if record.our_role != "PTP" else ():
        if one.module == "payments":
            astray = one.step not in (_TERMINAL, _CAPTURE) and one.request.method != "GET"
            problem = f"{one.summary} is nothing of a CPO" if astray else None
            yield from found(("PAY-001", "PAY-016"), one, problem)


@shows("PAY-008", "PAY-009")
def an_activated_terminal_is_made_known(record: Record) -> Iterator[Finding]:
    asked = record.last("payments: activation of a terminal")
    if asked is None or not asked.answer.granted:
        return
    reference = _words(asked).get("reference")
    made = [one for one in record.of(_TERMINAL) if one.number > asked.number]
    linked = [one for one in made if _words(one).get("reference") == reference]
    yield from found(("PAY-009",), asked, None if made else "no terminal was posted after its activation")
    if made:
        known = linked or [one for one in made if set(_words(one)) == {"terminal_id"}]
        yield from found(("PAY-008",), made[0], None if known else f"none of them has the reference {reference!r}")


@shows("PAY-014")
def its_place_is_for_the_cpo_to_say(record: Record) -> Iterator[Finding]:
    for one in record.of(_TERMINAL):
        assigned = record.last("payments: PATCH of what a terminal serves")
        if assigned is None or one.number < assigned.number:
            placed = _words(one).get("location_ids")
            yield from found(("PAY-014",), one, "location_ids before anybody assigned it" if placed else None)


@shows("PAY-004", "PAY-006", "PAY-007")
def what_the_cpo_says_of_a_terminal_is_kept(record: Record) -> Iterator[Finding]:
    after_patch = record.last("payments: GET after PATCH of what a terminal serves")
    after_put = record.last("payments: GET after PUT of how a terminal is known")
    patched = _words(record.last("payments: PATCH of what a terminal serves"))
    put = _words(record.last("payments: PUT of how a terminal is known"))
    for id, one, said in (
        ("PAY-004", after_patch, patched),
        ("PAY-006", after_put, put),
        ("PAY-007", after_put, patched),
    ):
        data = one.answer.data if one is not None and one.answer.granted else None
        if one is not None and isinstance(data, dict):
            lost = [name for name, value in said.items() if data.get(name) != value]
            yield from found((id,), one, f"{lost[0]} is not what was said" if lost else None)


@shows("CMD-048", "PAY-025")
def a_charge_is_started_under_a_reference(record: Record) -> Iterator[Finding]:
    for one in record.of(_START) if record.their_role == "PTP" else ():
        reference = _words(one).get("authorization_reference")
        yield from found(("CMD-048", "PAY-025"), one, None if reference else "authorization_reference is missing")


@shows("PAY-026", "PAY-029")
def what_was_captured_names_its_charge(record: Record) -> Iterator[Finding]:
    billed = record.last("cdrs: POST of a charge that is paid")
    if billed is None or not billed.answer.granted:
        return
    reference = _words(billed).get("authorization_reference")
    after = [one for one in record.of(_CAPTURE) if one.number > billed.number]
    yield from found(("PAY-029",), billed, None if after else "no confirmation came of what was captured")
    for one in after:
        same = _words(one).get("authorization_reference") == reference
        yield from found(("PAY-026",), one, None if same else f"authorization_reference is not {reference!r}")
