"""localstripe, which is by somebody else, started for a while in the environment of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port, wait_for

PYTHON = Path(__file__).parents[2] / ".cache" / "counterparts" / "stripe" / "bin" / "python"


@contextmanager
def localstripe() -> Iterator[str]:
    """Its URL."""
    assert PYTHON.exists(), f"bin/test makes {PYTHON}"
    port = free_port()
    script = str(Path(__file__).parent / "localstripe_at.py")
    with subprocess.Popen([str(PYTHON), script, str(port)], cwd="/", stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()
