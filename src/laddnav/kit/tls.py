"""A certificate and its key handed to OpenSSL, which reads them from files only; no disk ever holds the key."""

from __future__ import annotations

import os
import ssl


def load(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Both in PEM; a file of this name is in memory alone. Raises ssl.SSLError."""
    file = os.memfd_create("tls", os.MFD_CLOEXEC)
    try:
        os.write(file, f"{key.strip()}\n{certificate.strip()}\n".encode())
        context.load_cert_chain(f"/proc/self/fd/{file}")
    finally:
        os.close(file)
