"""Asks services over and over with new connections, as Prometheus does with its certificate, and prints the answers.

ask.py HOST:PORT...
"""

from __future__ import annotations

import http.client
import ssl
import sys
import time
from pathlib import Path

CERTIFICATES = Path("/etc/vigil/certificates")


def identity() -> ssl.SSLContext:
    """Return who Prometheus is now."""
    context = ssl.create_default_context(cafile=str(CERTIFICATES / "authorities.crt"))
    context.load_cert_chain(CERTIFICATES / "prometheus/tls.crt", CERTIFICATES / "prometheus/tls.key")
    return context


def answer(target: str) -> str:
    """Return the status that the service answers, else what went wrong."""
    try:
        context = identity()
    except OSError:
        # Two files are read one after the other, and may have changed in between.
        context = identity()
    connection = http.client.HTTPSConnection(target, context=context, timeout=5)
    try:
        connection.request("GET", "/")
        return str(connection.getresponse().status)
    except OSError as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()


while True:
    for target in sys.argv[1:]:
        print(target, answer(target), flush=True)
    time.sleep(1)
