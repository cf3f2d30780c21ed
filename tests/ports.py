"""Ports of this machine for servers of others, in processes of their own that tests begin and end."""

from __future__ import annotations

import socket
import subprocess
import time
from contextlib import suppress

PATIENCE = 60.0  # seconds for a program to begin, on a machine that has much else to do


def free_port() -> int:
    """One at which nobody listens now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until it listens there. Raises AssertionError when it ends instead."""
    give_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except (ConnectionRefusedError, TimeoutError):
            with suppress(subprocess.TimeoutExpired):
                status = process.wait(0.02)
                raise AssertionError(f"{process.args!r} did not start: it ended with {status}") from None
    raise AssertionError(f"{process.args!r} never listened")
