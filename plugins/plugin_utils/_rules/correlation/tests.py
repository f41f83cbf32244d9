# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of promtool for the rules on the symptoms of an application: what fires when which of them show.

The values of the symptoms are given as they would be recorded, for what expressions of the user's own read is not
known. Times are minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.correlation.alerts import (
    CAUSE,
    EFFECT,
    PAGE,
    UNSEEN,
    Words,
    alert_labels,
    alert_texts,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.correlation.signals import signal_tests
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.correlation.symptoms import threshold_of
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import runbook_url

__all__ = ["EVALUATION", "tests"]

EVALUATION = "1m"
_END = 60

Test = dict[str, Any]


def tests(application: Application) -> list[Test]:
    """Return the tests, each with a name that is a sentence."""
    told = [_together, _apart, _too_few, _nothing, _one_unseen]
    found = [test(application) for test in told]
    if application.depends_on:
        found.append(_victim(application))
    return [*found, *signal_tests(application)]


def _together(application: Application) -> Test:
    needed = _names(application)[: application.symptoms_needed]
    return _test(
        f"{application.name}: as many symptoms as it takes are an incident, and a minute is not",
        _values(application, {name: [(10, 30)] for name in needed}),
        [
            *_silent(application, 9, 10),
            _fires(application, 12, CAUSE, Words(value=str(len(needed)), symptoms=", ".join(needed))),
            *_silent(application, 12, besides=CAUSE),
            # It ends ten minutes after the last symptom.
            *_silent(application, 41),
        ],
    )


def _apart(application: Application) -> Test:
    needed = _names(application)[: application.symptoms_needed]
    shown = {name: [(10 + 2 * number, 11 + 2 * number)] for number, name in enumerate(needed[:-1])}
    return _test(
        f"{application.name}: symptoms that come one after the other within ten minutes count together",
        _values(application, {**shown, needed[-1]: [(17, 30)]}),
        [
            *_silent(application, 16),
            _fires(application, 18, CAUSE, Words(value=str(len(needed)), symptoms=", ".join(needed))),
        ],
    )


def _too_few(application: Application) -> Test:
    some = _names(application)[: application.symptoms_needed - 1]
    return _test(
        f"{application.name}: fewer symptoms are not an incident",
        _values(application, {name: [(10, _END)] for name in some}),
        _silent(application, 15, 30, 50),
    )


def _nothing(application: Application) -> Test:
    return _test(
        f"{application.name}: without any data its symptoms cannot be seen, and no other alert fires",
        [],
        [
            *_silent(application, 9),
            _fires(application, 10, UNSEEN, Words(value="0")),
            *_silent(application, 10, besides=UNSEEN),
        ],
    )


def _one_unseen(application: Application) -> Test:
    lost = _names(application)[-1]
    return _test(
        f"{application.name}: a symptom whose data end is missed, and not taken for health",
        _values(application, {}, ends={lost: 10}),
        [
            # A sample is good for five minutes.
            *_silent(application, 24),
            _fires(application, 30, UNSEEN, Words(value=str(len(application.symptoms) - 1))),
            *_silent(application, 30, besides=UNSEEN),
        ],
    )


def _victim(application: Application) -> Test:
    needed = _names(application)[: application.symptoms_needed]
    dependencies = application.depends_on
    shown = {name: [(5, 10 * len(dependencies) + 30)] for name in needed}
    words = {"value": str(len(needed)), "symptoms": ", ".join(needed)}
    states = [
        _series(
            f'service:symptoms:correlated{{service="{dependency}"}}',
            _steps([(10 + 10 * number, 20 + 10 * number)], quiet="0", loud="1"),
        )
        for number, dependency in enumerate(dependencies)
    ]
    checks = [_fires(application, 9, CAUSE, Words(**words)), *_silent(application, 10)]
    for number, dependency in enumerate(dependencies):
        at = 15 + 10 * number
        checks.append(_fires(application, at, EFFECT, Words(**words, culprits=dependency)))
        checks += _silent(application, at, besides=EFFECT)
    at = 12 + 10 * len(dependencies)
    return _test(
        f"{application.name}: while what it depends on is degraded, it is a victim and no incident of its own",
        [*_values(application, shown, until=at + 10), *states],
        [*checks, _fires(application, at, CAUSE, Words(**words)), *_silent(application, at, besides=CAUSE)],
    )


def _names(application: Application) -> list[str]:
    return sorted(one.name for one in application.symptoms)


def _values(
    application: Application,
    shown: Mapping[str, Sequence[tuple[int, int]]],
    *,
    ends: Mapping[str, int] | None = None,
    until: int = _END,
) -> list[dict[str, str]]:
    """Return the recorded values of all symptoms, above their thresholds in the given spans of minutes."""
    found = []
    for symptom in application.symptoms:
        threshold = threshold_of(application, symptom)
        last = (ends or {}).get(symptom.name, until)
        steps = _steps(
            shown.get(symptom.name, []), quiet=_text(threshold - 0.001), loud=_text(threshold + 0.001), until=last
        )
        labels = f'{{service="{application.name}",symptom="{symptom.name}"}}'
        found.append(_series(f"service:symptom:value{labels}", steps))
    return found


def _steps(spans: Sequence[tuple[int, int]], *, quiet: str, loud: str, until: int = _END) -> str:
    """Return a value for each minute: loud from the first minute of each span to before its second, quiet else."""
    minutes = [any(begin <= minute < end for begin, end in spans) for minute in range(until + 1)]
    runs: list[tuple[bool, int]] = []
    for one in minutes:
        runs = [*runs[:-1], (one, runs[-1][1] + 1)] if runs and runs[-1][0] == one else [*runs, (one, 1)]
    return " ".join(f"{loud if is_loud else quiet}x{length - 1}" for is_loud, length in runs)


def _text(number: float) -> str:
    return f"{number:.12g}"


def _series(selector: str, values: str) -> dict[str, str]:
    return {"series": selector, "values": values}


def _fires(application: Application, minute: int, name: str, words: Words) -> Test:
    annotations = {**alert_texts(application, name, words), "runbook_url": runbook_url(PAGE, name)}
    expected = {"exp_labels": alert_labels(application, name), "exp_annotations": annotations}
    return {"eval_time": f"{minute}m", "alertname": name, "exp_alerts": [expected]}


def _silent(application: Application, *minutes: int, besides: str = "") -> Iterator[Test]:
    """Yield checks that no alert fires but the one named besides."""
    names = [CAUSE, EFFECT, UNSEEN] if application.depends_on else [CAUSE, UNSEEN]
    for minute in minutes:
        for name in names:
            if name != besides:
                yield {"eval_time": f"{minute}m", "alertname": name, "exp_alerts": []}


def _test(name: str, series: Sequence[Mapping[str, str]], checks: Iterator[Test] | Sequence[Test]) -> Test:
    return {
        "name": name,
        "interval": "1m",
        "input_series": list(series),
        "alert_rule_test": list(checks),
    }
