# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program of a service as the options of the module describe it: how it is started, and where it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .._host.addresses import local_host_port

__all__ = ["command_line", "health_options", "reload_url"]


def command_line(options: Mapping[str, Any], release: str) -> list[str]:
    """Return the words that start the service: its program, which without a release is one of the host, and flags."""
    program, *arguments = options["program"] or [options["name"]]
    flags = (word for flag, value in options["flags"].items() for word in _words(flag, value))
    return [str(Path(release, program)), *arguments, *flags]


def health_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return how the service is asked for its health, with addresses in place of paths."""
    asked = options["health"] or {}
    also = [_asked(options, each, each.get("port") or options["port"]) for each in asked.get("also") or []]
    return _asked(options, asked, options["port"]) | ({"also": also} if also else {})


def reload_url(options: Mapping[str, Any]) -> str | None:
    """Return the address that takes the request for a reload, None where there is none."""
    wanted, asked = options["reload"] and options["reload_path"], options["health"] or {}
    return _local_url(options, options["reload_path"], asked, options["port"]) if wanted else None


def _asked(options: Mapping[str, Any], given: Mapping[str, Any], port: int) -> dict[str, Any]:
    asked = {key: value for key, value in given.items() if value is not None and key not in ("also", "port")}
    paths = {"url": asked.pop("path", None), "progress_url": asked.pop("progress_path", None)}
    return {**asked, **{key: _local_url(options, path, given, port) for key, path in paths.items() if path}}


def _words(flag: str, value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield f"--{flag}" if value else f"--no-{flag}"
    elif value is not None:
        yield from (f"--{flag}={item}" for item in (value if isinstance(value, list) else [value]))


def _local_url(options: Mapping[str, Any], path: str, asked: Mapping[str, Any], port: int) -> str:
    """Return the address for requests from the service's own host."""
    scheme = "https" if asked.get("ca_file") else "http"
    return f"{scheme}://{local_host_port(options['listen_address'], port)}{path}"
