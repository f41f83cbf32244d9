"""One request to a stand-in."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from typing import Any

__all__ = ["ask"]


def ask(
    url: str,
    body: object = None,
    *,
    method: str = "",
    user: str | None = "admin:admin",
    trust: ssl.SSLContext | None = None,
) -> tuple[int, Any]:
    """Return status and body, which is JSON where it can be; a body that is given makes a POST of it."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if user is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, headers, method=method or None)  # noqa: S310 - of this test's server
    try:
        with urllib.request.urlopen(request, timeout=20, context=trust) as response:  # noqa: S310
            status, text = response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            status, text = error.code, error.read().decode()
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text
