"""`laddnav conform`: tests somebody else's OCPI endpoint against the catalogue of requirements."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from laddnav.cli import saying
from laddnav.cli.opening import Json
from laddnav.cli.typed import application
from laddnav.cli.words import WrongCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from laddnav.ocpi.conform.record import Record
    from laddnav.ocpi.conform.run import Order
    from laddnav.ocpi.conform.verdicts import Verdict

app = application()


@app.command()
def conform(
    versions_url: Annotated[str, typer.Argument(metavar="VERSIONS_URL", help="As the partner gave it")],
    token: Annotated[str, typer.Option(help="Token A, as the partner gave it; good for one run")],
    role: Annotated[
        str | None,
        typer.Option("--as", metavar="ROLE", help="What the tester plays (CPO EMSP NSP PTP SCSP HUB), else what fits"),
    ] = None,
    theirs: Annotated[
        str | None,
        typer.Option("--of", metavar="ROLE", help="What the partner is: CPO, HUB and so on; else as it seems"),
    ] = None,
    second: Annotated[
        str | None, typer.Option("--second-token", help="Of a hub: token A for a party on its other side")
    ] = None,
    version: Annotated[str | None, typer.Option(help="Such as 2.2.1; else the newest that both speak")] = None,
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where the tester's own endpoint listens")] = (
        "127.0.0.1:0"
    ),
    public_url: Annotated[str | None, typer.Option(help="How the partner reaches that endpoint")] = None,
    party: Annotated[str, typer.Option(metavar="NL*LNC", help="Who the tester is")] = "NL*LNC",
    evse: Annotated[
        str | None, typer.Option(metavar="LOCATION/EVSE", help="Where a real charge may be started; else none is")
    ] = None,
    wait: Annotated[float, typer.Option(min=0, max=3600, help="Seconds in which the partner may push")] = 0,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="A report to send to the partner")] = None,
    json: Json = False,
) -> int:
    """Register with a partner, ask it everything, and say what it does right and wrong; status 1 with a failed MUST."""
    from laddnav.kit.ids import PartyId
    from laddnav.ocpi.conform.run import Order

    us = PartyId.parse(party)
    order = Order(
        versions_url=versions_url,
        token=token,
        our_role=role and role.strip().upper(),
        their_role=theirs and theirs.strip().upper(),
        version=version,
        party=(us.country, us.party),
        second=second,
        evse=_evse(evse),
        wait=timedelta(seconds=wait),
    )
    host, port = _address(listen)
    _reachable(versions_url, host, public_url)
    record = asyncio.run(_run(order, host, port, public_url))
    return _told(record, html, as_json=json)


def _told(record: Record, html: Path | None, *, as_json: bool) -> int:
    from laddnav.ocpi.conform.report import as_html, as_words, failed_musts
    from laddnav.ocpi.conform.verdicts import judged

    verdicts = judged(record)
    if html is not None:
        html.write_text(as_html(record, verdicts), encoding="utf-8")
        print(f"report: {html}", file=sys.stderr)
    if as_json:
        saying.one(as_words(record, verdicts), as_json=True)
    else:
        _in_words(record, verdicts)
    return 1 if failed_musts(verdicts) else 0


def _in_words(record: Record, verdicts: Sequence[Verdict]) -> None:
    """What failed, MUSTs first, and how many of each there are."""
    from laddnav.ocpi.conform.verdicts import Outcome

    failed = sorted((one for one in verdicts if one.outcome is Outcome.FAIL), key=lambda one: not one.broken)
    rows = [(one.requirement.id, one.requirement.level.value, record.masked(one.reason)) for one in failed]
    for row in saying.table(rows) if rows else ():
        print(row)
    counts: dict[str, Any] = {outcome.value: 0 for outcome in Outcome}
    for verdict in verdicts:
        counts[verdict.outcome.value] += 1
    print(", ".join(f"{count} {name}" for name, count in counts.items()))


async def _run(order: Order, host: str, port: int, public_url: str | None) -> Record:
    """On SIGINT the peer is told goodbye before we go."""
    from laddnav.ocpi.conform.run import listening, run
    from laddnav.server.clock import WallClock

    async with listening(host, port) as (door, bound):
        where = public_url or f"http://{f'[{host}]' if ':' in host else host}:{bound}"
        work = asyncio.ensure_future(run(order, where, WallClock(), door.put, tell=_tell))
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, work.cancel)
        try:
            return await work
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        finally:
            loop.remove_signal_handler(signal.SIGINT)


def _tell(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


def _address(text: str) -> tuple[str, int]:
    """Raises WrongCall."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise WrongCall(f"{text!r} is no HOST:PORT")
    return host.strip("[]"), int(port)


def _evse(text: str | None) -> tuple[str, str] | None:
    """Raises WrongCall."""
    if text is None:
        return None
    location, _, uid = text.rpartition("/")
    if not location or not uid:
        raise WrongCall(f"{text!r} is no LOCATION/EVSE")
    return location, uid


def _reachable(versions_url: str, host: str, public_url: str | None) -> None:
    """A partner elsewhere must be able to call back. Raises WrongCall."""
    theirs = urlsplit(versions_url)
    if theirs.scheme not in ("http", "https") or not theirs.hostname:
        raise WrongCall(f"{versions_url!r} is no URL")
    here = ("127.0.0.1", "localhost", "::1")
    if public_url is None and host in here and theirs.hostname not in here:
        raise WrongCall(
            f"{theirs.hostname} cannot call back to {host}; say --listen and --public-url, "
            "for registering needs both ways"
        )
