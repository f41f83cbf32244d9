"""Lines as Grafana logs them to its standard output."""

from __future__ import annotations

import json

from .store import instant

__all__ = ["log"]


def log(logger: str, level: str, message: str, **more: object) -> None:
    """Print one line; level is info, warn or error."""
    shown = [f"{name}={json.dumps(str(value)) if ' ' in str(value) else value}" for name, value in more.items()]
    about = f"logger={logger} t={instant(fraction=True)} level={level} msg={json.dumps(message)}"
    print(" ".join([about, *shown]), flush=True)
