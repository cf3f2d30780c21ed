"""What the database does not take or do, told by whose move is next: the caller's, or nobody's but time's."""

from __future__ import annotations

import asyncpg
import structlog

from laddnav.db.pool import GONE
from laddnav.kit.refusal import Refusal, Trouble

log = structlog.get_logger()

HUNG_UP = (*GONE, asyncpg.AdminShutdownError)
UNSTORABLE = (
    asyncpg.CharacterNotInRepertoireError,
    asyncpg.NumericValueOutOfRangeError,
    asyncpg.UntranslatableCharacterError,
)


class Unreachable(Trouble):
    """The database does not answer."""


class Unstorable(Refusal):
    """A text with NUL in it or that is no UTF-8, or a number beyond its column, can neither be kept nor found."""

    def __init__(self) -> None:
        # What it was is not repeated: it may be anything, also a secret.
        super().__init__("A text with NUL in it or that is no UTF-8, or a number too large, cannot be kept or found")


class Collided(Trouble):
    """Two Units waited for each other, and this one gave way; it may be tried again at once."""


class Overtaken(Trouble):
    """What a Unit went by has changed meanwhile; it may be tried again at once."""


class MadeMeanwhile(Trouble):
    """Somebody else made the same meanwhile; it may be tried again at once, and is told then what there is."""


class Undone(AssertionError):
    """The Unit was refused before its end and somebody went on as though it had not been: a slip of ours."""


class Refusals:
    """What PostgreSQL does not take, told by whose move is next.

    Raises Unreachable, Collided, Overtaken, MadeMeanwhile, Unstorable.
    """

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        if isinstance(error, HUNG_UP):
            raise Unreachable(f"The database hung up: {error}") from error
        if isinstance(error, asyncpg.SerializationError):
            raise Overtaken("What this Unit went by is not so any more; try again") from error
        if isinstance(error, asyncpg.DeadlockDetectedError):
            raise Collided("Somebody else changed the same at the same moment; try again") from error
        if isinstance(error, asyncpg.UniqueViolationError):
            # Whoever writes looks before, so it came between; where it never ends it is a slip of ours, and seen here.
            log.error("made_meanwhile", table=error.table_name, constraint=error.constraint_name)
            raise MadeMeanwhile("Somebody else made the same at the same moment; try again") from error
        if isinstance(error, UnicodeEncodeError):
            raise Unstorable from error
        if isinstance(error, asyncpg.DataError):
            beyond = isinstance(error.__cause__, (OverflowError, UnicodeEncodeError))
            if beyond or isinstance(error, UNSTORABLE):
                raise Unstorable from error


refusals = Refusals()


def in_common(error: Exception) -> bool:
    """Whether whatever is done next would meet it, too: the database is away, or busy.

    A key that is taken may be a slip of ours that recurs with one thing alone, and keeps no other waiting.
    """
    return isinstance(error, (OSError, Trouble)) and not isinstance(error, MadeMeanwhile)
