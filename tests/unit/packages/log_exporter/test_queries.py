# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked, and what answers mean, without a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.log_exporter.log_exporter import __version__
from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.queries import (
    NEWEST,
    Reading,
    readings,
    window,
)
from ansible_collections.vigil.observability.tests.unit.packages.log_exporter.scraped import alert, configured

COMPLETE = {"timed_out": False, "_shards": {"total": 2, "failed": 0}, "hits": {"total": {"value": 7}}}
NONE = {"timed_out": False, "_shards": {"total": 2, "failed": 0}, "hits": {"hits": []}}
PACKAGE = Path(__file__).resolve().parents[4] / "packages/log_exporter"


def test_windows_follow_each_other_without_a_gap_or_an_overlap() -> None:
    ends = [window(1000.0004 + 60 * number, 30, 60) for number in range(3)]
    assert ends == [(910_000, 970_000), (970_000, 1_030_000), (1_030_000, 1_090_000)]


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ({**COMPLETE, "timed_out": True}, "the search timed out"),
        ({**COMPLETE, "_shards": {"total": 2, "failed": 1}}, "1 of 2 shards failed"),
        (
            {
                "status": 400,
                "error": {
                    "reason": "all shards failed",
                    "root_cause": [{"reason": "Failed to parse query [level:[]"}],
                },
            },
            "all shards failed; Failed to parse query [level:[]",
        ),
        ({"status": 500, "error": {"type": "odd"}}, "Elasticsearch refuses the query"),
        ({"status": 200}, "the answer cannot be read (KeyError: 'hits')"),
    ],
)
def test_an_answer_that_is_not_complete_has_no_number_but_a_reason(answer: dict[str, Any], failure: str) -> None:
    found = readings(configured(alert(), urls=()), [answer, NONE])
    assert found == {"errors": Reading(failure=failure), NEWEST: Reading(0)}


def test_answers_that_are_missing_make_every_number_unknown() -> None:
    found = readings(configured(alert(), urls=()), [COMPLETE])
    assert [one.failure for one in found.values()] == ["Elasticsearch answered 1 of 2 searches"] * 2


def test_version_is_that_of_the_package() -> None:
    assert f'version = "{__version__}"\n' in (PACKAGE / "pyproject.toml").read_text()
