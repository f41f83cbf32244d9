# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deployments noted on hosts and in Grafana, and versions that Prometheus sees: how they are asked for, and whose."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from ..grafana import Ask
from ..journal.moments import moment
from .facts import Facts
from .filled import one_of
from .prometheus import Series

__all__ = ["STEP", "Scope", "changes_of", "deployments_query", "noted_between", "scope_of"]

_BEFORE, _LATEST = 7200.0, 7200.0  # seconds before the onset, and from there to the first alert at most
STEP = 60.0  # seconds between two points of versions
_MOST, _LONGEST = 20, 200  # of an incident, as the journal keeps them for ever, and characters of each
_ASKED = 1000  # annotations of one question
_DEPLOYMENT = "deployment"
_RECORD = "vigil_deployment_timestamp_seconds"  # what the modules of this collection leave for node_exporter
_MARKUP = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Scope:
    """An incident, whose changes it may have, and between which times."""

    incident: int
    services: frozenset[str]
    hosts: frozenset[str]
    begin: float
    end: float


def scope_of(facts: Facts) -> Scope:
    """Return the scope: until the first alert arrived, as what comes later is no cause."""
    hosts = frozenset(one.labels["host"] for one in facts.alerts if one.labels.get("host"))
    end = min(one.received_at for one in facts.alerts)
    onset = min(end, max(end - _LATEST, min(one.starts_at for one in facts.alerts)))
    return Scope(facts.incident, facts.services | facts.dependencies.keys(), hosts, onset - _BEFORE, end)


def deployments_query(scopes: Iterable[Scope]) -> str:
    """Return what asks for versions and deployments of services and of everything on hosts, empty without any."""
    services = {name for one in scopes for name in one.services}
    hosts = {name for one in scopes for name in one.hosts}
    builds = " or ".join(_selected('__name__=~".+_build_info", version!=""', job=services, host=hosts))
    # A host may have been there for less than a step, and gone with what was deployed.
    records = " or ".join(
        f"last_over_time({one}[{STEP:.0f}s])"
        for one in _selected(f'__name__="{_RECORD}"', service=services, host=hosts)
    )
    return f"count by (job, host, version) ({builds}) or {records}" if builds else ""


def _selected(what: str, **labels: Collection[str]) -> list[str]:
    # An empty expression would match what has no such label at all.
    return [f"{{{what}, {label}=~{one_of(names)}}}" for label, names in labels.items() if names]


async def noted_between(begin: float, end: float, ask: Ask) -> list[Any]:
    between = {"from": f"{begin * 1000:.0f}", "to": f"{end * 1000:.0f}"}
    found = await ask("GET", "/api/annotations", tags=[_DEPLOYMENT], limit=str(_ASKED), type="annotation", **between)
    return [_deployment(one) for one in found]


def _deployment(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a deployment, with its text as people read it in Grafana, which takes it for HTML."""
    text = " ".join(unescape(_MARKUP.sub(" ", str(told["text"]))).split())
    tags = [str(one) for one in told["tags"] if one != _DEPLOYMENT]
    return {"at": float(told["time"]) / 1000, "tags": tags, "text": text[:_LONGEST]}


def changes_of(scope: Scope, series: Collection[Series], noted: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the last changes of an incident in the order of their times, and how many earlier ones there are."""
    recorded = [one for one in series if one.labels.get("__name__") == _RECORD]
    versions = [one for one in series if one.labels.get("__name__") != _RECORD]
    found = [*_recorded(scope, recorded), *_versions(scope, versions), *_deployments(scope, noted)]
    found = sorted((one for one in found if scope.begin <= one["at"] <= scope.end), key=lambda one: one["at"])
    earlier = {"earlier": len(found) - _MOST} if len(found) > _MOST else {}
    return {"found": [{**one, "at": moment(one["at"])} for one in found[-_MOST:]], **earlier}


def _deployments(scope: Scope, noted: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield those of its services, of what they depend on, and of its hosts; and those that name nothing."""
    own = scope.services | scope.hosts
    for one in noted:
        if not one["tags"] or own & {*one["tags"]}:
            named = ", ".join(tag for tag in one["tags"] if tag in own)
            yield {"at": one["at"], "source": "Grafana", "of": named, "text": one["text"]}


def _recorded(scope: Scope, series: Iterable[Series]) -> Iterator[dict[str, Any]]:
    """Yield deployments of which hosts have a record, once for hosts that had the same one after each other.

    The value of a record is its time, which Prometheus sees a little later.
    """
    seen: dict[tuple[str, str, str], set[tuple[float, str]]] = defaultdict(set)
    for one in series:
        service, host, version, change = (one.labels.get(key, "") for key in ("service", "host", "version", "change"))
        if service in scope.services or host in scope.hosts:
            seen[service, version, change] |= {(value, host) for _scraped, value in one.points}
    for (service, version, change), deployed in seen.items():
        for at, hosts in _rounds(one for one in sorted(deployed) if scope.begin <= one[0] <= scope.end):
            where = ", ".join(sorted(filter(None, hosts)))
            words = (version, "deployed", where and f"on {where}", change and f"({change})")
            text = " ".join(" ".join(filter(None, words)).split())
            yield {"at": at, "source": "Hosts", "of": service, "text": text[:_LONGEST]}


def _rounds(deployed: Iterable[tuple[float, str]]) -> Iterator[tuple[float, set[str]]]:
    """Yield when a round over hosts began, and its hosts; one that comes again begins another round."""
    began, hosts = 0.0, set[str]()
    for at, host in deployed:
        if not hosts or host in hosts:
            if hosts:
                yield began, hosts
            began, hosts = at, set()
        hosts.add(host)
    if hosts:
        yield began, hosts


def _versions(scope: Scope, series: Iterable[Series]) -> Iterator[dict[str, Any]]:
    """Yield versions that took the place of others, once for all hosts that have changed in the same way.

    One that is seen at a point came after the point before it, and so may be of before the end.
    """
    seen: dict[tuple[str, str], dict[float, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in series:
        job, host = one.labels.get("job", ""), one.labels.get("host", "")
        if job in scope.services or host in scope.hosts:
            for at, _count in one.points:
                seen[job, host][at].add(one.labels["version"])
    changed: dict[tuple[str, str, str], dict[str, float]] = defaultdict(dict)
    for (job, host), times in seen.items():
        for at, before, version in _replaced(times):
            changed[job, before, version][host] = at
    for (job, before, version), hosts in changed.items():
        where = ", ".join(sorted(filter(None, hosts)))
        text = f"{version} in place of {before}" + (f" on {where}" if where else "")
        at = min(hosts.values())
        yield {
            "at": min(at, scope.end) if at < scope.end + STEP else at,
            "source": "Prometheus",
            "of": job,
            "text": text[:_LONGEST],
        }


def _replaced(times: Mapping[float, set[str]]) -> Iterator[tuple[float, str, str]]:
    """Yield when which versions were followed by which new one."""
    before: set[str] = set()
    for at in sorted(times):
        for version in sorted(times[at] - before) if before else ():
            yield at, " and ".join(sorted(before)), version
        before = times[at]
