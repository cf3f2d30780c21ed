"""Which role may what; `python -m tests.who_may` writes docs/reference/who-may-what.md from the doors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from laddnav.people.model import Role
from laddnav.people.rules import who_may
from laddnav.server.api import PREFIX
from laddnav.server.rooms import ROUTES
from laddnav.web.app import DOORS

DOCUMENT = Path(__file__).parent.parent / "docs" / "reference" / "who-may-what.md"

OPENING = """\
# Who may what

Written by `.venv/bin/python -m tests.who_may` from the doors themselves; a test fails when a line of it is not true.
Whatever is not named here for a role is shut to it. A refusal names the roles that could, and whatever changes
something is written down with who did it (the page *People and keys* lists it).

A role is given to an account, or to a key of the API, which may also be bound to one of our parties and then sees and
changes only what that party holds. A **driver** is one customer and a **fleet manager** is of one fleet: all of theirs,
nothing of anybody else's. Drivers come by links that are mailed to them, never by a password.
"""

# What people ask whether they may, each with doors that are it.
DUTIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("look at the network, its charges and its money", ("GET /sessions", "GET /payments", "GET /ledger")),
    ("start and stop a charge, let go of a plug", ("POST /stations/{id}/start", "POST /stations/{id}/unlock")),
    ("ask for a refund (support: up to its limit, and finance agrees)", ("POST /payments/{ref}/refunds",)),
    ("agree to a refund, and settle what a provider did otherwise", ("POST /refunds/{ref}/decide",)),
    ("issue invoices", ("POST /invoices/{ref}/issue",)),
    ("close a month, take an entry back, number accounts", ("POST /ledger/close", "POST /ledger/entries/{id}/reverse")),
    ("credit a CDR, decide what is disputed", ("POST /cdrs/{ref}/credit", "POST /cdrs/{ref}/reject")),
    ("run stations, sites, tariffs and lines", ("POST /stations", "POST /tariffs", "POST /partners/{ref}/resend")),
    (
        "let people, partners and payment providers in",
        ("POST /people", "POST /partners/invite", "POST /payment-accounts"),
    ),
    ("see a fleet (who is of it, and operators, also change it)", ("GET /fleets/{ref}",)),
)


class Opening(NamedTuple):
    """One thing that can be done, at a page or by the API, and whom it is for."""

    method: str
    path: str
    roles: tuple[Role, ...]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def openings() -> Iterator[Opening]:
    """Those that ask for a role."""
    for door in DOORS:
        if door.role is not None:
            yield Opening(door.method, door.path, (door.role, *door.also))
    for route in ROUTES:
        yield Opening(route.method, PREFIX + route.path, (route.needs, *route.also))


def document() -> str:
    found = list(openings())
    by_name = {one.name: who_may(*one.roles) for one in found}
    lines = [OPENING, "| may |" + "".join(f" {role} |" for role in Role), "| --- |" + " :-: |" * len(Role)]
    for words, doors in DUTIES:
        (may,) = {by_name[door] for door in doors}
        lines.append(f"| {words} |" + "".join(" ✓ |" if role in may else " |" for role in Role))
    lines += ["", "An operator may also do all else that changes something and is not listed below.", ""]
    for title, role in (
        ("What support may beside looking", Role.SUPPORT),
        ("What finance may beside looking", Role.FINANCE),
        ("What a driver may", Role.DRIVER),
        ("What a fleet manager may", Role.FLEET),
        ("What only an administrator may", Role.ADMIN),
    ):
        lines += [f"## {title}", "", *_listed(found, role), ""]
    return "\n".join(lines)


def _listed(found: Sequence[Opening], role: Role) -> list[str]:
    mine = sorted({(one.path.removeprefix(PREFIX), one.path, one.method) for one in found if role in one.roles})
    return [f"- `{method} {path}`" for _, path, method in mine] or ["Nothing."]


if __name__ == "__main__":
    DOCUMENT.write_text(document())
