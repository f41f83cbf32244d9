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
    """Return the words that start the service: its program below the link to the release, then its flags."""
    program, *arguments = options["program"] or [options["name"]]
    flags = (word for flag, value in options["flags"].items() for word in _words(flag, value))
    return [str(Path(release, program)), *arguments, *flags]


def health_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return how the service is asked for its health, with addresses in place of paths."""
    asked = {key: value for key, value in (options["health"] or {}).items() if value is not None}
    paths = {"url": asked.pop("path", None), "progress_url": asked.pop("progress_path", None)}
    return {**asked, **{key: _local_url(options, path) for key, path in paths.items() if path}}


def reload_url(options: Mapping[str, Any]) -> str | None:
    """Return the address that takes the request for a reload, None where there is none."""
    wanted = options["reload"] and options["reload_path"]
    return _local_url(options, options["reload_path"]) if wanted else None


def _words(flag: str, value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield f"--{flag}" if value else f"--no-{flag}"
    elif value is not None:
        yield from (f"--{flag}={item}" for item in (value if isinstance(value, list) else [value]))


def _local_url(options: Mapping[str, Any], path: str) -> str:
    """Return the address for requests from the service's own host."""
    scheme = "https" if (options["health"] or {}).get("ca_file") else "http"
    return f"{scheme}://{local_host_port(options['listen_address'], options['port'])}{path}"
