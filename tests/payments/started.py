"""localstripe, which is by somebody else, started for a while in the environment of its own."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PYTHON = Path(__file__).parents[2] / ".cache" / "counterparts" / "stripe" / "bin" / "python"


@contextmanager
def localstripe() -> Iterator[str]:
    """Its URL."""
    assert PYTHON.exists(), f"bin/test makes {PYTHON}"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = str(Path(__file__).parent / "localstripe_at.py")
    with subprocess.Popen([str(PYTHON), script, str(port)], cwd="/", stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(600):
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    assert server.poll() is None, "localstripe did not start"
                    time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()
