"""What somebody does with the OCPI 2.3.0 client of the LATAM EV Roaming Alliance: `latam_client.py cpo|emsp URL TOKEN`.

It shows its token as it is, and finds everything below one URL; what came of each step goes out as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from latam_evra_ocpi import OcpiClient
from latam_evra_ocpi.models.tokens import TokenInput

Step = Callable[[], Awaitable[Any]]


def at_a_cpo(client: OcpiClient, token: str) -> dict[str, Step]:
    card = TokenInput(
        uid="CARD9", type="RFID", contract_id="DE8ACC12E46L89", issuer="Lab", valid=True, whitelist="ALLOWED"
    )
    return {
        "locations": lambda: client.get_locations(token),
        "tariffs": lambda: client.get_tariffs(token),
        "cdrs": lambda: client.get_cdrs(token),
        "sessions": lambda: client.get_sessions(token),
        "token": lambda: client.put_token(token, "NL", "TNM", "CARD9", card),
        "versions": lambda: client.get_versions(),
    }


def at_an_emsp(client: OcpiClient, token: str) -> dict[str, Step]:
    return {
        "tokens": lambda: client.get_tokens(token),
        "allowed": lambda: client.authorize_token(token, "NL", "TNM", "CARD1"),
    }


async def tried(step: Step) -> Any:
    try:
        return (await step()).model_dump()
    except Exception as error:  # noqa: BLE001 - whatever it is, a test reads it
        return f"{type(error).__name__}: {error}"[:200]


async def all_of(role: str, url: str, token: str) -> dict[str, Any]:
    async with OcpiClient(base_url=url) as client:
        steps = at_a_cpo(client, token) if role == "cpo" else at_an_emsp(client, token)
        return {name: await tried(step) for name, step in steps.items()}


if __name__ == "__main__":
    json.dump(asyncio.run(all_of(*sys.argv[1:])), sys.stdout, default=str)
