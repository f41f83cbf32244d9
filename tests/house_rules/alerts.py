"""The alerts that roles ship, as their rule files say them, and what each of them has to say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.vigil.observability.plugins.plugin_utils._rules.alert_settings import thresholds
from ansible_collections.vigil.observability.tests.house_rules.expressions import compared_numbers

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["Alert", "incomplete", "shipped", "shipped_files"]

SEVERITIES = ("critical", "warning", "info", "none")
_ANNOTATIONS = ("summary", "description", "runbook_url")
_COMMENT = re.compile(r"(?P<lines>(?:^ *#.*\n)*)^ *- alert: (?P<name>\w+)", re.MULTILINE)
_THRESHOLD = re.compile(r"# Threshold: (.*)")


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alert; `meaning` is the comment above its threshold, empty without one."""

    file: str
    group: str
    name: str
    expr: str
    wait: str
    labels: dict[str, str]
    annotations: dict[str, str]
    meaning: str

    @property
    def severity(self) -> str:
        return self.labels.get("severity", "")

    @property
    def threshold(self) -> str:
        """Return the comparison and its number, such as `< 24`; empty for an alert without a threshold."""
        return " ".join(thresholds(self.expr)[0].group().split()) if thresholds(self.expr) else ""


def shipped_files(tree: Tree) -> list[str]:
    return tree.matching("roles/*/files/rules/*.yml")


def shipped(tree: Tree) -> list[Alert]:
    """Return every alert of the rule files that roles ship."""
    return [alert for file in shipped_files(tree) for alert in _of_file(file, tree.data(file), tree.text(file))]


def incomplete(tree: Tree) -> Iterator[str]:
    """Yield a sentence for each thing that a shipped alert lacks, or that its settings cannot change."""
    seen: dict[str, str] = {}
    for alert in shipped(tree):
        for problem in (*_problems(alert), *([f"is in {seen[alert.name]} too"] if alert.name in seen else [])):
            yield f"{alert.file}: {alert.name} {problem}"
        seen[alert.name] = alert.file


def _of_file(file: str, content: Any, text: str) -> Iterator[Alert]:
    comments = {found["name"]: found["lines"] for found in _COMMENT.finditer(text)}
    for group in content["groups"]:
        for rule in (rule for rule in group["rules"] if "alert" in rule):
            said = _THRESHOLD.search(comments.get(rule["alert"], ""))
            yield Alert(
                file=file,
                group=group["name"],
                name=rule["alert"],
                expr=rule["expr"],
                wait=rule.get("for", ""),
                labels=rule.get("labels", {}),
                annotations=rule.get("annotations", {}),
                meaning=said[1] if said else "",
            )


def _problems(alert: Alert) -> Iterator[str]:
    if alert.severity not in SEVERITIES:
        yield f"has the severity {alert.severity!r}, which is none of {', '.join(SEVERITIES)}"
    yield from (f"has no {name}" for name in _ANNOTATIONS if not alert.annotations.get(name))
    if "$value" in alert.annotations.get("summary", ""):
        yield "names a value in its summary, which would be another text at each evaluation"
    compared, found = compared_numbers(alert.expr), [float(one["number"]) for one in thresholds(alert.expr)]
    if len(compared) > 1 or compared != found:
        yield f"compares with {compared or found}: a threshold is the one number other than 0 after a comparison"
    if bool(found) != bool(alert.meaning):
        yield "needs a comment `# Threshold: ...` above it if it has a threshold, and only then"
