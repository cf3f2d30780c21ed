"""What somebody does with the OCPI 2.1.1 client of OCPPLab: `ocpplab_client.py cpo|emsp URL TOKEN`.

What came of each step goes out as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ocpplab_ocpi_211 import OcpiClient
from ocpplab_ocpi_211.types import GeoLocation, Token

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at_a_cpo(client: OcpiClient) -> dict[str, Callable[[], Any]]:
    """An eMSP looks around, tells of a card, and starts a charge with it."""
    card = {"uid": "CARD9", "auth_id": "DE8ACC12E46L89", "issuer": "Lab", "valid": True, "whitelist": "ALLOWED"}
    return {
        "locations": lambda: [one.id for one in client.locations.get_locations(limit=10).data],
        "location": lambda: client.locations.get_location_by_location_id("LOC1").data.name,
        "tariffs": lambda: [one.id for one in client.tariffs.get_tariffs().data],
        "sessions": lambda: len(client.sessions.get_sessions(date_from=NOW).data),
        "token": lambda: (
            client.tokens.put_token(  # it says a Token's type only where the URL says it too
                "NL", "TNM", "CARD9", type="RFID", token_type="RFID", last_updated=NOW, **card
            ).status_code
        ),
        "start": lambda: (
            client.commands.start_session(
                response_url="http://127.0.0.1:9/result",
                token=Token(type="RFID", last_updated=NOW, **card),
                location_id="LOC1",
                evse_uid="EVSE1",
            ).data.result
        ),
    }


def at_an_emsp(client: OcpiClient) -> dict[str, Callable[[], Any]]:
    """A CPO tells of a place, fetches cards, and asks whether one may charge."""
    return {
        "location": lambda: (
            client.locations.put_receiver_location(
                "SE",
                "LAD",
                "LAB1",
                id="LAB1",
                type="ON_STREET",
                address="Hamngatan 1",
                city="Stockholm",
                postal_code="11147",
                country="SWE",
                coordinates=GeoLocation(latitude="59.33258", longitude="18.06490"),
                last_updated=NOW,
            ).status_code
        ),
        "tokens": lambda: [one.uid for one in client.tokens.get_tokens().data],
        "allowed": lambda: client.tokens.post_authorize("CARD1").data.allowed,
    }


def tried(step: Callable[[], Any]) -> Any:
    try:
        return step()
    except Exception as error:  # noqa: BLE001 - whatever it is, a test reads it
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    role, url, token = sys.argv[1:]
    client = OcpiClient(base_url=url, api_key=f"Token {token}")
    steps = at_a_cpo(client) if role == "cpo" else at_an_emsp(client)
    json.dump({name: tried(step) for name, step in steps.items()}, sys.stdout, default=str)
