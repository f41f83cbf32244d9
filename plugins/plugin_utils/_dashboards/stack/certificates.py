# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of certificates: those of our services, their authority, and those that probes see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    or_zero,
    stat,
    timeseries,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import FAILURES, stack_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["EARLIEST_EXPIRY", "LIFETIME", "certificates_page"]

_DAY = 86400
_WHERE = 'host=~"$host"'
_END = f"vigil_certificate_not_after_timestamp_seconds{{{_WHERE}}}"
_START = f"vigil_certificate_not_before_timestamp_seconds{{{_WHERE}}}"
# Seconds until the first certificate of any service expires.
EARLIEST_EXPIRY = "min(vigil_certificate_not_after_timestamp_seconds) - time()"
LIFETIME = Scale(unit="dtdurations", minimum=None, steps=((None, "red"), (7 * _DAY, "yellow"), (21 * _DAY, "green")))
_AUTHORITY = Scale(unit="dtdurations", minimum=None, steps=((None, "red"), (180 * _DAY, "green")))


def certificates_page() -> Page:
    """Return the page of certificates."""
    return stack_page(
        "certificates",
        "Certificates",
        "When certificates expire. From then on nothing reaches their service, and it reaches nothing.",
        (Row("Now", _now()), Row("Services", _services()), Row("Seen by probes", [_probed()])),
        choose=("host", "vigil_certificate_not_after_timestamp_seconds", "Host"),
    )


def _now() -> list[Builder[models.Panel]]:
    return [
        stat(
            "Next to expire",
            "Time until the first certificate of a service expires.",
            Query(f"min({_END}) - time()"),
            scale=LIFETIME,
            size=(6, 4),
        ),
        stat(
            "Renewals overdue",
            "Certificates with less than a quarter of their life left: runs of the playbook renew them at a third.",
            Query(or_zero(f"count({_END} - time() < ({_END} - {_START}) / 4)")),
            scale=FAILURES,
            size=(6, 4),
        ),
        stat(
            "Authority expires in",
            "Time until the authority expires, and with it every certificate that it signed.",
            Query("min(vigil_certificate_authority_not_after_timestamp_seconds) - time()"),
            scale=_AUTHORITY,
            size=(6, 4),
        ),
        stat(
            "Hosts with other authorities",
            "Hosts whose authority ends at another time than that of most: a change of it is not done there.",
            Query(
                "count(vigil_certificate_authority_not_after_timestamp_seconds)"
                ' - max(count_values("end", vigil_certificate_authority_not_after_timestamp_seconds))'
            ),
            scale=FAILURES,
            size=(6, 4),
        ),
    ]


def _services() -> list[Builder[models.Panel]]:
    left = f"min by (host, service) ({_END}) - time()"
    life = f"100 * min by (host, service) (({_END} - time()) / ({_END} - {_START}))"
    return [
        table(
            "Expiry",
            "Time until the certificate of each service expires, the next one first.",
            Query(f"sort({left})"),
            labels={"service": Column(head="service"), "host": Column(head="host")},
            values=[Column(head="expires in", scale=LIFETIME)],
            size=(12, 10),
        ),
        timeseries(
            "Life left",
            "Share of its life that each certificate has before it. It falls to a third and goes up at its renewal.",
            Query(life, "{{service}} {{host}}"),
            scale=Scale(unit="percent", maximum=100, steps=((None, "red"), (25, "green"))),
            size=(12, 10),
        ),
    ]


def _probed() -> Builder[models.Panel]:
    # A probe without TLS reports a date before 1970.
    left = "min by (instance) ((probe_ssl_earliest_cert_expiry > 0) - time())"
    none = 'label_replace(vector(0), "instance", "none probed", "", "")'
    return table(
        "Expiry of what probes see",
        "Time until the certificates that probed addresses serve expire, or one of their chain.",
        Query(f"sort({left}) or on () {none}"),
        labels={"instance": Column(head="address")},
        values=[Column(head="expires in", scale=LIFETIME)],
        size=(24, 8),
    )
