# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of certificates: those of our services, their authority, and those that probes see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    stat,
    timeseries,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import or_unknown
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import CALM, Scale, above, below
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import UIDS, stack_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["EARLIEST_EXPIRY", "LIFETIME", "PROBED_LIFETIME", "certificates_page"]

_DAY = 86400
_WHERE = 'host=~"$host"'
_END = f"vigil_certificate_not_after_timestamp_seconds{{{_WHERE}}}"
_START = f"vigil_certificate_not_before_timestamp_seconds{{{_WHERE}}}"
_AUTHORITY_END = f"vigil_certificate_authority_not_after_timestamp_seconds{{{_WHERE}}}"
_HOST = Link.page("Host", UIDS["hosts"], host="${__data.fields.host}")
_DATE = Scale(unit="dateTimeAsIso", minimum=None)
# Seconds until the first certificate of any service expires.
EARLIEST_EXPIRY = "min(vigil_certificate_not_after_timestamp_seconds) - time()"
# Of certificates that we renew, of those that others renew, and of an authority; as alerts have them.
LIFETIME = Scale(unit="dtdurations", minimum=None, steps=below("red", (7 * _DAY, CALM)))
PROBED_LIFETIME = Scale(unit="dtdurations", minimum=None, steps=below("red", (7 * _DAY, "orange"), (21 * _DAY, CALM)))
_AUTHORITY = Scale(
    unit="dtdurations", minimum=None, steps=below("red", (0, "orange"), (180 * _DAY, CALM)), unknown="unknown"
)
_LIFE_LEFT = Scale(unit="percent", minimum=None, decimals=0, steps=below("orange", (25, CALM)))
_OVERDUE = Scale(unit="none", decimals=0, steps=above((1, "orange")), unknown="unknown")
_ALIKE = Scale(unit="none", texts={"0": ("no", "orange"), "1": ("yes", CALM)})


def certificates_page() -> Page:
    """Return the page of certificates."""
    return stack_page(
        "certificates",
        "Certificates",
        "When certificates expire. After that, the service cannot be reached and cannot reach others.",
        (
            Row("Now", _now()),
            Row("Services", _services()),
            Row("Authority", [_authorities()]),
            Row("Seen by probes", [_probed()]),
        ),
        choose=("host", "vigil_certificate_not_after_timestamp_seconds", "Host"),
    )


def _now() -> list[Builder[models.Panel]]:
    overdue = f"sum((({_END} - time()) / ({_END} - {_START})) < bool 0.25)"
    others = f'count({_AUTHORITY_END}) - max(count_values("end", {_AUTHORITY_END}))'
    first = f"bottomk(1, min by (service, host) ({_END})) - time()"
    return [
        stat(
            "Next to expire",
            "Time until the first certificate of a service expires. Red in its last week.",
            Query(first, "{{service}} on {{host}}"),
            scale=LIFETIME,
            size=(8, 4),
            text="value_and_name",
            no_value="no certificate is known",
            link=Link.page("Host", UIDS["hosts"], host="${__field.labels.host}"),
        ),
        stat(
            "Authority expires in",
            "Time until the authority expires, and with it every certificate that it signed. Orange in the last half "
            "year: replace it in phases.",
            Query(or_unknown(f"min({_AUTHORITY_END}) - time()")),
            scale=_AUTHORITY,
            size=(6, 4),
        ),
        stat(
            "Behind",
            "Certificates with less than a quarter of their lifetime left, although the playbook renews them at a "
            "third. Hosts with another authority than most hosts: its replacement has not reached them.",
            Query(or_unknown(overdue), "renewals overdue", scale=_OVERDUE),
            Query(or_unknown(others), "hosts with another authority", scale=_OVERDUE),
            scale=_OVERDUE,
            size=(10, 4),
            since=True,
        ),
    ]


def _services() -> list[Builder[models.Panel]]:
    expires = Column(head="expires in", scale=LIFETIME, width=110)
    life = f"100 * min by (service, host) (({_END} - time()) / ({_END} - {_START}))"
    return [
        table(
            "Expiry",
            "Expiry of the certificate of each service, the next one first. Orange lifetime: renewal is overdue.",
            Query(f"min by (service, host) ({_END}) - time()"),
            Query(f"1000 * min by (service, host) ({_END})"),
            Query(life),
            labels={
                "service": Column(head="service", width=130),
                # In sight of a phone.
                "Value #A": expires,
                "host": Column(head="host", links=(_HOST,)),
            },
            values=[
                expires,
                Column(head="expires on", scale=_DATE),
                Column(head="lifetime left", scale=_LIFE_LEFT),
            ],
            sort="expires in",
            descending=False,
            no_value="no certificate is known",
            size=(14, 10),
        ),
        timeseries(
            "Lifetime left",
            "Remaining share of the lifetime, for the certificates with the least. It falls to a third and rises "
            "again at the renewal.",
            Query(worst(life, lowest=True), "{{service}} {{host}}"),
            scale=Scale(unit="percent", minimum=0, maximum=100, decimals=0, steps=below("orange", (25, CALM))),
            axis="share of the lifetime",
            lowest_first=True,
            no_value="no certificate is known",
            size=(10, 10),
        ),
    ]


def _authorities() -> Builder[models.Panel]:
    each = f"max by (host) ({_AUTHORITY_END})"
    return table(
        "Authority of each host",
        "When the authority that signs each host's certificates expires, the earliest first. While the authority is "
        "being replaced, hosts that are behind differ from most.",
        Query(f"{each} - time()"),
        Query(f"1000 * {each}"),
        Query(f"{each} == bool scalar(quantile(0.5, {_AUTHORITY_END}))"),
        labels={"host": Column(head="host", links=(_HOST,))},
        values=[
            Column(head="expires in", scale=_AUTHORITY),
            Column(head="expires on", scale=_DATE),
            Column(head="as most hosts", scale=_ALIKE),
        ],
        sort="expires in",
        descending=False,
        no_value="no authority is known",
    )


def _probed() -> Builder[models.Panel]:
    # A probe without TLS reports a date before 1970.
    end = "(probe_ssl_earliest_cert_expiry > 0)"
    named = f"{end} * on (job, instance, prober) group_left (subject, issuer) probe_ssl_last_chain_info"
    expires = Column(head="expires in", scale=PROBED_LIFETIME, width=110)
    to_probe = Link.page("Probe", UIDS["probes"], instance="${__data.fields.address:percentencode}")
    return table(
        "Expiry of probed certificates",
        "Time until the certificates of probed addresses, or others in their chain, expire: red in the last week, "
        "orange in the last three weeks. The authority is the issuer.",
        Query(f"min by (instance, subject, issuer) ({named}) - time()"),
        labels={
            "instance": Column(head="address", links=(to_probe,), width=210),
            "Value": expires,
            "subject": Column(head="certificate"),
            "issuer": Column(head="authority"),
        },
        values=[expires],
        sort="expires in",
        descending=False,
        no_value="nothing is probed over TLS",
    )
