"""Says at every endpoint of a description what it allows, or what it does not, and looks whether we break."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok
from schemathesis.generation.modes import GenerationMode
from schemathesis.schemas import APIOperation

MODES = tuple(GenerationMode)
ALLOWED = GenerationMode.POSITIVE


def fuzz(
    description: Mapping[str, Any],
    url: str,
    authorization: str,
    *,
    examples: int,
    modes: Iterable[GenerationMode] = (ALLOWED,),
    known: Mapping[str, str] | None = None,
) -> None:
    """`known` names what there is, by parameter or field, so that not everything ends at what there is not."""
    with requests.Session() as session:
        session.headers["Authorization"] = authorization
        for found in schemathesis.openapi.from_dict(dict(description)).get_all_operations():
            assert isinstance(found, Ok)
            for mode in modes:
                _fuzz(found.ok(), mode, url, session, examples, known or {})


def _fuzz(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    url: str,
    session: requests.Session,
    examples: int,
    known: Mapping[str, str],
) -> None:
    # No deadline: how long one takes says more about the machine.
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=examples, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(case: Any) -> None:
        if mode is ALLOWED:
            case.path_parameters |= {name: value for name, value in known.items() if name in case.path_parameters}
            if isinstance(case.body, dict):
                case.body |= {name: value for name, value in known.items() if name in case.body}
        response = case.call(base_url=url, session=session, timeout=30)
        assert response.status_code < 500, (operation.label, response.text)
        assert not response.content or isinstance(response.json(), dict), response.text

    ask()
