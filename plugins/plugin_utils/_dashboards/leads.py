# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the rows of tables lead: to the page of their host or application, to a runbook, to a new silence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import quoted
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import UIDS

__all__ = ["Leads"]


@dataclass(frozen=True, kw_only=True)
class Leads:
    """What there is to lead to.

    `applications` and `jobs` have the uids of pages by the labels `service` and `job`; `hosts` is whether there is a
    page of hosts, `alertmanager_url` where people reach Alertmanager, empty where they cannot.
    """

    applications: Mapping[str, str] = field(default_factory=dict)
    jobs: Mapping[str, str] = field(default_factory=dict)
    hosts: bool = True
    alertmanager_url: str = ""

    def by_service(self, expr: str) -> str:
        """Return the expression with the uid of the page of its `service` in a label `page`.

        It is that of alerts, which has a variable `service`, where the service is no application that is known.
        """
        return _paged(expr, "service", self.applications, UIDS["alerts"])

    def by_job(self, expr: str, otherwise: str) -> str:
        """Return the expression with the uid of the page of its `job` in a label `page`, `otherwise` for others.

        A label `target` has its instance and host, as the variables of that page are set.
        """
        target = f'label_join({expr}, "target", "&var-host=", "instance", "host")'
        return _paged(target, "job", self.jobs, otherwise)

    def to_service(self) -> tuple[Link, ...]:
        """Return the link of a row to the page of its service."""
        return (Link.page("Open the page of ${__value.raw}", _field("page"), service=_field("service")),)

    def to_host(self) -> tuple[Link, ...]:
        """Return the link of a row to the page of its host."""
        return (Link.page("Open the page of ${__value.raw}", UIDS["hosts"], host=_field("host")),) if self.hosts else ()

    def to_silence(self) -> tuple[Link, ...]:
        """Return the link of matchers to a new silence in Alertmanager, none where people cannot reach it."""
        url = f"{self.alertmanager_url.rstrip('/')}/#/silences/new?filter=%7B${{__value.raw:percentencode}}%7D"
        return (Link(title="Silence {${__value.raw}}", url=url, outside=True),) if self.alertmanager_url else ()

    def to_job(self) -> tuple[Link, ...]:
        """Return the link of a row of `by_job` to the page of its job."""
        # Not every target has a host: what a row does not have cannot be put in by itself.
        page = Link.page("Open the page of ${__value.raw}", _field("page"), instance="${__data.fields.target}")
        return (page,)


def _field(name: str) -> str:
    return f"${{__data.fields.{name}:percentencode}}"


def _paged(expr: str, label: str, pages: Mapping[str, str], otherwise: str) -> str:
    """Return the expression with a label `page`. Pages whose uid ends with the value of the label share one step."""
    values: dict[str, list[str]] = {}
    for value, uid in pages.items():
        prefix = uid.removesuffix(value)
        values.setdefault(f"{prefix}$1" if prefix != uid else uid, []).append(re.escape(value))
    paged = f'label_replace({expr}, "page", {quoted(otherwise)}, "", "")'
    for page, alike in values.items():
        pattern = f"({'|'.join(alike)})"
        paged = f'label_replace({paged}, "page", {quoted(page)}, {quoted(label)}, {quoted(pattern)})'
    return paged
