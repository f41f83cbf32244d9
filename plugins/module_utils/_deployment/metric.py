# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last deployment of a service as a metric for node_exporter's textfile collector.

Whoever looks for the cause of an incident sees it in Prometheus, and needs no access to the host.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .._host.tree import make_directory, write_atomically
from .definition import Deployment

__all__ = ["changed_parts", "write_metric"]

_NAME = "vigil_deployment_timestamp_seconds"


def changed_parts(before: Deployment | None, after: Deployment) -> str:
    """Return in which parts a deployment differs from the one before it, as words with commas between them."""
    if before is None:
        return "installation"
    return ", ".join(_changed(before, after)) or "start"


def _changed(before: Deployment, after: Deployment) -> Iterator[str]:
    if (before.release, before.release_token) != (after.release, after.release_token):
        yield "release"
    if not after.has_config_of(before):
        yield "configuration"
    if (before.unit, before.companions) != (after.unit, after.companions):
        yield "unit"
    if (before.watched, before.parts) != (after.watched, after.parts):
        yield "files"


def write_metric(folder: Path, service: str, version: str | None, change: str, at: float) -> None:
    """Put the metric of a service in a file of its own in the folder, atomically. Raises OSError.

    Its value is when the service was deployed, in seconds since 1970; the label `change` has what the deployment
    changed. It replaces that of the deployment before.
    """
    labels = {"service": service, "version": version or "", "change": change}
    shown = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    lines = [
        f"# HELP {_NAME} When a service was deployed last, by its version and what changed.",
        f"# TYPE {_NAME} gauge",
        f"{_NAME}{{{shown}}} {at:.0f}",
    ]
    make_directory(folder)
    write_atomically(folder / f"deployment_{service}.prom", ("\n".join(lines) + "\n").encode())


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
