# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of probes: what users of an address would see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    stat,
    timeline,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import each_of, or_unknown
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import (
    CALM,
    STATUSES,
    Scale,
    above,
    below,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.certificates import PROBED_LIFETIME
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    FAILURES,
    UIDS,
    stack_page,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.probes.durations import (
    EACH,
    THIS_ADDRESS,
    WHERE,
    durations,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["probes_page"]

_SUCCESS = f"probe_success{{{WHERE}}}"
_ASKED = f'max by (job, instance) (up{{job=~"probe_.*",{WHERE}}})'
_BEST = f"max by (job, instance) ({_SUCCESS})"
_WORST = f"min by (job, instance) ({_SUCCESS})"
_NOTHING = "-"
_WARNING = Scale(unit="none", decimals=0, steps=above((1, "orange")), unknown=_NOTHING)
_SOME = replace(_WARNING, unknown="unknown")
_UNASKED = replace(_WARNING, unknown="no probes")
_SEEN = Scale(unit="none", texts={"0": ("fails", "red"), "1": ("works", "green")})
_STATE = Scale(
    unit="none",
    texts={
        "0": ("down", "red"),
        "1": ("not probed", "orange"),
        "2": ("down from some", "orange"),
        "3": ("up", CALM),
    },
)
_AVAILABLE = Scale(unit="percent", decimals=2, steps=below("orange", (90, CALM)), unknown=_NOTHING)
_DURATION = Scale(unit="s", steps=above((2, "orange")), unknown=_NOTHING)
_ANSWER = Scale(
    unit="none",
    decimals=0,
    steps=above((400, STATUSES["/^4/"]), (500, STATUSES["/^5/"])),
    unknown=_NOTHING,
)
_THIS_ROW = Link.page("Only this address", UIDS["probes"], instance="${__data.fields.address:percentencode}")


def probes_page() -> Page:
    """Return the page of probes."""
    return stack_page(
        "probes",
        "Probes",
        "Whether addresses can be reached from outside, and how fast. Click on an address to show only that one.",
        (
            Row("Now", [*_counts(), _addresses()]),
            Row("Over time", [_reached(), _failing()]),
            Row("Duration", durations()),
        ),
        choose=("instance", 'up{job=~"probe_.*"}', "Address"),
    )


def _counts() -> list[Builder[models.Panel]]:
    return [
        stat(
            "Wrong now",
            "Addresses that no prober can reach; addresses that only some probers can reach, which suggests a "
            "network problem; and addresses that are not probed, because no prober responds.",
            Query(or_unknown(f"sum({_BEST} == bool 0)"), "down", scale=FAILURES),
            Query(or_unknown(f"sum({_BEST} > bool {_WORST})"), "down from some", scale=_SOME),
            Query(or_unknown(f"sum({_ASKED} == bool 0)"), "not probed", scale=_UNASKED),
            scale=_WARNING,
            size=(16, 4),
            since=True,
        ),
        stat(
            "Next certificate to expire",
            "Time until the first certificate of a probed address, or another in its chain, expires.",
            Query(or_unknown(f"min((probe_ssl_earliest_cert_expiry{{{WHERE}}} > 0) - time())")),
            scale=replace(PROBED_LIFETIME, unknown="no TLS"),
            size=(8, 4),
            link=Link.page("Certificates", UIDS["certificates"]),
        ),
    ]


def _addresses() -> Builder[models.Panel]:
    state = f"(2 * {_BEST} + {_WORST}) or 1 + 0 * {_ASKED}"
    available = f"100 * avg by (job, instance) (avg_over_time({_SUCCESS}[$__range]))"
    status = f"max by (job, instance) (probe_http_status_code{{{WHERE}}} > 0)"
    ends = f"min by (job, instance) ((probe_ssl_earliest_cert_expiry{{{WHERE}}} > 0) - time())"
    told = {
        f"sum by (job, instance) ({_SUCCESS} == bool 0)": Column(head="failing probers", scale=_WARNING),
        available: Column(head="available", scale=_AVAILABLE),
        f"max by (job, instance) (probe_duration_seconds{{{WHERE}}})": Column(head="duration", scale=_DURATION),
        status: Column(head="HTTP status", scale=_ANSWER),
        ends: Column(head="certificate expires in", scale=replace(PROBED_LIFETIME, unknown=_NOTHING)),
    }
    shown = Column(head="state", scale=_STATE, width=140)
    return table(
        "Addresses",
        "All probed addresses, those that are down first. Available: share of successful probes in the selected time "
        "range; orange below 90 %, when an alert fires.",
        Query(state),
        *(Query(each_of(_ASKED, expr)) for expr in told),
        labels={
            "instance": Column(head="address", links=(_THIS_ROW,), width=200),
            # In sight of a phone.
            "Value #A": shown,
            "job": Column(head="probe"),
        },
        values=[shown, *told.values()],
        order=f"3 - ({state})",
        no_value="no probes",
        size=(24, 8),
    )


def _reached() -> Builder[models.Panel]:
    return timeline(
        "Reached",
        "Whether any prober could reach an address. Shows ten addresses, those that were down at some time first.",
        Query(worst(_BEST, lowest=True), EACH),
        scale=_SEEN,
        size=(16, 8),
        no_value="no probes",
        link=THIS_ADDRESS,
    )


def _failing() -> Builder[models.Panel]:
    return table(
        "Failing probers",
        "Probers that cannot reach an address now.",
        Query(f"max by (instance, prober) ({_SUCCESS}) == 0"),
        labels={"instance": Column(head="address", links=(_THIS_ROW,)), "prober": Column(head="from")},
        sort="address",
        descending=False,
        size=(8, 8),
    )
