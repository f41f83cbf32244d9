"""The table of shipped runbooks in `docs/let-an-alert-fix-itself.md`, with what a host has to declare for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.alerts import parsed
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.declared import UNIT_ACTIONS
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.place import every_step
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.references import is_reference
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.steps import STEPS, step_actions
from ansible_collections.vigil.observability.tests.house_rules.generated import Part

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["BEGIN", "END", "PAGE", "outdated", "write"]

PAGE = "docs/let-an-alert-fix-itself.md"
BEGIN = "<!-- runbooks: made by `make docs-tables` -->"
END = "<!-- end of runbooks -->"
_PART = Part("table of runbooks", BEGIN, END)
_HEAD = "| runbook | for | does | hosts declare |\n| --- | --- | --- | --- |\n"
Runbook = Mapping[str, Any]


def outdated(tree: Tree) -> Iterator[str]:
    """Yield a sentence if the table is missing, or is not what the runbooks are."""
    yield from _PART.outdated(tree, _made(tree))


def write(tree: Tree) -> list[str]:
    """Renew the table and return the name of the page if it changed."""
    return _PART.write(tree, _made(tree))


def _made(tree: Tree) -> dict[str, str]:
    files = tree.matching("runbooks/*.yml")
    rows = (_row(one) for file in files for one in tree.data(file))
    return {PAGE: _HEAD + "".join(f"| {' | '.join(cells)} |\n" for cells in rows)} if files else {}


def _row(runbook: Runbook) -> tuple[str, str, str, str]:
    steps = every_step(runbook)
    names = ", ".join(dict.fromkeys(f"`{one['step']}`" for one in steps)) or "a person runs its command"
    return f"`{runbook['name']}`", _alerts(runbook), names, ", ".join(_declared(steps))


def _alerts(runbook: Runbook) -> str:
    matchers = parsed(runbook["matchers"])
    names = ", ".join(one.value.replace("|", ", ") for one in matchers if one.label == "alertname")
    others = ", ".join(
        f"`{one.label}` {'not ' if one.operator.startswith('!') else ''}{one.value.replace('|', ', ') or 'empty'}"
        for one in matchers
        if one.label != "alertname"
    )
    return f"{names}: {others}" if others else names


def _declared(steps: Iterable[Runbook]) -> Iterator[str]:
    """Yield what `runbook_actions` of a host need for steps; what an alert or an application says is in capitals."""
    units: dict[str, list[str]] = {}
    for one in (action for step in steps for action in _actions(step)):
        name = one.get("name", "").removesuffix(".service")
        if one["action"] in UNIT_ACTIONS:
            units.setdefault(name, []).append(one["action"])
        else:
            yield f"`{one['action']}: {f'{{{name}: ...}}' if name else 'SIZE'}`"
    for name, actions in units.items():
        yield f"`units: {{{name}: [{', '.join(dict.fromkeys(actions))}]}}`"


def _actions(step: Runbook) -> list[dict[str, Any]]:
    kinds = STEPS[step["step"]].parameters
    return step_actions(
        step["step"], {key: _shown(value, kinds[key]) for key, value in step.get("parameters", {}).items()}
    )


def _shown(value: Any, kind: str) -> Any:
    if not is_reference(value):
        return value
    word = next(iter(value.values())).upper()
    return [word] if kind == "texts" else word
