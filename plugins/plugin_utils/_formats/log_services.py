# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of services whose lines get an index of their own: lines contain them, so they are checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["log_service_names", "unfit_log_service"]

# Of an index as it is: logs-<name>-<day>.
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def unfit_log_service(name: object) -> str | None:
    """Return the name of a service that no index can have, and what one can have; None if the name is fine."""
    if _NAME.fullmatch(str(name)):
        return None
    return f"{name!r}: use up to 63 of a-z, 0-9, dot, _ and -, beginning with a letter or digit."


def log_service_names(variables: Mapping[str, Any]) -> Iterator[str]:
    """Yield each name that the variables of a host give a service whose lines are shipped."""
    applications = variables.get("vigil_applications") or []
    inputs = variables.get("filebeat_inputs") or {}
    names = [
        *(one.get("name") for one in applications),
        *(one.get("service") for one in variables.get("rsyslog_files") or []),
        *((options.get("fields") or {}).get("service") for options in inputs.values()),
    ]
    yield from (name for name in (str(name).lower() for name in names if name) if not unfit_log_service(name))
