"""Who may do what, how long a visit lasts, and how long a failed sign-in makes the next one wait."""

import hmac
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import NamedTuple

from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.people.model import Role, Visitor

FIRST_NAME = "operator"  # of the account that the first start makes
NAME_MAX = 60
PASSWORD_MIN = 12  # characters; length is what makes a password hard to guess, so nothing else is asked of it
PASSWORD_MAX = 1000  # hashing a longer one would be work for us and no gain for anybody

# Lengths of time of a clock on the wall, whatever the speed of ours.
NEWS = timedelta(minutes=1)  # seen again within this: not worth a write

LINK = timedelta(minutes=15)  # a link that is mailed opens for so long, once
LINKS_MAX = 3  # on their way to one customer at a time, so that nobody fills a stranger's letter box

FREE_FAILURES = 5  # by one hand: about one name from one origin; a person mistypes, and then each doubles the wait
ORIGIN_FREE = 100  # an hour from one origin, where a whole town may stand behind one address
# An hour about one name from everywhere: what one origin may fail at it several times over, so that no stranger uses it
# up alone, and far from guessing a password.
EVERYWHERE_FREE = 300
WAIT_MAX = timedelta(
    minutes=1
)  # slowed down, not locked out: a stranger who keeps guessing must not keep the owner away for long
FORGOTTEN = timedelta(hours=1)  # quiet for so long: the failures are forgotten
VISITS_KEPT = timedelta(days=90)  # after their end, for whoever asks who was here

# A door names the role that it is for; this is whose doors each role opens. What is not here is shut: who is of one
# fleet or is one customer may nothing that does not name that role, and what names it looks whose it is. Money and the
# network are apart, so that nobody but an admin can both make a charge and pay it back.
OPENS: Mapping[Role, frozenset[Role]] = {
    Role.DRIVER: frozenset({Role.DRIVER}),
    Role.FLEET: frozenset({Role.FLEET}),
    Role.VIEWER: frozenset({Role.VIEWER, Role.FLEET}),
    Role.SUPPORT: frozenset({Role.SUPPORT, Role.VIEWER, Role.FLEET}),
    Role.FINANCE: frozenset({Role.FINANCE, Role.VIEWER, Role.FLEET}),
    Role.OPERATOR: frozenset({Role.OPERATOR, Role.SUPPORT, Role.VIEWER, Role.FLEET}),
    Role.ADMIN: frozenset({Role.ADMIN, Role.OPERATOR, Role.FINANCE, Role.SUPPORT, Role.VIEWER, Role.FLEET}),
}


class Lasting(NamedTuple):
    """A visit ends when it was not seen for so long, and however much it is used, so long after it began."""

    unseen: timedelta
    altogether: timedelta


# Who moves money or runs the network shows once a working day that it is still them; who only looks may be a screen on
# a wall. A driver's link is mailed, and who comes back within the week needs no other.
_AT_WORK = Lasting(unseen=timedelta(hours=12), altogether=timedelta(hours=12))
_ON_A_WALL = Lasting(unseen=timedelta(hours=12), altogether=timedelta(days=30))
LASTS: Mapping[Role, Lasting] = {
    Role.DRIVER: Lasting(unseen=timedelta(days=7), altogether=timedelta(days=30)),
    Role.FLEET: _ON_A_WALL,
    Role.VIEWER: _ON_A_WALL,
    Role.SUPPORT: _AT_WORK,
    Role.FINANCE: _AT_WORK,
    Role.OPERATOR: _AT_WORK,
    Role.ADMIN: _AT_WORK,
}
CUSTOMERS = (Role.DRIVER, Role.FLEET)  # who is not of the house


class WrongNameOrPassword(Refusal):
    """No account that may sign in has this name and password; which of the two is wrong is not told."""

    def __init__(self) -> None:
        super().__init__("Name or password is wrong")


class LinkOver(Refusal):
    """This link was used, is older than a quarter of an hour, or never was one; which of them is not told."""

    def __init__(self) -> None:
        super().__init__("This link opens nothing any more; ask for another one")


class TooManyAttempts(Refusal):
    """One of these was tried too often; the next one is looked at after `wait` (by a clock on the wall)."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"Too many attempts; try again in {max(1, round(wait.total_seconds()))} seconds")
        self.wait = wait


class NotAllowed(Refusal):
    """This needs another role, which is named with all that could, or another party's key."""

    def __init__(self, *needed: Role) -> None:
        self.could = who_may(*needed)
        *others, last = self.could
        super().__init__(f"This needs the role {', '.join(others)}{' or ' if others else ''}{last}")


class ForgedRequest(Refusal):
    """The form does not carry the token of this visit, so another site may have sent it."""

    def __init__(self) -> None:
        super().__init__("This form is not from your visit; load the page again")


class NameTaken(Refusal):
    """Another account has this name; case does not tell names apart."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is an account named {name} already")
        self.name = name


class NotAName(Refusal):
    """A name has 1 to 60 printable characters and no space at its ends."""

    def __init__(self) -> None:
        super().__init__(f"A name has 1 to {NAME_MAX} printable characters and no space at its ends")


class PasswordTooShort(Refusal):
    """A password has at least twelve characters."""

    def __init__(self) -> None:
        super().__init__(f"A password has at least {PASSWORD_MIN} characters")


class PasswordTooLong(Refusal):
    """A password has at most a thousand characters."""

    def __init__(self) -> None:
        super().__init__(f"A password has at most {PASSWORD_MAX} characters")


class WhichFleet(Refusal):
    """Somebody of the role fleet is of one fleet, and nobody else is."""

    def __init__(self) -> None:
        super().__init__("Who has the role fleet is of one fleet; who has another role is of none")


class WhichCustomer(Refusal):
    """Somebody of the role driver is one customer, and nobody else is."""

    def __init__(self) -> None:
        super().__init__("Who has the role driver is one customer; who has another role is none")


class UnknownAccount(Refusal):
    """No account has this id."""

    def __init__(self, account_id: str) -> None:
        super().__init__(f"There is no account {account_id}")
        self.account_id = account_id


class UnknownVisit(Refusal):
    """No open visit has this id."""

    def __init__(self, visit_id: str) -> None:
        super().__init__(f"There is no open visit {visit_id}")
        self.visit_id = visit_id


class UnknownKey(Refusal):
    """No key in use has this id."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"There is no API key {key_id} in use")
        self.key_id = key_id


class LastAdmin(Refusal):
    """Somebody must be able to let others in."""

    def __init__(self) -> None:
        super().__init__("This is the last admin who can sign in; make another one first")


def opens(role: Role, *doors: Role) -> bool:
    """Whether who has this role may do what is for any of these."""
    return not OPENS[role].isdisjoint(doors)


def who_may(*doors: Role) -> tuple[Role, ...]:
    """Every role that opens what is for any of these, who may least first."""
    return tuple(role for role in Role if opens(role, *doors))


def allows(visitor: Visitor | None, *needed: Role) -> bool:
    """What is for any of these roles. Nobody is allowed nothing."""
    return visitor is not None and opens(visitor.role, *needed)


def require(visitor: Visitor | None, *needed: Role) -> Visitor:
    """Raises NotAllowed."""
    if visitor is None or not allows(visitor, *needed):
        raise NotAllowed(*needed)
    return visitor


def sees(visitor: Visitor, holder: PartyId) -> bool:
    """A key bound to one party sees and touches what that party holds, and nothing else."""
    return visitor.holder is None or visitor.holder == holder


def check_whose(role: Role, fleet: str | None, customer: str | None) -> None:
    """That a customer is said where the role is one, and only there. Raises WhichFleet, WhichCustomer."""
    if (role is Role.FLEET) != (fleet is not None):
        raise WhichFleet
    if (role is Role.DRIVER) != (customer is not None):
        raise WhichCustomer


def check_csrf(visitor: Visitor, token: str | None) -> None:
    """Programs with a key need none: a browser never sends their secret by itself. Raises ForgedRequest."""
    if visitor.visit is None:
        return
    if token is None or not hmac.compare_digest(visitor.visit.csrf.encode(), token.encode()):
        raise ForgedRequest


def checked_name(name: str) -> str:
    """Raises NotAName."""
    if not 0 < len(name) <= NAME_MAX or name != name.strip() or not name.isprintable():
        raise NotAName
    return name


def checked_password(password: str) -> str:
    """Raises PasswordTooShort, PasswordTooLong."""
    if len(password) < PASSWORD_MIN:
        raise PasswordTooShort
    if len(password) > PASSWORD_MAX:
        raise PasswordTooLong
    return password


def neighbourhood(address: str) -> str:
    """As much of an address as one person may have for the asking: of IPv6 that is a network of 2^64."""
    try:
        one = ip_address(address)
    except ValueError:
        return address
    if isinstance(one, IPv4Address):
        return str(one)
    return str(one.ipv4_mapped or IPv6Network((int(one) >> 64 << 64, 64)))


def wait_after(failures: int, free: int = FREE_FAILURES) -> timedelta:
    """By a clock on the wall: nothing at first, then 1, 2, 4 … seconds, at most WAIT_MAX."""
    if failures <= free:
        return timedelta()
    doublings = min(failures - free - 1, 10)
    return min(timedelta(seconds=1 << doublings), WAIT_MAX)
