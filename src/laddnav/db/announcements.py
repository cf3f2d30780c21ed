"""What an event costs the Unit that announces it: a row of its own, and one job for each who hears it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Raw

from laddnav.db.events import Event
from laddnav.db.rows import Lines, Write, as_it_is
from laddnav.kit import json

ANNOUNCE = Lines(
    "insert into event (holder, kind, about, body, at) select * from {rows}",
    {
        "holder": "text",
        "kind": "text",
        "about": "text",
        "body": "text",
        "at": "timestamptz",
    },
)
ASK_LISTENERS = Lines(
    """
insert into job (holder, listener, about, kind, body, run_at) select * from {rows}
on conflict (holder, listener, kind, about) where attempts = 0 and about <> ''
do update set body = excluded.body
""",
    {
        "holder": "text",
        "listener": "text",
        "about": "text",
        "kind": "text",
        "body": "text",
        "run_at": "timestamptz",
    },
)


def writes(
    announced: Sequence[Event], listeners_of: Callable[[Event], Iterable[str]], now: datetime
) -> Iterator[Write]:
    """In the order in which they are to be written."""
    if not announced:
        return
    rows = [(str(e.holder), type(e).__name__, e.about, as_it_is(json.encode(e).decode()), now) for e in announced]
    yield ANNOUNCE, rows
    # Sorted, and each row once, so that two Units that ask the same listeners never wait for each other in a ring.
    jobs: dict[tuple[str, str, str, str], list[Raw | str]] = {}
    for event, (holder, kind, about, body, _) in zip(announced, rows, strict=True):
        for listener in listeners_of(event):
            bodies = jobs.setdefault((holder, listener, "" if event.each else about, kind), [])
            bodies[:] = [*bodies, body] if event.each else [body]
    if jobs:
        yield ASK_LISTENERS, [(*key, body, now) for key, bodies in sorted(jobs.items()) for body in bodies]
