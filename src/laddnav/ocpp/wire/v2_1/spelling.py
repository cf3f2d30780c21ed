"""How fields of ours are spelt in OCPP 2.1, where a struct has the same ones under other names."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from laddnav.kit.time import rfc3339


def spelt(value: Any) -> Any:
    """What is None is not said."""
    if isinstance(value, Struct):
        fields = ((name, getattr(value, name)) for name in value.__struct_fields__)
        return {camel(name): spelt(said) for name, said in fields if said is not None}
    if isinstance(value, tuple):
        return [spelt(one) for one in value]
    return rfc3339(value) if isinstance(value, datetime) else value


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
