"""Commands whose words Typer reads: how they look, and how their wrong calls are told."""

from __future__ import annotations

import typer

from laddnav.cli.words import WrongCall


def application(does: str | None = None) -> typer.Typer:
    return typer.Typer(help=does, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def run(app: typer.Typer, name: str, words: list[str]) -> int:
    """Its exit status. Raises WrongCall, and whatever the command itself refuses with."""
    try:
        status = app(args=words, prog_name=f"laddnav {name}", standalone_mode=False)
    except typer.TyperException as error:
        path = getattr(getattr(error, "ctx", None), "command_path", f"laddnav {name}")
        raise WrongCall(f"{error.format_message().rstrip('.')}; see {path} --help") from error
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    return status if isinstance(status, int) else 0
