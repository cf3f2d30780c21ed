"""Who may do what, and how failed sign-ins slow the next one down."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate, count, pairwise, takewhile

import pytest

from laddnav.kit.ids import PartyId
from laddnav.people.model import Role, Visit, Visitor
from laddnav.people.rules import (
    EVERYWHERE_FREE,
    FREE_FAILURES,
    WAIT_MAX,
    ForgedRequest,
    NotAllowed,
    NotAName,
    PasswordTooLong,
    PasswordTooShort,
    allows,
    check_csrf,
    checked_name,
    checked_password,
    neighbourhood,
    require,
    sees,
    wait_after,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def visitor(role: Role, holder: PartyId | None = None, csrf: str | None = None) -> Visitor:
    visit = csrf and Visit(id="v", account_id="a", csrf=csrf, device="", started_at=NOON, seen_at=NOON, expires_at=NOON)
    return Visitor(id="a", name="Ada", role=role, holder=holder, language="en", visit=visit or None)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.FLEET, {Role.FLEET}),
        (Role.DRIVER, {Role.DRIVER}),
        (Role.VIEWER, {Role.FLEET, Role.VIEWER}),
        (Role.SUPPORT, {Role.FLEET, Role.VIEWER, Role.SUPPORT}),
        (Role.FINANCE, {Role.FLEET, Role.VIEWER, Role.FINANCE}),
        (Role.OPERATOR, {Role.FLEET, Role.VIEWER, Role.SUPPORT, Role.OPERATOR}),
        (Role.ADMIN, set(Role) - {Role.DRIVER}),
    ],
)
def test_each_role_opens_its_own_doors_and_those_of_less(role: Role, may: set[Role]) -> None:
    assert {needed for needed in Role if allows(visitor(role), needed)} == may


def test_nobody_is_allowed_nothing() -> None:
    assert not allows(None, Role.VIEWER)
    with pytest.raises(NotAllowed, match="needs the role viewer, support, finance, operator or admin"):
        require(None, Role.VIEWER)


def test_a_key_of_one_party_sees_only_what_that_party_holds() -> None:
    ours, theirs = PartyId("SE", "LAD"), PartyId("NL", "TNM")
    assert sees(visitor(Role.ADMIN, holder=ours), ours)
    assert not sees(visitor(Role.ADMIN, holder=ours), theirs)
    assert sees(visitor(Role.VIEWER), theirs)


def test_a_form_carries_the_token_of_its_visit() -> None:
    check_csrf(visitor(Role.ADMIN, csrf="right"), "right")
    for token in ("wrong", "", None):
        with pytest.raises(ForgedRequest):
            check_csrf(visitor(Role.ADMIN, csrf="right"), token)


def test_a_program_with_a_key_needs_no_form_token() -> None:
    check_csrf(visitor(Role.ADMIN), None)


def test_the_first_failures_are_free_and_then_each_doubles_the_wait_up_to_a_minute() -> None:
    assert not any(wait_after(failures) for failures in range(FREE_FAILURES + 1))
    waits = [wait_after(failures) for failures in range(FREE_FAILURES + 1, FREE_FAILURES + 40)]
    assert waits[0] == timedelta(seconds=1)
    assert all(later in (2 * earlier, WAIT_MAX) for earlier, later in pairwise(waits))
    assert waits[-1] == WAIT_MAX


def test_what_one_origin_may_fail_in_an_hour_uses_up_no_more_than_a_quarter_of_what_is_free_from_everywhere() -> None:
    waited = accumulate((wait_after(failures) for failures in count(1)), initial=timedelta())
    failed = sum(1 for _ in takewhile(lambda since: since <= timedelta(hours=1), waited))
    assert FREE_FAILURES < 4 * failed <= EVERYWHERE_FREE


@pytest.mark.parametrize("name", ["", " Ada", "Ada\n", "A\x00da", "A" * 61])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(NotAName):
        checked_name(name)


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        (
            "2001:db8:1:2::1",
            "2001:db8:1:2:ffff:ffff:ffff:ffff",
            True,
        ),  # what one line gets, and more than anybody can try
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("", "", True),
        ("a socket", "another", False),
    ],
)
def test_addresses_that_one_person_may_have_count_as_one(one: str, other: str, near: bool) -> None:
    assert (neighbourhood(one) == neighbourhood(other)) is near


def test_a_password_is_long_but_not_endless() -> None:
    with pytest.raises(PasswordTooShort):
        checked_password("elevensigns")
    with pytest.raises(PasswordTooLong):
        checked_password("x" * 1001)
    assert checked_password("correct horse battery staple") == "correct horse battery staple"
