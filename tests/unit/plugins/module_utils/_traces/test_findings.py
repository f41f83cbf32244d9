# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings in traces of a made-up shop with planted faults, and none in clean ones."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._traces.analysis import Analysis
from ansible_collections.vigil.observability.plugins.module_utils._traces.findings.calls import repeated_calls
from ansible_collections.vigil.observability.plugins.module_utils._traces.findings.sign import Request
from ansible_collections.vigil.observability.plugins.module_utils._traces.spans import Span
from ansible_collections.vigil.observability.plugins.module_utils._traces.statements import without_values
from ansible_collections.vigil.observability.plugins.module_utils._traces.trees import trace_of

from .planted import MS, WHERE, request

WINDOWS, REQUESTS = 150, 40


def kinds_in(seed: int, faults: set[str]) -> set[tuple[str, str]]:
    randomness, analysis = random.Random(seed), Analysis()  # noqa: S311 - the same each time
    for number in range(REQUESTS):
        analysis.add(request(randomness, number, [fault for fault in sorted(faults) if randomness.random() < 0.4]))
    return {(finding["kind"], finding["where"]) for finding in analysis.described()["findings"]}


def test_planted_faults_are_found_and_no_others(capsys: pytest.CaptureFixture[str]) -> None:
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    for seed in range(WINDOWS):
        randomness = random.Random(seed)  # noqa: S311 - the same each time
        faults = set(randomness.sample(sorted(WHERE), randomness.randint(0, 3))) if seed % 3 else set()
        planted, found = {(fault, WHERE[fault]) for fault in faults}, kinds_in(seed, faults)
        right.update(kind for kind, _where in planted & found)
        wrong.update(kind for kind, _where in found - planted)
        missed.update(kind for kind, _where in planted - found)
    for kind in WHERE:
        precision, recall = right[kind] / (right[kind] + wrong[kind]), right[kind] / (right[kind] + missed[kind])
        with capsys.disabled():
            print(f"{kind}: precision {precision:.2f}, recall {recall:.2f} of {right[kind] + missed[kind]}")
        assert min(precision, recall) >= 0.95


def test_who_only_passes_an_error_on_is_named() -> None:
    analysis = Analysis()
    for number in range(5):
        analysis.add(request(random.Random(number), number, ["failure"]))  # noqa: S311 - the same each time
    (finding,) = analysis.described()["findings"]
    assert finding["sentence"] == (
        "The errors of orders.POST /orders begin in payments.charge. What only passes them on: orders.POST /pay, "
        "payments.POST /pay."
    )


def test_statements_of_a_loop_may_run_at_once_with_others_between_them() -> None:
    listed = [Span("1", "0", "", "shop", "GET /", "server", 0, 200 * MS, False, {})]
    for number in range(1, 13):
        attributes = {"statement": f"GET item:{number}"} if number % 2 else {}
        start = (number // 6) * 40 * MS
        listed.append(Span("1", str(number), "0", "shop", "read", "client", start, start + 39 * MS, False, attributes))
    trace = trace_of(listed)
    (sign,) = repeated_calls(Request(trace, 0, trace.order))
    assert (sign.kind, sign.where, sign.times, sign.gain) == ("n_plus_one", "shop.read: GET item:?", 6, 39 * MS)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT * FROM a WHERE b = 'it''s' AND c=5", "SELECT * FROM a WHERE b = ? AND c=?"),
        ("select 1 where x in (1, 2,3)", "select ? where x in (?)"),
        ("INSERT INTO t2 VALUES (1, 'a'), ($2, :name)", "INSERT INTO t2 VALUES (?)"),
        ("GET user:1a2b", "GET user:?"),
        ("SELECT 'cut off", "SELECT ?"),
    ],
)
def test_statements_lose_their_values(statement: str, expected: str) -> None:
    assert without_values(statement) == expected
