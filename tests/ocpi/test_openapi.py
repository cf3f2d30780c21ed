"""What we say that partners may say to us is what they may: the description is made from what answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from laddnav.ocpi.openapi import document
from laddnav.ocpi.sides import OFFERED
from laddnav.parties.model import Role
from tests.ocpi.network import CPO, EMSP
from tests.security.doors import Door, Said, doors, is_known, said
from tests.security.house import House

DESCRIBED = document("https://ladd.example/ocpi")
HOUSE = House(holder=CPO, partner=EMSP, charging="S1", charged="S2")


def operation(door: Door, what: Said) -> dict[str, Any] | None:
    """As it is described where this would be said: a path that names it before one that leaves it open."""
    path = what.url(door).removeprefix("/ocpi").partition("?")[0]
    for template in sorted(DESCRIBED["paths"], key=lambda template: template.count("{")):
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found: dict[str, Any] | None = DESCRIBED["paths"][template].get(door.method.lower())
            if found is not None:
                return found
    return None


@pytest.mark.parametrize("role", OFFERED, ids=str)
def test_every_endpoint_is_described_and_takes_what_its_description_says(role: Role) -> None:
    for door in doors(role):
        for what in said(door, HOUSE, EMSP):
            described = operation(door, what)
            assert described is not None, (str(door), what.segments)
            body = what.spelt(door)
            if body is not None and is_known(door, HOUSE):
                schema = described["requestBody"]["content"]["application/json"]["schema"]
                whole = {**schema, "components": DESCRIBED["components"]}
                errors = jsonschema_rs.Draft202012Validator(whole).iter_errors(json.loads(body))
                assert [f"{door}: {error.message}" for error in errors] == []


def test_who_provides_terminals_is_offered_what_such_a_company_needs() -> None:
    """VER-028."""
    offered = {path.removeprefix("/ptp/2.3.0/").partition("/{country")[0] for path in DESCRIBED["paths"]}
    assert {"cdrs", "locations", "sessions", "tariffs"} <= offered  # what the CPO owns, told to it
    assert {"commands/START_SESSION/{id}", "payments/terminals", "payments/financial-advice-confirmations"} <= offered


def test_nothing_is_spoken_of_that_is_not_said() -> None:
    assert set(_references(DESCRIBED)) <= set(DESCRIBED["components"]["schemas"])


def _references(words: Any) -> Iterator[str]:
    match words:
        case {"$ref": str(name)}:
            yield name.removeprefix("#/components/schemas/")
        case dict():
            for one in words.values():
                yield from _references(one)
        case list():
            for one in words:
                yield from _references(one)
