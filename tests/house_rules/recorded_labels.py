"""Labels that real servers give their metrics, as they were recorded, and series of promtool tests that have others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import promql_parser

from ansible_collections.vigil.observability.tests.house_rules.alerts import shipped
from ansible_collections.vigil.observability.tests.house_rules.expressions import metrics

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = [
    "FILE",
    "NAMES",
    "Recording",
    "invented",
    "merged",
    "named",
    "own_labels",
    "recording",
    "sets_of",
    "wrong_series",
]

FILE = "tests/recordings/metric_labels.json"
NAMES = "tests/unit/plugins/filter/server_metrics"
# What a scrape configuration gives all series of a target: always, by the inventory, and where users say so.
_ALWAYS = {"instance", "job"}
_OF_TARGETS = _ALWAYS | {"host", "prober"}
_OF_USERS = {"team"}
_SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? ")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_OR = " or "
# Labels by server, release and metric, such as "device,fstype"; " or " is between sets of which each series has one.
Recording = dict[str, dict[str, dict[str, str]]]


def recording(tree: Tree) -> Recording:
    """Return what was recorded."""
    found: Recording = json.loads(tree.text(FILE))
    return found


def own_labels(exposed: str) -> dict[str, set[str]]:
    """Return the sets of labels that each metric in the answer to a scrape gets, without those that are empty.

    Prometheus keeps those that a target has too under another name.
    """
    found: dict[str, set[str]] = {}
    for sample in filter(None, map(_SAMPLE.match, exposed.splitlines())):
        shown = [name for name, value in _LABEL.findall(sample["labels"] or "") if value]
        kept = sorted(f"exported_{name}" if name in _OF_TARGETS else name for name in shown)
        found.setdefault(sample["name"], set()).add(",".join(kept))
    return found


def named(tree: Tree) -> set[str]:
    """Return the metrics that shipped alerts, or the series of their tests, name."""
    series = {_parsed(one)[0] for _file, one in _series(tree)}
    return series | {metric for alert in shipped(tree) for metric in metrics(alert.expr)}


def invented(tree: Tree) -> Iterator[str]:
    """Yield a sentence for each series in tests of shipped alerts that has not the labels that a real server shows."""
    known = recording(tree)
    for file, series in _series(tree):
        for problem in wrong_series(series, known):
            yield f"{file}: {problem}"


def wrong_series(series: str, known: Recording) -> Iterator[str]:
    """Yield what is wrong with the labels of a series, by what was recorded of any release.

    Names with colons are of rules, not of servers.
    """
    name, labels = _parsed(series)
    if ":" in name:
        return
    sets = {one for releases in known.values() for of in releases.values() for one in sets_of(of, name)}
    if not sets:
        yield f"{name} was recorded of no server"
    elif lacking := _ALWAYS - labels:
        yield f"{name} lacks {', '.join(sorted(lacking))}, which every target has"
    elif ",".join(sorted(labels - _OF_TARGETS - _OF_USERS)) not in sets:
        yield f"{name} has the labels {sorted(labels)}; servers show {', '.join(map(repr, sorted(sets)))}"


def merged(known: Recording, server: str, release: str, found: Mapping[str, Iterable[str]]) -> Recording:
    """Return a recording to which the labels of a release of a server were added, in order."""
    of = known.setdefault(server, {}).setdefault(release, {})
    for metric, sets in found.items():
        of[metric] = _OR.join(sorted({*sets_of(of, metric), *sets}))
    return json.loads(json.dumps(known, sort_keys=True))  # type: ignore[no-any-return]


def sets_of(release: Mapping[str, str], metric: str) -> set[str]:
    """Return the sets of labels that a release gives a metric, none when it was not recorded."""
    return set(release[metric].split(_OR)) if metric in release else set()


def _parsed(series: str) -> tuple[str, set[str]]:
    """Return the metric and the labels of a series."""
    selector: Any = promql_parser.parse(series)
    return str(selector.name), {one.name for one in selector.matchers.matchers}


def _series(tree: Tree) -> Iterator[tuple[str, str]]:
    for file in tree.matching("tests/rules/*.test.yml"):
        tests: list[Any] = tree.data(file)["tests"]
        yield from ((file, one["series"]) for test in tests for one in test["input_series"])
