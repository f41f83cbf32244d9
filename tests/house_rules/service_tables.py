"""The tables of services, their tags, ports and roles in the README and the guides, made from `services.yml`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._services.ports import UNIT_PORTS
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import Service, described_in
from ansible_collections.vigil.observability.tests.house_rules.generated import Part
from ansible_collections.vigil.observability.tests.house_rules.inputs import described

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["BEGIN", "END", "outdated", "write"]

BEGIN = "<!-- services: made by `make docs-tables` -->"
END = "<!-- end of services -->"
_PART = Part("table of services", BEGIN, END)


def outdated(tree: Tree) -> Iterator[str]:
    """Yield a sentence for every page whose table is missing or is not what the services are."""
    yield from _PART.outdated(tree, _made(tree))


def write(tree: Tree) -> list[str]:
    """Renew the tables and return the names of the pages that changed."""
    return _PART.write(tree, _made(tree))


def _made(tree: Tree) -> dict[str, str]:
    if "services.yml" not in tree.names:
        return {}
    services = list(described_in(tree.text("services.yml")).values())
    return {page: table(tree, services) for page, table in _TABLES.items()}


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *rows))


def _roles(tree: Tree, _services: list[Service]) -> str:
    return _table(
        ("role", "what it deploys"),
        (
            (
                f"[{role}](roles/{role}/README.md)",
                tree.data(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["short_description"],
            )
            for role in tree.roles()
        ),
    )


def _tags(_tree: Tree, services: list[Service]) -> str:
    members: dict[str, list[str]] = {}
    for service in services:
        members.setdefault(service.pillar, []).append(service.name)
    pillars = ((f"`{pillar}`", f"the pillar: {', '.join(names)}") for pillar, names in members.items())
    every = " ".join(f"`{service.name}`" for service in services)
    return _table(("tag", "services"), (*pillars, (every, "that service and its certificates")))


def _credentials(service: Service) -> str:
    return {"none": "", "password": "a password"}.get(service.access, "a certificate")


def _numbers(service: Service) -> Iterator[str]:
    """Yield each port that others reach, with its name."""
    for name, port in service.ports.items():
        if name not in service.local:
            yield f"{port}" if name == "web" else f"{port} ({name})"
    for name, unit in service.units.items():
        yield from (f"{unit[key]} ({name})" for key in UNIT_PORTS if key in unit)


def _ports(_tree: Tree, services: list[Service]) -> str:
    return _table(
        ("service", "ports", "clients need", "data"),
        (
            (
                service.name,
                ", ".join(_numbers(service)),
                _credentials(service),
                f"`{service.data_dir}`" if service.data_dir else "",
            )
            for service in services
        ),
    )


def _joined(tree: Tree, _services: list[Service]) -> str:
    """Return which inputs of roles the playbooks set, and which ones add to these."""
    played = {name for file in tree.matching("playbooks/vars/*.yml") for name in tree.data(file)}
    rows = []
    for role in tree.roles():
        options = described(tree, role)
        more = [name for name in options if name.startswith(f"{role}_more_") and name.replace("_more_", "_") in played]
        if given := [name for name in options if name in played]:
            rows.append((f"`{role}`", *(", ".join(f"`{name}`" for name in names) for names in (given, more))))
    return _table(("role", "set by the playbooks, required otherwise", "additions in the inventory"), rows)


_TABLES: dict[str, Callable[[Tree, list[Service]], str]] = {
    "README.md": _roles,
    "docs/run-a-part.md": _tags,
    "docs/run-a-role-by-itself.md": _joined,
    "docs/start-on-your-own-machines.md": _ports,
}
