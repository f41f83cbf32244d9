# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the services of an inventory: releases, ports, addresses, and what one of them alone takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks.telemetry import invalid_telemetry
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs, Play
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.role_inputs import ROLES
from ansible_collections.vigil.observability.plugins.plugin_utils._pki.names import names_of
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.alert_settings import adjusted
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.configuration import (
    files_of_rules,
    files_with_tests,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.generated import of_all_kinds
from ansible_collections.vigil.observability.plugins.plugin_utils._services.catalogue import (
    ARCHITECTURES,
    is_tested,
    release_of,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._services.planned import certified, planned
from ansible_collections.vigil.observability.plugins.plugin_utils._services.ports import main_port
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = [
    "duplicate_replicas",
    "invalid_values",
    "shared_addresses",
    "unknown_releases",
    "unshared_databases",
    "untested_releases",
]

_RULES = ROLES / "prometheus" / "files" / "rules"


def unknown_releases(hosts: Iterable[HostInputs]) -> Iterator[Problem]:
    """Yield a problem for each service whose version has no archive with a digest, for any architecture."""
    seen: dict[tuple[str, str, str], str] = {}
    for host in hosts:
        extra = host.value("vigil_catalogue_extra", {})
        for service in (service for service in host.services if services()[service].released):
            version = str(host.value(f"{service}_version", ""))
            key = (service, version, str(extra.get(service)))
            if key not in seen:
                seen[key] = _no_release(service, version, extra)
            if seen[key]:
                yield Problem(f"{service}_version", host.name, f"cannot be installed: {seen[key]}")


def untested_releases(hosts: Iterable[HostInputs]) -> Iterator[Problem]:
    """Yield a warning for each version of the catalogue that the tests of this collection do not run."""
    for host in hosts:
        for service in host.services:
            version = str(host.value(f"{service}_version", ""))
            if not is_tested(service, version):
                rest = f"is {version}, a version that is not tested with this collection: try it on one host first."
                yield Problem(f"{service}_version", host.name, rest)


def shared_addresses(hosts: Sequence[HostInputs]) -> Iterator[Problem]:
    """Yield a problem for each host whose service is reached where that of another host is."""
    for service in (name for name, one in services().items() if one.serves):
        found: dict[tuple[str, int], list[str]] = {}
        for host in (host for host in hosts if service in host.services):
            address = str(host.value(f"{service}_address") or host.value("ansible_host") or host.name).lower()
            number = main_port(host.value, service)
            found.setdefault((address, number), []).append(host.name)
        for (address, _number), names in found.items():
            rest = f"one address, {address}: set ansible_host or <service>_address to that of each host."
            yield from (Problem(service, name, f"has {rest}", f"have {rest}") for name in names if len(names) > 1)


def duplicate_replicas(hosts: Iterable[HostInputs]) -> Iterator[Problem]:
    """Yield a problem for each Prometheus whose external labels are those of another."""
    found: dict[tuple[str, ...], list[str]] = {}
    for host in (host for host in hosts if "prometheus" in host.services):
        replica = str(host.value("prometheus_replica", host.name))
        others = (str(host.value(f"prometheus_{label}", "")) for label in ("cluster", "region"))
        found.setdefault((replica, *others), []).append(host.name)
    for (replica, *_others), names in found.items():
        rest = f"is {replica!r} for each of them, but has to identify a replica: set a different one on each, or none."
        yield from (Problem("prometheus_replica", name, rest) for name in names if len(names) > 1)


def unshared_databases(hosts: Iterable[HostInputs]) -> Iterator[Problem]:
    """Yield a problem for each Grafana whose database the others do not share, or that lacks the password for one."""
    members = [host for host in hosts if "grafana" in host.services]
    for host in members:
        database = host.value("grafana_database", {})
        if database.get("type", "sqlite3") != "sqlite3":
            if "password" not in database and host.is_missing("grafana_database_password"):
                rest = f"is missing: {database['type']} requires it, so set it in the inventory, encrypted."
                yield Problem("grafana_database_password", host.name, rest)
        elif len(members) > 1:
            rest = "is SQLite, which several hosts cannot share: use PostgreSQL (type: postgres), or a single host."
            yield Problem("grafana_database", host.name, rest)


def invalid_values(host: HostInputs, play: Play) -> Iterator[Problem]:
    """Yield a problem for each value that is of the right type and yet cannot be used."""
    if "prometheus" in host.services:
        if wrong := _wrong_size(host.value("prometheus_retention_size", "")):
            yield Problem("prometheus_retention_size", host.name, wrong)
        unusable = _wrong_rules(host.value("prometheus_rule_files", []))
        for wrong in unusable:
            yield Problem("prometheus_rule_files", host.name, f"cannot be used: {wrong}")
        if not unusable:
            yield from _wrong_tests(host, play)
        if wrong := _wrong_alerts(host.value("prometheus_alerts", {})):
            yield Problem("prometheus_alerts", host.name, f"cannot be used: {wrong}")
    yield from invalid_telemetry(host)
    if wrong := _uncertifiable(host, play):
        yield Problem("A certificate", host.name, f"cannot be made: {wrong}")


def _no_release(component: str, version: str, extra: Mapping[str, Any]) -> str:
    """Return why the version cannot be had, nothing when it can for any architecture."""
    reasons: dict[str, None] = {}
    for architecture in ARCHITECTURES:
        try:
            found = release_of(component, version=version, architecture=architecture, mirror=None, extra=extra)
        except OperatorError as error:
            reasons[str(error)] = None
        except (AttributeError, TypeError):
            reasons[
                "vigil_catalogue_extra has to map component, version and architecture to url and sha256 or sha512."
            ] = None
        else:
            key, length = ("sha512", 128) if "sha512" in found else ("sha256", 64)
            if re.fullmatch(f"[0-9a-fA-F]{{{length}}}", found[key]):
                return ""
            what = f"{component} {version} in vigil_catalogue_extra"
            reasons[f"The {key} of {what} has to be {length} hexadecimal digits."] = None
    return " ".join(reasons)


def _uncertifiable(host: HostInputs, play: Play) -> str:
    address = str(host.value("certificates_address") or host.value("ansible_host") or host.name)
    names = {name for service in host.certified for name in play.inputs[service]} - play.given.keys()
    said = {name: host.value(name) for name in names}
    try:
        for service in [*plain(certified(said, host.certified)), *host.value("certificates_more_services", [])]:
            names_of(service["name"], host=host.name, address=address, extra=service.get("names", ()))
    except OperatorError as error:
        return str(error)
    except ValueError as error:
        return f"An external URL of {listed(host.certified)} cannot be read ({error})."
    return ""


def _wrong_size(size: object) -> str:
    try:
        planned({"prometheus_retention_size": size}, ["prometheus"])
    except OperatorError as error:
        return str(error).removeprefix("prometheus_retention_size ")
    return ""


def _wrong_rules(paths: Sequence[str]) -> list[str]:
    alone = [wrong for path in paths if (wrong := _unreadable([path]))]
    return alone or [wrong for wrong in [_unreadable(paths)] if wrong]


def _wrong_tests(host: HostInputs, play: Play) -> Iterator[Problem]:
    """Yield a problem for the generated rules of the host, or else for the tests of the user's own."""
    default = play.defaults["prometheus"]["prometheus_retention_time"]
    retention = "" if host.value("prometheus_remote_read") else str(host.value("prometheus_retention_time", default))
    sources = [str(_RULES), *(str(path) for path in host.value("prometheus_rule_files", []))]
    files, rule_sets = files_of_rules(sources[1:], sources[0]), plain(host.value("prometheus_rules", []))
    applications = host.value("prometheus_applications", host.value("vigil_applications", []))
    try:
        rule_sets = [*of_all_kinds(plain(applications)), *rule_sets]
    except OperatorError as error:
        yield Problem("vigil_applications", host.name, f"cannot be used: {error}")
        return
    paths = [str(path) for path in host.value("prometheus_rule_tests", [])]
    for subject, tests in (("prometheus_rules", []), ("prometheus_rule_tests", paths)):
        try:
            files_with_tests(files, rule_sets, tests, sources, retention=retention)
        except OperatorError as error:
            yield Problem(subject, host.name, f"cannot be used: {error}")
            return
        except (KeyError, TypeError, AttributeError):
            yield Problem(subject, host.name, "is not a list of rule sets: each needs a name, rules and tests.")
            return


def _wrong_alerts(settings: Mapping[str, Any]) -> str:
    try:
        adjusted({file.name: file.read_text(encoding="utf-8") for file in _RULES.glob("*.yml")}, settings)
    except OperatorError as error:
        return str(error)
    return ""


def _unreadable(paths: Sequence[str]) -> str:
    try:
        files_of_rules([str(path) for path in paths], str(_RULES))
    except OperatorError as error:
        relative = any(not Path(path).expanduser().is_absolute() for path in paths)
        return f"{error}{f' A relative path begins at {Path.cwd()}.' if relative else ''}"
    except (OSError, UnicodeDecodeError) as error:
        return f"{listed(paths)} is not readable as text ({error})."
    return ""
