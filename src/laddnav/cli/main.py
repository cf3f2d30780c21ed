"""`laddnav`: the list of commands, and what their end means: 0 done, 1 the answer is no, 2 the call was wrong.

Only the command that is called is loaded: a price is made in less time than it takes to import the server.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import NamedTuple, NoReturn, Protocol

from laddnav.kit.refusal import Refusal, Trouble


class Command(Protocol):
    @property
    def does(self) -> str: ...

    def run(self, name: str, words: list[str]) -> int: ...


class Plain(NamedTuple):
    """A function in `laddnav.cli` that reads its words itself (`cli/words.py`) and answers with its exit status."""

    module: str
    function: str
    does: str

    def run(self, name: str, words: list[str]) -> int:
        # For msgspec, which is as well served by the typing of our Python; it is a quarter of a price's whole time.
        module = _load(f"laddnav.cli.{self.module}", without="typing_extensions")
        status: int = getattr(module, self.function)(words)
        return status


class Typed(NamedTuple):
    """The Typer `app` of a module in `laddnav.cli`; importing Typer alone takes longer than a price."""

    module: str
    does: str

    def run(self, name: str, words: list[str]) -> int:
        from laddnav.cli import typed

        # For colours in a log of JSON lines, which has none.
        _load("structlog", without="rich")
        return typed.run(import_module(f"laddnav.cli.{self.module}").app, name, words)


def _load(module: str, *, without: str) -> ModuleType:
    """A module that asks for another whose import takes long, and does as well when it is told that there is none."""
    hides = without not in sys.modules
    if hides:
        sys.modules[without] = None  # type: ignore[assignment]  # Python's own way to say that there is none
    try:
        return import_module(module)
    finally:
        if hides:
            del sys.modules[without]


COMMANDS: dict[str, dict[str, Command]] = {
    "Prices": {
        "price": Plain("price", "price", "Price a CDR or a session, and say why every line costs what it costs"),
        "check-cdr": Plain("check", "check_cdr", "Price a partner's CDR again and say whether it is right"),
        "credit-cdr": Plain("check", "credit_cdr", "Write the CDR that takes another back"),
        "lint": Plain("tariff", "lint", "Find what is wrong with a Tariff, and how to mend it"),
        "explain": Plain("tariff", "explain", "Say a Tariff in plain words"),
        "budget": Plain("tariff", "budget", "How far an amount reaches: until how many kWh, for how long"),
        "verify": Plain(
            "verify", "verify", "Verify a signed meter record, and say whether energy may be billed from it"
        ),
        "reprice": Plain("reprice", "reprice", "What a month of CDRs would have cost under changed Tariffs"),
        "plan": Plain("plan", "plan", "Plan when sessions charge, at the least cost under one limit"),
    },
    "The network": {
        "serve": Typed("serve", "Serve pages, APIs, partners and stations until stopped"),
        "party": Typed("parties", "Our own parties"),
        "partner": Typed("partners", "Connections to other companies over OCPI"),
        "hub": Typed("hub", "A hub of ours: who reaches whom through it, and what passed through it"),
        "conform": Typed("conform", "Test somebody's OCPI endpoint, and report what it does right and wrong"),
        "compare-cdrs": Typed("compare", "Hold a partner's table of CDRs against ours"),
        "report": Typed("report", "What the network did: energy delivered and billed, and what was lost"),
        "station": Typed("stations", "The stations of our network"),
        "api-key": Typed("keys", "Keys of the operator API"),
        "import": Typed("imports", "Take over Locations, Tariffs or Tokens from a file"),
        "export": Typed("exports", "Write Locations, Tariffs, Tokens or CDRs as OCPI"),
        "bench": Typed("bench", "Measure this machine, and beside it the limit"),
    },
}


def main() -> NoReturn:
    """A wrong call is told in one line on standard error, and has changed nothing."""
    try:
        status = _run(sys.argv[1:])
        sys.stdout.flush()
    except (Refusal, Trouble) as error:
        _wrong(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has seen enough; without this Python would complain once more on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    sys.exit(status)


def _run(words: list[str]) -> int:
    if not words:
        _wrong("Missing command; see laddnav --help")
    name, *rest = words
    if name in ("--help", "-h"):
        print(_help())
        return 0
    for commands in COMMANDS.values():
        if name in commands:
            return commands[name].run(name, rest)
    _wrong(f"No such command {name!r}{_meant(name)}; see laddnav --help")


def _meant(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, [known for commands in COMMANDS.values() for known in commands], n=1)
    return f"; did you mean {close[0]}" if close else ""


def _help() -> str:
    width = max(len(name) for commands in COMMANDS.values() for name in commands)
    said = ["Usage: laddnav COMMAND [WORDS]...", "", "Runs a network of charging stations for electric cars on open"]
    said[-1] += " standards; `laddnav COMMAND --help` says what a command takes."
    for title, commands in COMMANDS.items():
        said += ["", f"{title}:", *(f"  {name:{width}}  {command.does}" for name, command in commands.items())]
    return "\n".join(said)


def _wrong(words: str) -> NoReturn:
    print("laddnav:", " ".join(words.split()), file=sys.stderr)
    sys.exit(2)
