"""What the played party says to whatever the peer asks of it, module by module: it says yes, and remembers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from laddnav.kit.time import Clock, rfc3339
from laddnav.ocpi.conform.dialect import DIALECTS
from laddnav.ocpi.conform.record import Record, Request
from laddnav.ocpi.conform.roles import OFFERED

# What the body of a push is, by module and by how many segments stand below the endpoint.
PUSHED = {
    ("locations", 3): "Location",
    ("locations", 4): "EVSE",
    ("locations", 5): "Connector",
    ("tariffs", 3): "Tariff",
    ("sessions", 3): "Session",
    ("tokens", 3): "Token",
    ("cdrs", 0): "CDR",
    ("hubclientinfo", 2): "ClientInfo",
}
_COMMANDS = {
    "START_SESSION": "StartSession",
    "STOP_SESSION": "StopSession",
    "RESERVE_NOW": "ReserveNow",
    "CANCEL_RESERVATION": "CancelReservation",
    "UNLOCK_CONNECTOR": "UnlockConnector",
}
_PAYMENTS = {
    "terminals": ("terminal", "Terminal", "terminal_id"),
    "financial-advice-confirmations": ("capture", "FinancialAdviceConfirmation", "id"),
}
# What the result is of each thing that is asked about limits, at the URL that is given for it.
_LIMITED = {"GET": "ActiveChargingProfileResult", "PUT": "ChargingProfileResult", "DELETE": "ClearProfileResult"}
PAGE = 2  # so few, that three objects show whether the peer follows a link
WITHIN = 30  # seconds, in which a result is promised


class Said(Struct, frozen=True, kw_only=True):
    """What the counterpart answers."""

    http: int = 200
    status: int = 1000
    data: Any = None
    headers: Mapping[str, str] = {}


class Owed(Struct, frozen=True, kw_only=True):
    """What the counterpart has to ask of the peer once it has answered: the result of what it accepted."""

    step: str
    module: str
    url: str
    words: Any
    method: str = "POST"


class Heard(Struct, frozen=True, kw_only=True):
    """What the peer asked, under the name by which checks find it; `holds` is the object that it carries."""

    step: str
    module: str | None = None
    holds: str | None = None
    said: Said = Said()
    owed: tuple[Owed, ...] = ()


class Played:
    """One party in one role. `lists` is what the peer may pull from it, by module."""

    def __init__(self, record: Record, clock: Clock, role: str) -> None:
        self.role = role
        self.lists: dict[str, list[Any]] = {}
        self._kept: dict[str, Any] = {}  # what it was told, by path
        self._record = record
        self._clock = clock

    @property
    def sides(self) -> Mapping[str, str]:
        """What it offers in this version, and which side of it; behind a hub the hub says who its clients are."""
        offered = {**OFFERED[self.role], **({"hubclientinfo": "SENDER"} if self._record.hub else {})}
        return {module: side for module, side in offered.items() if module in DIALECTS[self._record.version].modules}

    def asked(
        self, base: str, module: str, below: tuple[str, ...], request: Request, query: Mapping[str, str]
    ) -> Heard:
        """`base` is where the module stands."""
        step, sends = f"their {request.method} {module}", self.sides[module] == "SENDER"
        if module == "commands":
            return self._result(below, module) if sends else self._command(below, request)
        if module == "chargingprofiles":
            return self._told_of_limits(step, below, request) if sends else self._limited(step, below, request, query)
        if module == "payments":
            return self._provided(base, below, request, query) if sends else self._paid(below, request)
        if module == "tokens" and request.method == "POST":
            holds = "LocationReferences" if request.body else None
            return Heard(step=f"{step} authorize", module=module, holds=holds, said=self._authorised(below))
        if request.method == "GET":
            if sends and not below:
                return Heard(step=f"{step} list", module=module, said=self._page(base, module, query))
            said = self._own(module, below) if sends else self._shown("/".join((module, *below)))
            return Heard(step=step, module=module, said=said)
        holds = PUSHED.get((module, len(below)))
        return Heard(step=step, module=module, holds=holds, said=self._taken(base, module, below, request))

    def _result(self, below: tuple[str, ...], module: str) -> Heard:
        what = below[0] if below else "?"
        return Heard(step=f"their result of {what}", module=module, holds=DIALECTS[self._record.version].result)

    def _command(self, below: tuple[str, ...], request: Request) -> Heard:
        name, words = below[0] if below else "?", request.words
        accepted: dict[str, Any] = {"result": "ACCEPTED"}
        promised = accepted | ({"timeout": WITHIN} if self._record.routes else {})
        return Heard(
            step=f"their command {name}",
            module="commands",
            holds=_COMMANDS.get(name),
            said=Said(data=promised),
            owed=_results(f"result of their {name}", "commands", words, accepted),
        )

    def _told_of_limits(self, step: str, below: tuple[str, ...], request: Request) -> Heard:
        """The result of one request has a URL of its own, below which nothing else is told."""
        if request.method == "POST":
            what = below[0] if below else "?"
            return Heard(step=f"their result of {what}", module="chargingprofiles", holds=_LIMITED.get(what))
        holds = "ActiveChargingProfile" if request.method == "PUT" else None
        return Heard(step=step, module="chargingprofiles", holds=holds)

    def _limited(self, step: str, below: tuple[str, ...], request: Request, query: Mapping[str, str]) -> Heard:
        """Whatever is set is carried out, and told as what limits the charge now."""
        words = request.words if request.method == "PUT" else query
        profile = words.get("charging_profile") if isinstance(words, dict) else None
        active = {"start_date_time": rfc3339(self._clock.now()), "charging_profile": profile or _UNLIMITED}
        result: dict[str, Any] = {"result": "ACCEPTED"} | ({"profile": active} if request.method == "GET" else {})
        owed = _results(f"result of {step}", "chargingprofiles", words, result)
        told = self._record.url("chargingprofiles", "SENDER")
        if request.method == "PUT" and told is not None and below:
            step_after = "chargingprofiles: PUT of the active profile"
            url = f"{told.rstrip('/')}/{below[0]}"
            owed += (Owed(step=step_after, module="chargingprofiles", url=url, words=active, method="PUT"),)
        return Heard(
            step=step,
            module="chargingprofiles",
            holds="SetChargingProfile" if request.method == "PUT" else None,
            said=Said(data={"result": "ACCEPTED", "timeout": WITHIN}),
            owed=owed,
        )

    def _paid(self, below: tuple[str, ...], request: Request) -> Heard:
        """Terminals and captures of a provider; of a terminal its id alone may be told (PAY-013)."""
        name, kind, key = _PAYMENTS.get(below[0] if below else "", ("nothing", None, "id"))
        step, words = f"their {request.method} of a {name}", request.words
        if request.method != "POST" or not isinstance(words, dict) or kind is None:
            return Heard(step=step, module="payments", said=self._shown("/".join(("payments", *below))))
        path = f"payments/{below[0]}/{words.get(key)}"
        known = path in self._kept
        self._kept[path] = self._kept.get(path, {}) | words
        holds = None if kind == "Terminal" and set(words) == {key} else kind
        return Heard(step=step, module="payments", holds=holds, said=Said(http=200 if known else 201))

    def _provided(self, base: str, below: tuple[str, ...], request: Request, query: Mapping[str, str]) -> Heard:
        """What a CPO reads of terminals and captures, and says of terminals; one that is activated is told of."""
        path, *rest = below or ("",)
        name, _, key = _PAYMENTS.get(path, ("nothing", None, "id"))
        method, words = request.method, request.words if isinstance(request.words, dict) else {}
        if method == "GET" and not rest:
            return Heard(
                step=f"their GET of {name}s", module="payments", said=self._page(f"{base}/{path}", name, query)
            )
        one = next((one for one in self.lists.get(name, []) if rest and one[key] == rest[0]), None)
        does = {("POST", "activate"): "activation", ("POST", "deactivate"): "deactivation"}.get(
            (method, rest[-1] if rest else ""), method
        )
        step = f"their {does} of a {name}"
        if does == "activation":
            made = {"terminal_id": self._clock.new_id()} | words
            self.lists.setdefault(name, []).append(made)
            where = self._record.url("payments", "RECEIVER")
            told = Owed(
                step="payments: POST of what was activated", module="payments", url=f"{where}/{path}", words=made
            )
            return Heard(step=step, module="payments", owed=(told,) if where is not None else ())
        if one is None:
            return Heard(step=step, module="payments", said=Said(http=404, status=2003))
        one.update(words)
        return Heard(step=step, module="payments", said=Said(data=one if method == "GET" else None))

    def _own(self, module: str, below: tuple[str, ...]) -> Said:
        found = [one for one in self.lists.get(module, []) if below == (str(one.get("id")),)]
        return Said(data=found[0]) if found else Said(http=404, status=2003)

    def _shown(self, path: str) -> Said:
        kept = self._kept.get(path)
        return Said(http=404, status=2003) if kept is None else Said(data=kept)

    def _taken(self, base: str, module: str, below: tuple[str, ...], request: Request) -> Said:
        words, key = request.words, "/".join((module, *below))
        if request.method == "POST":
            id = self._clock.new_id()
            self._kept[f"{module}/{id}"] = words
            return Said(http=201, headers={"Location": f"{base}/{id}"})
        if request.method == "PATCH":
            whole = self._kept.get(key)
            if whole is None:
                return Said(http=404, status=2003)
            self._kept[key] = whole | words if isinstance(whole, dict) and isinstance(words, dict) else whole
            return Said()
        if request.method == "DELETE":
            return Said() if self._kept.pop(key, None) is not None else Said(http=404, status=2000)
        known = key in self._kept
        self._kept[key] = words
        return Said(http=200 if known else 201)

    def _authorised(self, below: tuple[str, ...]) -> Said:
        """Any Token of ours may charge."""
        token = next((one for one in self.lists.get("tokens", []) if below and one["uid"] == below[0]), None)
        if token is None:
            return Said(http=404, status=2004)
        return Said(data={"allowed": "ALLOWED"} | ({"token": token} if self._record.routes else {}))

    def _page(self, base: str, module: str, query: Mapping[str, str]) -> Said:
        everything = self.lists.get(module, [])
        offset = int(query["offset"]) if query.get("offset", "").isdigit() else 0
        part = everything[offset : offset + PAGE]
        headers = {"X-Total-Count": str(len(everything)), "X-Limit": str(PAGE)}
        if offset + len(part) < len(everything):
            kept = "".join(f"&{name}={query[name]}" for name in ("date_from", "date_to") if name in query)
            headers["Link"] = f'<{base}?offset={offset + len(part)}&limit={PAGE}{kept}>; rel="next"'
        return Said(data=part, headers=headers)


_UNLIMITED = {"charging_rate_unit": "W", "charging_profile_period": [{"start_period": 0, "limit": 22000}]}


def _results(step: str, module: str, words: Any, result: Any) -> tuple[Owed, ...]:
    """Told to wherever the request says; to nobody where it says nothing."""
    url = words.get("response_url") if isinstance(words, Mapping) else None
    return (Owed(step=step, module=module, url=url, words=result),) if isinstance(url, str) else ()
