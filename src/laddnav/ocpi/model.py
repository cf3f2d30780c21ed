"""A connection to a partner, and what travels on it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.ocpi.deviations.policy import Policy, SharedWith, Shares
from laddnav.ocpi.wire.commands import CommandState
from laddnav.ocpi.wire.handshake import CredentialsRole, Endpoint, Interface, Module, State, opposite
from laddnav.ocpi.wire.paging import joined
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role


class Tls(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In PEM: `trusted` are authorities, or the very certificates that a partner shows, in place of the system's.

    `certificate` is what we show, with those above it; its key is kept apart.
    """

    trusted: str = ""
    certificate: str = ""


class Connection(Struct, frozen=True, kw_only=True):
    """One of our parties in one role, and whoever is at the other end of the line that it speaks on.

    A line is what two platforms have between them: one token each way, one version, one health. Others of us may speak
    on the same `line`, and what one of them changes about it is so for all. `leaving`: they are being told that this
    one speaks there no more.

    `party` is whom of them we chiefly deal with; None until they have said who they are. `offers` are the versions that
    they listed when we last looked. `failures` and `troubles` count calls in a row that did not get through, and
    answers in a row that were trouble. `waiting` and `dead` count what is to be delivered to them, and what a person
    should look at.

    `hub` passes messages on to others, as this party: `behind` are those that it told of, `away` those of them whom it
    cannot reach now, and `elsewhere` is who speaks to us on a line of its own.
    """

    holder: PartyId
    id: str
    ref: str
    line: str
    our_role: Role
    state: State
    name: str
    version: str
    party: PartyId | None = None
    their_role: Role | None = None
    roles: tuple[CredentialsRole, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    versions_url: str | None = None
    policy: Policy = Policy()
    registered_at: datetime | None = None
    last_heard_at: datetime | None = None
    last_reached_at: datetime | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None
    failures: int = 0
    troubles: int = 0
    turned_away: int = 0
    turned_away_at: datetime | None = None
    retry_at: datetime | None = None
    created_at: datetime
    hub: PartyId | None = None
    behind: frozenset[PartyId] = frozenset()
    away: frozenset[PartyId] = frozenset()
    elsewhere: frozenset[PartyId] = frozenset()
    offers: tuple[str, ...] = ()
    tls_changed_at: datetime | None = None
    leaving: bool = False
    waiting: int = 0
    dead: int = 0

    @property
    def parties(self) -> frozenset[PartyId]:
        """Whose objects may come from there. A hub speaks for nobody who speaks to us without it, nor for ourselves."""
        own = frozenset(one.party for one in self.roles)
        if self.hub is None:
            return own
        named = frozenset(PartyId.parse(one) for one in self.policy.hub.behind)
        return (own | self.behind | named) - self.elsewhere - {self.holder}

    @property
    def hosts(self) -> frozenset[str]:
        """Of its endpoints, as it listed them, and those at which it may want to hear results beside them."""
        urls = (self.versions_url or "", *(one.url for one in self.endpoints))
        return frozenset(self.policy.calls.results_at).union(host for url in urls if (host := urlsplit(url).hostname))

    @property
    def claimed(self) -> frozenset[PartyId]:
        """Who comes from there and from nowhere else: of a hub that is the hub alone."""
        return frozenset(one.party for one in self.roles) if self.hub is None else frozenset({self.hub})

    @property
    def serves_each(self) -> bool:
        """Whether a hub leaves it to us to tell and to ask each party behind it."""
        return self.hub is not None and self.policy.hub.each

    @property
    def chief(self) -> PartyId | None:
        """To whom a message goes that is for nobody in particular: a hub passes it on to all whom it is for."""
        return self.hub or self.party

    @property
    def shares(self) -> Shares:
        """What of ours is for them now: of what is not published, that which names a Token of theirs."""
        shares = self.policy.shares
        return SharedWith.parties(shares, self.parties) if shares.published_only else shares

    @property
    def counterparts(self) -> tuple[PartyId, ...]:
        """With whom of them we deal in our role; through a hub, with the hub."""
        theirs = dict.fromkeys(one.party for one in self.roles if one.role is opposite(self.our_role))
        if theirs and self.hub is None:
            return tuple(theirs)
        return () if self.chief is None else (self.chief,)

    @property
    def addressee(self) -> PartyId | None:
        """Whom a message names that names nobody itself: nobody, where it may be for any of several."""
        return self.chief if len(self.counterparts) < 2 else None

    @property
    def encodes_token(self) -> bool:
        """Whether the token that we show them is in Base64: as their version says, or as they want it."""
        raw = self.policy.calls.raw_token
        return VERSIONS[self.version].encodes_token if raw is None else not raw

    def endpoint(self, module: Module, interface: Interface) -> str | None:
        """None: the partner does not offer it, its version has no such thing, or it is not spoken with this one."""
        if module not in VERSIONS[self.version].modules or module in self.policy.shares.without:
            return None
        for one in self.endpoints:
            # The role of a credentials endpoint says nothing (OCPI 2.2.1 version_information_endpoint_endpoint_class).
            if one.identifier == module.offered_as and (one.role is interface or module is Module.CREDENTIALS):
                return joined(one.url, *module.path) if module.path else one.url
        return None

    def has(self, url: str) -> bool:
        """Whether it is one of its endpoints as it lists them now, or something below one."""
        roots = (one.url.partition("?")[0].rstrip("/") for one in self.endpoints)
        return any(url == root or url.startswith((f"{root}/", f"{root}?")) for root in roots)


class Invitation(Struct, frozen=True, kw_only=True):
    """What a partner needs to register with us, told to it outside OCPI; `token` (A) is shown this once."""

    connection_id: str
    token: str
    versions_url: str

    def __repr__(self) -> str:
        """Without the token."""
        return f"Invitation({self.connection_id} at {self.versions_url})"


class Delivery(Struct, frozen=True, kw_only=True):
    """One object that a partner has to hear of. `body` None: read when it is sent, so that the newest wins.

    `to` is the one party there that it concerns; None: whoever is there. `path` is where a command's result goes; of
    everything else it says for a person what is told.
    """

    holder: PartyId
    connection_id: str
    module: Module
    object_key: str
    to: PartyId | None = None
    id: int
    method: str
    path: str
    body: bytes | None
    queued_at: datetime
    run_at: datetime
    attempts: int
    version: int
    delivered_at: datetime | None = None
    dead_at: datetime | None = None
    last_error: str | None = None
    location_url: str | None = None

    @property
    def state(self) -> str:
        """waiting, done or dead."""
        if self.dead_at is not None:
            return "dead"
        return "waiting" if self.delivered_at is None else "done"


class Loss(Struct, frozen=True, kw_only=True):
    """One field of ours that a version has no words for, or `*` for objects that it cannot say at all.

    `objects` is of how many that is so; `example` names one of them.
    """

    module: Module
    field: str
    objects: int
    example: str


class Message(Struct, frozen=True, kw_only=True):
    """One request to a partner, as it is to be sent."""

    method: str
    url: str
    body: bytes | None


class Exchange(Struct, frozen=True, kw_only=True):
    """One request and its answer, as the log keeps them: who, what, how it went, and never a token.

    Of one that failed, both bodies are there, but for what is secret in them. `delivery` is what it was to deliver.
    """

    holder: PartyId
    connection_id: str
    id: str
    at: datetime
    direction: str  # "in" or "out"
    method: str
    url: str
    http_status: int | None
    ocpi_status: int | None
    problem: str | None
    request_id: str
    correlation_id: str
    took_ms: int
    delivery: int | None = None
    request_body: str | None = None
    response_body: str | None = None

    @property
    def failed(self) -> bool:
        """Also where it was not ours to judge."""
        return self.problem is not None or (self.http_status or 0) >= 400 or (self.ocpi_status or 0) >= 2000


class Deed(StrEnum):
    """How a handshake comes about."""

    REGISTER = "register"  # we register with them
    ACCEPT = "accept"  # they register with us, or renew
    RENEW = "renew"  # we renew, or speak another version, or as others of us


class Stage(StrEnum):
    """What is done in a handshake, in this order."""

    VERSIONS = "versions"  # fetched from them
    CHOICE = "choice"  # of the version
    DETAILS = "details"  # of that version, fetched from them
    CREDENTIALS = "credentials"  # of ours, sent
    TOKEN = "token"  # of theirs, taken
    DEMANDS = "demands"  # of theirs, held against what is ours
    PULLS = "pulls"  # of what is theirs, asked for


class HandshakeStep(Struct, frozen=True, kw_only=True):
    """One thing that was done in a handshake; `ended_at` None: it goes on, or broke off with its process.

    `request` and the numbers are those of the last call that it made, where it made one. `said` is what came of it, or
    what was wrong; `trouble` names the latter for programs.
    """

    line: str
    handshake: str
    number: int
    deed: Deed
    stage: Stage
    began_at: datetime
    ended_at: datetime | None = None
    request: str | None = None
    http_status: int | None = None
    ocpi_status: int | None = None
    said: str | None = None
    trouble: str | None = None


class Report(Struct, frozen=True, kw_only=True):
    """What the tester found, counted: `failed` are MUSTs, `advised` SHOULDs and MAYs that failed."""

    made_at: datetime
    version: str
    passed: int
    failed: int
    advised: int
    unseen: int


class Examination(Struct, frozen=True, kw_only=True):
    """The last run of the tester with a partner, and the last `report` there is; `ended_at` None: the run goes on.

    `step` is what was asked last, `problem` why the run has no report.
    """

    holder: PartyId
    connection_id: str
    run: str
    began_at: datetime
    step: str
    stopping: bool = False
    ended_at: datetime | None = None
    problem: str | None = None
    report: Report | None = None


class Looked(Struct, frozen=True, kw_only=True):
    """What somebody looks for among exchanges: `words` in the URL, the problem or an id; `failed`: only what did."""

    words: str = ""
    direction: str | None = None
    failed: bool = False


class Pull(Struct, frozen=True, kw_only=True):
    """How far we have got in fetching one module from a partner. Everything changed before `up_to` is here.

    `party` is the one behind a hub whose list it is; None: it is of everybody there. Until `whole_at` the two sides are
    the same, changed or not; `gone` is what was missing then, and `corrected` what had been dated too late. Who fetches
    it has it until `claimed_until`.
    """

    holder: PartyId
    connection_id: str
    module: Module
    party: PartyId | None = None
    due_at: datetime
    up_to: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    seen: int = 0
    skipped: int = 0
    next_url: str | None = None
    last_error: str | None = None
    whole_at: datetime | None = None
    gone: int = 0
    corrected: int = 0
    claimed_until: datetime | None = None


class KeptCommand(Struct, frozen=True, kw_only=True):
    """A request that came in or that we sent, and whose result follows at `response_url`.

    `kind` is a CommandType, or what was asked about a charging profile. `session_id` names what it is about, if known.
    `party` is who of them asked or was asked. `asked_for` is the request of another partner for which we ask.
    """

    holder: PartyId
    id: str
    connection_id: str
    direction: str  # "in" or "out"
    kind: str
    body: bytes
    response_url: str | None
    state: CommandState
    result: str | None
    session_id: str | None
    asked_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    party: PartyId | None = None
    asked_for: str | None = None
