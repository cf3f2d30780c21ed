"""`laddnav`: the list of commands, and what their end means: 0 done, 1 the answer is no, 2 the call was wrong."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import typer

from laddnav.cli import bench, exports, imports, keys, parties, partners, serve, stations
from laddnav.kit.refusal import Refusal, Trouble

app = typer.Typer(
    name="laddnav",
    help="Runs a network of charging stations for electric cars on open standards.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("serve")(serve.serve)
app.add_typer(parties.app, name="party")
app.add_typer(partners.app, name="partner")
app.add_typer(stations.app, name="station")
app.add_typer(keys.app, name="api-key")
app.add_typer(imports.app, name="import")
app.add_typer(exports.app, name="export")
app.command("bench")(bench.bench)


def main() -> NoReturn:
    """A wrong call is told in one line on standard error, and has changed nothing."""
    try:
        status = app(prog_name="laddnav", standalone_mode=False)
    except typer.TyperException as error:
        path = getattr(getattr(error, "ctx", None), "command_path", "laddnav")
        _wrong(f"{error.format_message().rstrip('.')}; see {path} --help")
    except (Refusal, Trouble) as error:
        _wrong(str(error))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has seen enough; without this Python would complain once more on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    sys.exit(status if isinstance(status, int) else 0)


def _wrong(words: str) -> NoReturn:
    print("laddnav:", " ".join(words.split()), file=sys.stderr)
    sys.exit(2)
