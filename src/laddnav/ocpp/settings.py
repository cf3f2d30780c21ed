"""What an installation decides about what it keeps of stations."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct


class Keeping(Struct, frozen=True, kw_only=True):
    """How long what is over is kept."""

    messages: timedelta = timedelta(days=180)  # an invoice is disputed within months, if at all
    security: timedelta = timedelta(days=400)  # what nobody noticed at once is looked for within a year
