"""Account, Visit, ApiKey, and the Visitor that a request comes from."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId


class Role(StrEnum):
    """What somebody is here to do; `rules.OPENS` says what of the others' doors each opens as well.

    DRIVER and FLEET are customers: of one customer, or of one fleet, all is theirs to see and to change, and no more.
    The others are of the house: VIEWER looks, SUPPORT helps drivers, FINANCE moves money, OPERATOR runs the network,
    ADMIN lets partners and people in.
    """

    DRIVER = "driver"
    FLEET = "fleet"
    VIEWER = "viewer"
    SUPPORT = "support"
    FINANCE = "finance"
    OPERATOR = "operator"
    ADMIN = "admin"


class Account(Struct, frozen=True, kw_only=True):
    """Somebody who signs in by name and password. `disabled_at` None: may sign in.

    `fleet` is the ref of the one that somebody of Role.FLEET is of, `customer` that of who has Role.DRIVER, and comes
    by links that are mailed, never by a password.
    """

    id: str
    name: str
    role: Role
    language: str
    created_at: datetime
    disabled_at: datetime | None = None
    fleet: str | None = None
    customer: str | None = None


class Visit(Struct, frozen=True, kw_only=True):
    """A signed-in browser. It ends when it was not seen for long enough, or when somebody ends it."""

    id: str
    account_id: str
    csrf: str
    device: str
    started_at: datetime
    seen_at: datetime
    expires_at: datetime

    def __repr__(self) -> str:
        """Without what its forms carry."""
        return f"Visit({self.id} of {self.account_id})"


class ApiKey(Struct, frozen=True, kw_only=True):
    """What a program shows. `holder` None: it speaks for the whole installation. `fleet`, `customer`: as of Account."""

    id: str
    name: str
    role: Role
    holder: PartyId | None
    created_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    fleet: str | None = None
    customer: str | None = None


class Visitor(Struct, frozen=True, kw_only=True):
    """Who a request comes from. `visit` None: a program with an API key. `holder` None: sees the whole installation."""

    id: str
    name: str
    role: Role
    holder: PartyId | None
    language: str
    visit: Visit | None = None
    fleet: str | None = None  # of whom Role.FLEET is; without one, they see nothing
    customer: str | None = None  # who Role.DRIVER is; without one, they see nothing


class SignedIn(Struct, frozen=True):
    """`secret` goes into the cookie and is kept nowhere else."""

    secret: str
    visit: Visit

    def __repr__(self) -> str:
        """Without the secret."""
        return f"SignedIn({self.visit!r})"


class NewKey(Struct, frozen=True):
    """`secret` is shown once and kept nowhere."""

    secret: str
    key: ApiKey

    def __repr__(self) -> str:
        """Without the secret."""
        return f"NewKey({self.key!r})"


class Deed(Struct, frozen=True, kw_only=True):
    """Somebody did something; `who` is a name as it was then, `deed` a verb, `about` the thing it was done to."""

    id: str
    at: datetime
    who: str
    deed: str
    about: str
    detail: str = ""
