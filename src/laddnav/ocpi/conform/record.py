"""What was said between the tester and the peer, both ways, so that every verdict can be shown and judged again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from laddnav.kit.json import Unreadable
from laddnav.ocpi.wire.codec import parsed

CONFIGURATION = ("versions", "credentials", "hubclientinfo")  # modules between two platforms, which nobody routes


class Request(Struct, frozen=True, kw_only=True):
    """Names of headers in small letters."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def words(self) -> Any:
        """The body as parsed JSON, None where it is none."""
        return _words(self.body)


class Answer(Struct, frozen=True, kw_only=True):
    """What came back; `http` 0 where nothing did, and then the body says why."""

    http: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def words(self) -> Any:
        return _words(self.body)

    @property
    def envelope(self) -> Mapping[str, Any]:
        """The envelope, empty where there is none."""
        words = self.words
        return words if isinstance(words, dict) else {}

    @property
    def status(self) -> int | None:
        status = self.envelope.get("status_code")
        return status if isinstance(status, int) else None

    @property
    def data(self) -> Any:
        return self.envelope.get("data")

    @property
    def granted(self) -> bool:
        return 200 <= self.http < 300 and self.status is not None and 1000 <= self.status < 2000


class Exchange(Struct, frozen=True, kw_only=True):
    """One request and its answer. `ours`: the tester asked. `step` is the name under which checks find it.

    `holds` is the object that the answer's data is (or, of theirs, that their request carries); `Location*` is a list.
    """

    number: int
    step: str
    ours: bool
    at: datetime
    took_ms: int
    request: Request
    answer: Answer
    module: str | None = None
    holds: str | None = None

    @property
    def summary(self) -> str:
        return f"{self.request.method} {self.request.url}"


class Endpoint(Struct, frozen=True, kw_only=True):
    """Where the peer says that a module is, and which side of it."""

    identifier: str
    role: str | None
    url: str


class Record(Struct, kw_only=True):
    """One run: who spoke to whom, and every exchange in the order in which it began. `secrets` maps values to names.

    `their_role` is the one that is tested; None until it is seen. `hub`: the one behind which we play our role, as
    "NL*LNH"; None where we speak for ourselves.
    """

    version: str
    our_role: str
    their_role: str | None = None
    hub: str | None = None
    versions_url: str
    encodes_token: bool = True
    routes: bool = True
    exchanges: list[Exchange] = field(default_factory=list)
    endpoints: tuple[Endpoint, ...] = ()
    secrets: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Without tokens."""
        return f"Record({self.versions_url}, {len(self.exchanges)} exchanges)"

    def keep(self, **facts: Any) -> Exchange:
        """Add an exchange, under the next number."""
        exchange = Exchange(number=len(self.exchanges) + 1, **facts)
        self.exchanges.append(exchange)
        return exchange

    def of(self, *steps: str) -> Iterator[Exchange]:
        """The exchanges of these steps."""
        return (one for one in self.exchanges if one.step in steps)

    def last(self, step: str) -> Exchange | None:
        return next((one for one in reversed(self.exchanges) if one.step == step), None)

    @property
    def ours(self) -> Iterator[Exchange]:
        """What the tester asked and the peer answered."""
        return (one for one in self.exchanges if one.ours and one.answer.http)

    @property
    def theirs(self) -> Iterator[Exchange]:
        """What the peer asked of the tester."""
        return (one for one in self.exchanges if not one.ours)

    def url(self, module: str, role: str) -> str | None:
        """Where the peer offers this interface."""
        fitting = (one for one in self.endpoints if one.identifier == module and one.role == role)
        return next((one.url for one in fitting), None)

    def offers(self, module: str) -> bool:
        return any(one.identifier == module for one in self.endpoints)

    def masked(self, text: str) -> str:
        """Without any credentials token, plain or in Base64."""
        for secret, name in self.secrets.items():
            text = text.replace(secret, f"‹{name}›")
        return re.sub(r"(?i)(token )[!-~]{6,}", r"\1‹token›", text)


def _words(body: bytes) -> Any:
    if not body.strip():
        return None
    try:
        return parsed(body)
    except (Unreadable, msgspec.DecodeError):
        return None
