"""How the peer must answer each question that has one right answer: a table of steps, outcomes and ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from laddnav.ocpi.conform.checks.finding import Finding, found, shows
from laddnav.ocpi.conform.record import Exchange, Record

Outcome = Callable[[Exchange], str | None]


def said(one: Exchange) -> str:
    return f"HTTP {one.answer.http}, status {one.answer.status}"


def granted(one: Exchange) -> str | None:
    return None if one.answer.granted else f"{said(one)} where it had to succeed"


def refused(one: Exchange) -> str | None:
    """By HTTP or by status, and not by falling over."""
    fine = not one.answer.granted and 200 <= one.answer.http < 500
    return None if fine else f"{said(one)} where it had to be refused"


def not_served(one: Exchange) -> str | None:
    return f"{said(one)}: a server error" if one.answer.http >= 500 or one.answer.http == 0 else None


def http(*codes: int) -> Outcome:
    wanted = " or ".join(map(str, codes))
    return lambda one: None if one.answer.http in codes else f"{said(one)} instead of HTTP {wanted}"


def status(*codes: int) -> Outcome:
    wanted = " or ".join(map(str, codes))
    return lambda one: None if one.answer.status in codes else f"{said(one)} instead of status {wanted}"


def not_an_http_error(one: Exchange) -> str | None:
    return None if 200 <= one.answer.http < 300 else f"{said(one)}: an HTTP error for what OCPI has a status for"


def either(*outcomes: Outcome) -> Outcome:
    def any_of(one: Exchange) -> str | None:
        problems = [outcome(one) for outcome in outcomes]
        return None if None in problems else problems[0]

    return any_of


def result(*words: str) -> Outcome:
    """The result in the CommandResponse."""

    def same(one: Exchange) -> str | None:
        data = one.answer.data
        there = data.get("result") if isinstance(data, dict) else None
        return None if there in words else f"result {there!r} instead of {' or '.join(words)}"

    return same


def empty(one: Exchange) -> str | None:
    fine = one.answer.granted and one.answer.data == []
    return None if fine else f"{said(one)} where an empty list had to come"


class Expected(Struct, frozen=True, kw_only=True):
    """`what`: a step, or the part of one behind its module. `ids`: everywhere; `by_module`: besides, in that module."""

    what: str
    outcome: Outcome
    ids: tuple[str, ...] = ()
    by_module: dict[str, tuple[str, ...]] = {}


def _row(what: str, outcome: Outcome, ids: str = "", **by_module: str) -> Expected:
    more = {module: tuple(those.split()) for module, those in by_module.items()}
    return Expected(what=what, outcome=outcome, ids=tuple(ids.split()), by_module=more)


EXPECTED: tuple[Expected, ...] = (
    # Versions
    _row("versions", granted, "VER-001"),
    _row("details", granted, "VER-002"),
    _row("details of another version", granted, "VER-002"),
    *(
        _row(f"{name} {how}", http(401), ids)
        for name in ("versions", "details")
        for how, ids in (("without a token", "VER-005 TRN-007"), ("with an unknown token", "VER-005 TRN-007"))
    ),
    _row("versions with another scheme", http(401), "TRN-007"),
    _row("a module without a token", http(401), "TRN-007"),
    *(
        _row(f"{name}: {method}", http(405), "VER-023 TRN-039")
        for name in ("versions", "details")
        for method in ("POST", "PUT", "PATCH", "DELETE")
    ),
    # Registration
    _row("a module with token A", http(401), "TRN-008 CRED-008"),
    _row("PUT before registration", http(405), "CRED-012"),
    _row("DELETE before registration", http(405), "CRED-013"),
    _row("POST of credentials that lead nowhere", status(3001), "CRED-020 TRN-035"),
    _row("POST of credentials without the version", status(3002), "CRED-022 TRN-035"),
    _row("POST of credentials without endpoints", status(3003), "CRED-021 TRN-035"),
    _row("POST of credentials that lack a field", status(2001, 2002), "TYP-039 TRN-033"),
    _row("POST credentials", granted, "CRED-001 CRED-003 CRED-023 CRED-036"),
    _row("POST with token A again", http(401), "CRED-007"),
    _row("versions with token A again", http(401), "CRED-007"),
    _row("POST when registered", http(405), "CRED-011"),
    _row("PATCH credentials", http(405), "CRED-019"),
    _row("GET credentials", granted, "CRED-002 CRED-006"),
    _row("PUT credentials", granted, "CRED-014"),
    _row("versions with the new token", granted, "CRED-014 CRED-006"),
    _row("versions with the old token", http(401), "CRED-016"),
    _row("DELETE credentials", granted, "CRED-017"),
    _row("versions after DELETE", http(401), "CRED-017"),
    # Transport
    _row("headers in small letters", granted, "TRN-010 TRN-002"),
    _row("without a Content-Type", granted, "TRN-013"),
    _row("without ids of the message", granted, "TRN-086"),
    _row("a URL that leads nowhere", http(404), "TRN-025"),
    _row("parties in small letters", granted, "HUB-006"),
    _row("from a party that is not ours", refused, "HUB-009"),
    _row("to a party that is not theirs", refused, "HUB-010"),
    _row("a body that is no JSON", http(400), "TRN-022"),
    _row("a Content-Type with a charset", granted, "TRN-014"),
    # Lists of a Sender
    _row(
        "list",
        granted,
        "TRN-058",
        locations="LOC-001",
        tariffs="TAR-001",
        sessions="SES-003",
        cdrs="CDR-005",
        tokens="TOK-011",
        hubclientinfo="HCI-001",
        invoicereconciliation="INV-001",
    ),
    _row("page by page", granted, "TRN-062"),
    _row("more than the most", granted, "TRN-076"),
    _row("beyond the end", empty, "TRN-017"),
    _row("of the future", empty, "TRN-017 TRN-063"),
    _row("from its last", granted, "TRN-063"),
    _row("until its last", granted, "TRN-063"),
    _row("until its first", empty, "TRN-017"),
    _row("since a fraction", granted, "TYP-012"),
    _row("since no zone", granted, "TYP-009"),
    _row("offset that is no number", status(2001), "TRN-081 TRN-033"),
    _row("date that is none", status(2001), "TRN-081 TRN-033"),
    _row("without date_from", status(2001), "SES-004"),
    _row("with a slash", granted, "TRN-056"),
    *(
        _row(
            f"{method} at the Sender",
            http(405),
            "TRN-039",
            locations="LOC-008",
            chargingprofiles="CHP-013",
            hubclientinfo="HCI-005",
            invoicereconciliation="INV-003",
        )
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    ),
    # Objects of a Sender
    _row("unknown object", http(404), "TRN-025"),
    _row("object", granted, "LOC-004"),
    _row("object in the other case", granted, "TYP-002"),
    _row("EVSE", granted, "LOC-004 LOC-057"),
    _row("Connector", granted, "LOC-004"),
    _row("unknown EVSE", http(404), "TRN-025"),
    _row("EVSE of another Location", http(404), "LOC-005"),
    _row("preferences of no session", http(404), "SES-050"),
    _row("authorize", granted, "TOK-035 TOK-037 TOK-042"),
    _row("authorize at a place", granted, "TOK-038 TOK-042 TOK-049"),
    _row("authorize at a place without its id", status(2001, 2002), "TYP-039"),
    _row("authorize with a type", granted, "TOK-035"),
    _row("authorize with a type left out", refused, "TOK-035"),
    _row("authorize an unknown Token", http(404), "TOK-040 TOK-041 TRN-025"),
    _row("authorize an unknown Token", status(2004), "TOK-040 TRN-034"),
    # What is pushed to a Receiver
    _row(
        "PUT new",
        granted,
        "TRN-047 TRN-048",
        tokens="TOK-001",
        locations="LOC-009 LOC-012",
        tariffs="TAR-002",
        sessions="SES-006",
    ),
    _row("PUT new", http(201), "TRN-026"),
    _row("PUT again", http(200), "TRN-026"),
    _row("GET after PUT new", granted, tokens="TOK-001", locations="LOC-011", tariffs="TAR-002", sessions="SES-006"),
    _row("GET in the other case", granted, "TYP-002"),
    _row("GET of an unknown", http(404), "TRN-025", locations="LOC-011"),
    _row("PUT without an optional field", granted, "TYP-035"),
    _row("PUT with a field that nobody knows", granted, "TYP-044 TYP-043"),
    _row("PUT of older news", not_served, "TRN-046"),
    _row("PATCH", granted, "TRN-041", tokens="TOK-001", locations="LOC-009", sessions="SES-006"),
    _row("PATCH without last_updated", status(2001), "TRN-036"),
    _row("PATCH of an unknown", http(404), "TRN-043"),
    _row("GET after PATCH of an unknown", http(404), "TRN-043"),
    _row("PATCH of a required field to null", status(2001), "TRN-045 TYP-039"),
    _row("PUT that lacks a field", status(2001, 2002), "TRN-040 TYP-039 TRN-033"),
    _row("PUT with a text that is too long", status(2001), "TYP-004"),
    _row("PUT with a date that is none", status(2001), "TYP-008"),
    _row("PUT with another id", status(2001), "TRN-037"),
    _row("PUT with a line feed in its id", refused, "TYP-001"),
    _row("PUT with another owner", status(2001), "TRN-049"),
    _row("PUT of a stranger's", refused, "TRN-038"),
    _row("PUT with a slash in its id", granted, "TRN-057"),
    _row("GET with a slash in its id", granted, "TRN-057"),
    _row(
        "POST at the Receiver",
        http(405),
        "TRN-039 TRN-048",
        tokens="TOK-001",
        locations="LOC-010",
        sessions="SES-006",
        chargingprofiles="CHP-001",
        hubclientinfo="HCI-004",
    ),
    _row(
        "PATCH at the Receiver",
        http(405),
        "TRN-039",
        tariffs="TAR-004",
        cdrs="CDR-003",
        chargingprofiles="CHP-001",
        hubclientinfo="HCI-004",
        invoicereconciliation="INV-003",
        payments="PAY-036",
    ),
    _row(
        "DELETE at the Receiver",
        http(405),
        "TRN-039",
        tokens="TOK-001",
        locations="LOC-010",
        sessions="SES-006",
        cdrs="CDR-003",
        hubclientinfo="HCI-004",
    ),
    _row("PUT at the Receiver", http(405), "TRN-039", cdrs="CDR-003", payments="PAY-036"),
    _row("DELETE", granted, tariffs="TAR-002", invoicereconciliation="INV-002"),
    _row("DELETE of an unknown", http(404), tariffs="TAR-007"),
    # Parts of Locations
    _row("PUT of an EVSE", granted, "LOC-009 LOC-013"),
    _row("GET of an EVSE", granted, "LOC-009 LOC-011"),
    _row("PATCH of an EVSE", granted, "LOC-009 LOC-019"),
    _row("PUT of a Connector", granted, "LOC-009 LOC-013"),
    _row("GET of a Connector", granted, "LOC-009 LOC-011"),
    _row("PATCH of a Connector", granted, "LOC-009 LOC-019"),
    _row("PUT with a status that is none", status(2001), "LOC-061 TYP-021"),
    _row("PUT of an EVSE of no Location", either(http(404), status(2003)), "LOC-014 TRN-033"),
    _row("GET of the Location that it lacked", http(404), "LOC-014"),
    _row("GET of an unknown EVSE", http(404), "LOC-011"),
    # Sessions, Tokens of two types, CDRs
    _row("PATCH of a part", http(404), "SES-014"),
    _row("PUT of a card", granted, "TOK-002 TOK-004"),
    _row("PUT of a driver's app", granted, "TOK-002 TOK-004"),
    _row("PUT with a type that contradicts", status(2001), "TOK-007"),
    _row("POST", granted, cdrs="CDR-007"),
    _row("POST of another under its id", refused, cdrs="CDR-003 CDR-004"),
    _row("POST that lacks a field", status(2001, 2002), cdrs="CDR-022 CDR-023 TYP-038"),
    _row("POST of a credit for nothing", status(2001, 2002), cdrs="CDR-018"),
    _row("GET after POST", granted, cdrs="CDR-009"),
    # Invoice reconciliation
    _row("POST new", granted, "INV-002"),
    _row("GET after POST new", granted, "INV-002 INV-014"),
    _row("POST new again", granted, "INV-014"),
    _row("PUT of a shorter list", granted, "INV-002"),
    _row("POST without an invoice", status(2001, 2002), "INV-008 TYP-039"),
    _row("POST of no CDRs", status(2001, 2002), "INV-008 TYP-038"),
    _row("POST of CDRs that are objects", status(2001, 2002), "INV-009"),
    _row("POST of a stranger's", refused, "TRN-038"),
    _row("PUT of a Credit CDR", granted, "INV-010"),
    # Payment terminals, and what was captured at them
    _row("GET of an unknown terminal", http(404), "TRN-025"),
    _row("POST of a terminal's id alone", granted, "PAY-012 PAY-013"),
    _row("GET of a terminal", granted, "PAY-012 PAY-016"),
    _row("POST of a terminal again", granted, "PAY-036"),
    _row("POST of a terminal without an id", status(2001, 2002), "PAY-017 TYP-039"),
    _row("POST of a terminal with a long id", status(2001), "PAY-018 TYP-004"),
    _row("POST of a terminal that an eMSP invoices for", status(2001), "PAY-020"),
    _row("POST of a capture", granted, "PAY-015"),
    _row("GET of a capture", granted, "PAY-015 PAY-016"),
    _row("POST of a capture again", granted, "PAY-036"),
    _row("POST of a capture that failed", granted, "PAY-034"),
    _row("POST of a capture without reference", status(2001, 2002), "PAY-031 TYP-039"),
    _row("POST of a capture with a price of 2.2.1", status(2001, 2002), "PAY-032"),
    _row("POST of a capture with a status that is none", status(2001), "PAY-033"),
    # Of a provider of terminals
    *(
        _row(f"{name}: list", granted, f"TRN-058 PAY-001 {id}")
        for name, id in (("terminals", "PAY-002"), ("captures", "PAY-011"))
    ),
    _row("GET of a terminal that it does not have", http(404), "PAY-003 TRN-025"),
    _row("GET of a terminal of its own", granted, "PAY-003"),
    _row("PATCH of what a terminal serves", granted, "PAY-004 PAY-005"),
    _row("PUT of how a terminal is known", granted, "PAY-006 PAY-007"),
    _row("activation of a terminal", granted, "PAY-008"),
    _row("deactivation of a terminal", granted, "PAY-010"),
    _row("GET of a capture of its own", granted, "PAY-011"),
    _row("GET of a capture that it does not have", http(404), "PAY-011 TRN-025"),
    _row("PUT of a charge that is paid", granted, "SES-006 PAY-026"),
    _row("POST of a charge that is paid", granted, "CDR-007 PAY-026"),
    # Of a hub
    _row("list of an unknown party", status(4001), "HUB-021 HUB-010"),
    _row("list of an unknown party", not_an_http_error, "HUB-025"),
    _row("list of whoever it may be", refused, "HUB-039"),
    _row("object of whoever it may be", status(4000, 4001), "HUB-038"),
    _row("GET at the Receivers of all", refused, "HUB-033"),
    *(_row(f"PUT {module} to all", granted, "HUB-026") for module in ("locations", "tariffs", "tokens")),
    _row("PUT of a Session to one", granted, "HUB-007"),
    _row("list of one", granted, "HUB-007"),
    _row("object of one that is not named", granted, "HUB-036 HUB-037"),
    _row("list of one that left", status(4003), "HUB-023"),
    # Charging profiles, and the clients of a hub
    *(
        _row(f"{method} of a charge", granted, f"CHP-001 {id}")
        for method, id in (("GET", "CHP-002"), ("PUT", "CHP-003"), ("DELETE", "CHP-004"))
    ),
    _row("PUT of a client", granted, "HCI-003"),
    _row("GET of a client", granted, "HCI-003"),
    _row("GET of no session", granted, "CHP-001 CHP-002"),
    _row("PUT of no session", granted, "CHP-001 CHP-003"),
    _row("DELETE of no session", granted, "CHP-001 CHP-004"),
    *(_row(f"{method} of no session", result("UNKNOWN_SESSION"), "CHP-020") for method in ("GET", "PUT", "DELETE")),
    _row("GET without duration", status(2001, 2002), "CHP-002"),
    _row("GET without response_url", status(2001, 2002), "CHP-002"),
    _row("PUT without a profile", status(2001, 2002), "CHP-003"),
    _row("PUT of a profile without its unit", status(2001, 2002), "CHP-022"),
    # Commands
    _row("START_SESSION at no Location", status(2003), "CMD-019 CMD-020"),
    _row("START_SESSION at no Location", result("REJECTED"), "CMD-019"),
    _row("UNLOCK_CONNECTOR at no Location", either(status(2003), result("NOT_SUPPORTED")), "CMD-019 CMD-020"),
    _row("RESERVE_NOW at no Location", either(status(2003), result("NOT_SUPPORTED")), "CMD-019 CMD-034"),
    _row("STOP_SESSION of no session", result("UNKNOWN_SESSION"), "CMD-021"),
    _row("CANCEL_RESERVATION of none", result("REJECTED", "NOT_SUPPORTED", "ACCEPTED"), "CMD-040 CMD-002"),
    _row("START_SESSION with a stranger's Token", refused, "CMD-033"),
    _row("START_SESSION with a Connector and no EVSE", refused, "CMD-025"),
    _row("START_SESSION without response_url", status(2001, 2002), "CMD-023"),
    _row("a command that is none", either(http(404), result("NOT_SUPPORTED")), "CMD-004"),
    *(_row(f"{method} of a command", http(404, 405), "CMD-003") for method in ("GET", "PUT", "PATCH", "DELETE")),
    _row("START_SESSION", granted, "CMD-005"),
)

# Valid JSON, to something that is there, from somebody who may: how it went is for the status to say.
SAID_BY_STATUS = frozenset(
    {
        "PATCH without last_updated",
        "PATCH of a required field to null",
        "PUT that lacks a field",
        "PUT with a text that is too long",
        "PUT with a date that is none",
        "PUT with another id",
        "PUT with another owner",
        "POST that lacks a field",
        "POST of another under its id",
        "offset that is no number",
        "date that is none",
        "START_SESSION without response_url",
        "authorize at a place without its id",
    }
)


def what_of(step: str) -> str:
    """A step without its module."""
    return step.partition(": ")[2] or step


_BY_WHAT: dict[str, list[Expected]] = {}
for _one in EXPECTED:
    _BY_WHAT.setdefault(_one.what, []).append(_one)


@shows(*sorted({id for row in EXPECTED for ids in (row.ids, *row.by_module.values()) for id in ids}))
def answers_are_as_expected(record: Record) -> Iterator[Finding]:
    for one in record.ours:
        rows = _BY_WHAT.get(one.step) or _BY_WHAT.get(what_of(one.step), [])
        for row in rows:
            ids = (*row.ids, *row.by_module.get(one.module or "", ()))
            yield from found(ids, one, row.outcome(one))


@shows("TRN-023", "TRN-024")
def what_ocpi_has_a_status_for_is_no_http_error(record: Record) -> Iterator[Finding]:
    for one in record.ours:
        if what_of(one.step) in SAID_BY_STATUS:
            yield from found(("TRN-023", "TRN-024"), one, not_an_http_error(one))
