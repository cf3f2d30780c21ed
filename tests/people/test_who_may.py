"""The table of who may what is what the doors say, and who moves money runs no station."""

import pytest

from laddnav.people.model import Role
from laddnav.people.rules import CUSTOMERS, OPENS, NotAllowed, who_may
from tests.who_may import DOCUMENT, document, openings

MONEY = ("refunds", "payments", "ledger", "payment-accounts")


def test_the_document_is_what_the_doors_say() -> None:
    assert DOCUMENT.read_text() == document(), "run .venv/bin/python -m tests.who_may"


def test_every_role_is_said_what_it_opens_and_its_own_doors_are_among_them() -> None:
    assert set(OPENS) == set(Role)
    assert all(role in opened for role, opened in OPENS.items())


def test_who_is_a_customer_opens_nothing_that_does_not_name_them() -> None:
    for role in CUSTOMERS:
        assert OPENS[role] == {role}
    assert Role.DRIVER not in set().union(*(OPENS[role] for role in Role if role is not Role.DRIVER))


def test_nobody_but_an_admin_both_runs_stations_and_moves_money() -> None:
    assert [role for role in Role if {Role.FINANCE, Role.OPERATOR} <= OPENS[role]] == [Role.ADMIN]


def test_what_moves_money_is_for_finance() -> None:
    for one in openings():
        if one.method != "GET" and one.path.removeprefix("/api/v1").split("/")[1] in MONEY:
            assert Role.FINANCE in one.roles or Role.ADMIN in one.roles, one.name
            assert not {Role.OPERATOR, Role.VIEWER} & set(one.roles), one.name


def test_support_changes_charges_and_customers_and_asks_for_refunds_and_nothing_else() -> None:
    changed = {
        one.path.removeprefix("/api/v1") for one in openings() if Role.SUPPORT in one.roles and one.method != "GET"
    }
    helps = {path for path in changed if path.startswith(("/customers", "/subscriptions", "/mail"))}
    assert changed - helps == {
        *("/sessions", "/sessions/{ref}/stop", "/stations/{id}/start", "/stations/{id}/unlock"),
        *("/locations/{ref}/start", "/payments/{ref}/refunds"),
    }


@pytest.mark.parametrize(
    ("door", "could"),
    [
        ((Role.FINANCE,), "finance or admin"),
        ((Role.SUPPORT, Role.FINANCE), "support, finance, operator or admin"),
        ((Role.ADMIN,), "admin"),
    ],
)
def test_a_refusal_names_who_could(door: tuple[Role, ...], could: str) -> None:
    assert str(NotAllowed(*door)) == f"This needs the role {could}"
    assert NotAllowed(*door).could == who_may(*door)
