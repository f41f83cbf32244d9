# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each service is, as `services.yml` describes it: the only place that does."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.yaml_text import parsed

__all__ = ["SERVICES", "Service", "described_in", "pillars", "service_of_unit", "services", "services_of"]

SERVICES = Path(__file__).parents[3] / "services.yml"
_ACCESS = ("certificate", "password", "authority", "none")
_WORDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple: "a list",
    Mapping: "a mapping",
}


@dataclass(frozen=True)
class Service:
    """A service; `services.yml` describes each key. Passwords and keys are named after the service."""

    name: str
    pillar: str
    access: str
    documentation: str
    ports: Mapping[str, int] = field(default_factory=dict)
    local: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    data_dir: str = ""
    retention_size: str = ""
    batches: tuple[int | str, ...] = (1, "100%")
    elected_last: bool = False
    exposure: float = 1.5
    config_files: tuple[str, ...] = ("web.yml",)
    secret_files: tuple[str, ...] = ()
    resources: Mapping[str, Any] = field(default_factory=lambda: {"MemoryMax": "256M"})
    start_timeout: int = 60
    health_path: str = "/metrics"
    reload_path: str = ""
    names_clients_since: str = ""
    identity: bool = True
    metrics: bool = True
    metrics_port: str = "web"
    package: bool = False
    provisioned: str = ""
    unit: str = ""
    units: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    user: str = ""
    python: str = ""
    distribution_packages: Mapping[str, str] = field(default_factory=dict)

    @property
    def released(self) -> bool:
        """Whether what it runs is a release of the catalogue."""
        return not self.package and not self.distribution_packages

    @property
    def port(self) -> int:
        """The port at which it is queried, 0 of one that has none."""
        return self.ports.get("web", 0)

    @property
    def scraped_by_password(self) -> bool:
        """Whether Prometheus logs in as a user; a port of their own for metrics admits certificates."""
        return self.access == "password" and self.metrics and self.metrics_port == "web"

    @property
    def unit_names(self) -> tuple[str, ...]:
        """The names of its units, links and records on a host."""
        return tuple(self.units) or (self.unit or self.name,)

    @property
    def user_name(self) -> str:
        """The default of its system user."""
        return self.user or self.name

    @property
    def serves(self) -> bool:
        """Whether it listens on a port."""
        return bool(self.ports or self.units)

    @property
    def jobs(self) -> tuple[str, ...]:
        """The names of the jobs by which Prometheus scrapes it."""
        processes = dict.fromkeys(unit["process"] for unit in self.units.values() if "metrics_port" in unit)
        return (tuple(processes) or (self.name,)) if self.metrics else ()


@cache
def services() -> Mapping[str, Service]:
    """Return every service by its name, in the order of activation, read once for all hosts and tasks of a run."""
    try:
        return described_in(SERVICES.read_text(encoding="utf-8"))
    except OperatorError as error:
        raise OperatorError(f"Cannot use {SERVICES}: {error}") from error


@cache
def pillars() -> Mapping[str, tuple[str, ...]]:
    """Return the names of the services of each pillar."""
    found: dict[str, tuple[str, ...]] = {}
    for service in services().values():
        found[service.pillar] = (*found.get(service.pillar, ()), service.name)
    return found


def service_of_unit(unit: str) -> str:
    """Return the name of the service that has this unit; a unit of no service is its own service."""
    return next((one.name for one in services().values() if unit in one.unit_names), unit)


def services_of(name: str) -> tuple[str, ...]:
    """Return the names of the services of a pillar; raise OperatorError for one that there is not."""
    if name not in pillars():
        raise OperatorError(f"There is no pillar {name}: the pillars are {', '.join(pillars())}.")
    return pillars()[name]


def described_in(text: str) -> Mapping[str, Service]:
    """Return the services that a text in YAML describes; raise OperatorError for what they cannot have."""
    found = _typed("what it holds", parsed(text), Mapping[str, Mapping[str, Any]])
    return {name: _service(name, described) for name, described in found.items()}


def _service(name: str, described: Mapping[str, Any]) -> Service:
    fields = {one.name: one for one in dataclasses.fields(Service) if one.name != "name"}
    required = [key for key, one in fields.items() if one.default is one.default_factory is dataclasses.MISSING]
    for key in described:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            raise OperatorError(f"{name} has the unknown key {key}{f': use {near[0]}' if near else ''}.")
    for key in (key for key in required if key not in described):
        raise OperatorError(f"{name} lacks {key}.")
    given = {key: _typed(f"{name}.{key}", value, _HINTS[key]) for key, value in described.items()}
    service = Service(name=name, **given)
    for wrong in _misfits(service):
        raise OperatorError(f"{name}{wrong}.")
    return service


def _misfits(service: Service) -> Iterator[str]:
    """Yield what a service of the right types cannot have."""
    if service.access not in _ACCESS:
        yield f".access is {service.access}: it has to be {', '.join(_ACCESS[:-1])} or {_ACCESS[-1]}"
    for name in (name for name in service.local if name not in service.ports):
        yield f".local contains {name}, which is none of its ports"
    if service.access == "none":
        if service.serves or service.metrics:
            yield ".access is none, so it has neither ports nor metrics of its own"
    else:
        yield from _misfit_units(service) if service.units else _misfit_ports(service)
    if service.scraped_by_password and "prometheus" not in service.users:
        yield ".users lacks prometheus, which scrapes it with a password"


def _misfit_ports(service: Service) -> Iterator[str]:
    """Yield what a service that is one unit cannot have."""
    if "web" not in service.ports:
        yield ".ports lacks web, the port at which it is queried"
    elif service.metrics_port not in service.ports:
        yield f".metrics_port is {service.metrics_port}, which is none of its ports"


def _misfit_units(service: Service) -> Iterator[str]:
    """Yield what a service with several units cannot have."""
    if service.ports or service.unit:
        yield ".units have ports and names of their own, so it has neither ports nor unit"
    for name in (name for name, unit in service.units.items() if "process" not in unit):
        yield f".units.{name} lacks process"


def _typed(place: str, value: Any, hint: Any) -> Any:
    """Return a value of the type that a key has; raise OperatorError for one of another type."""
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if hint is Any:
        return value
    if kind is tuple and isinstance(value, list):
        return tuple(_typed(f"{place}[{index}]", each, inner[0]) for index, each in enumerate(value))
    if kind is Mapping and isinstance(value, dict):
        return {str(key): _typed(f"{place}.{key}", each, inner[1]) for key, each in value.items()}
    plain = inner if kind is UnionType else (kind,)
    if type(value) in ((int, float) if kind is float else plain):
        return value
    raise OperatorError(f"{place} is {value!r}: it has to be {' or '.join(_WORDS[each] for each in plain)}.")


_HINTS = get_type_hints(Service)
