"""What a grid company does with its VTN, by two clients of others: `business.py URL`, a step a line on stdin, as JSON.

`openadr3` makes, changes and withdraws; `toadr3` reads the same, and our reports, as strictly as it models them.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import toadr3
from openadr3.api import OpenADRClient

ID, SECRET = "business", "of-the-grid"


def made(client: OpenADRClient, step: str, said: Any) -> Any:
    """By openadr3; the raw answer, which its own models have read."""
    answers = {
        "program": lambda: client.create_program(said),
        "event": lambda: client.create_event(said),
        "change": lambda: client.update_event(said["id"], said),
        "withdraw": lambda: client.delete_event(said["id"]),
        "vens": lambda: client.get_vens(),
    }
    answer = answers[step]()
    assert answer.status_code in (200, 201), answer.text
    client.programs(), client.events(), client.reports(), client.vens()
    return answer.json()


async def read(url: str, step: str) -> Any:
    """By toadr3."""
    config = toadr3.OAuthScopeConfig(f"{url}/auth/token", "client_credentials", "read_all", ID, SECRET)
    async with toadr3.ToadrClient(url, config) as client:
        found = await {"reports": client.get_reports, "events": client.get_events}[step]()
        return [one.model_dump(mode="json", by_alias=True) for one in found]


def main(url: str) -> None:
    client = OpenADRClient(url)
    for line in sys.stdin:
        step, said = json.loads(line)
        if step == "sign in":
            client.fetch_token(ID, SECRET)
            answer: Any = "signed in"
        elif step in ("reports", "events"):
            answer = asyncio.run(read(url, step))
        else:
            answer = made(client, step, said)
        print(json.dumps(answer), flush=True)  # noqa: T201 - that is how it is heard


if __name__ == "__main__":
    main(sys.argv[1])
