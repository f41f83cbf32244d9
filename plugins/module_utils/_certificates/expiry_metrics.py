# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The expiry of a host's certificates as metrics for node_exporter's textfile collector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["expiry_metrics"]

_SERVICE_METRICS = {
    "not_after": "Expiry of the certificate of a service.",
    "not_before": "Start of the validity of the certificate of a service.",
}


def expiry_metrics(host: str, records: Mapping[str, Mapping[str, Any]], *, authority_not_after: int) -> str:
    """Return the metrics in the text format for the records of a host's services and for their authority."""
    lines = []
    for key, text in _SERVICE_METRICS.items():
        name = f"vigil_certificate_{key}_timestamp_seconds"
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
        lines += [
            f'{name}{{service="{_escaped(service)}",host="{_escaped(host)}"}} {record[key]}'
            for service, record in sorted(records.items())
        ]
    name = "vigil_certificate_authority_not_after_timestamp_seconds"
    lines += [f"# HELP {name} Expiry of the signing authority.", f"# TYPE {name} gauge"]
    lines += [f'{name}{{host="{_escaped(host)}"}} {authority_not_after}']
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
