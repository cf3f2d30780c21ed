"""Objects in the words of a partner of 2.2.1, for whoever plays it."""

from __future__ import annotations

from typing import Any

from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.versions import VERSIONS
from tests.ocpi.wire.test_examples import CASES

CODECS = VERSIONS["2.2.1"].codecs


def words(thing: Any) -> dict[str, Any]:
    said: dict[str, Any] = parsed(CODECS[type(thing)].encode(thing))
    return said


def example(path: str, **changes: Any) -> dict[str, Any]:
    said: dict[str, Any] = parsed((CASES / "2.2.1" / path).read_bytes())
    return said | {"country_code": "SE", "party_id": "LAD"} | changes


def session(**changes: Any) -> dict[str, Any]:
    path = "sessions/simple-session-example-of-a-short-finished-session.json"
    return example(path, status="ACTIVE") | {"cdr_token": driver()} | changes


def cdr(**changes: Any) -> dict[str, Any]:
    return example("cdrs/example-of-a-cdr.json") | {"cdr_token": driver()} | changes


def driver() -> dict[str, str]:
    return {"country_code": "NL", "party_id": "TNM", "uid": "CARD1", "type": "RFID", "contract_id": "NL-TNM-C1"}
