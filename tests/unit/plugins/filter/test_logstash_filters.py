# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.logstash_pipelines import logstash_pipelines
from ansible_collections.vigil.observability.plugins.filter.logstash_replays import logstash_replays

OUTPUT = "output { elasticsearch { } }\n"
OWN = 'input { beats { port => 5045 } }\noutput {\n  file { path => "/srv/out" }\n}\n'


def test_pipeline_without_an_output_is_given_one_as_a_secret() -> None:
    listed, text, output = logstash_pipelines({"main": {"config": "input { }\n"}}, OUTPUT)
    (entry,) = yaml.safe_load(listed["content"])
    assert (listed["path"], entry["pipeline.id"]) == ("pipelines.yml", "main")
    assert entry["path.config"] == "${LOGSTASH_PIPELINES:/etc/logstash/pipelines}/main/*.conf"
    assert text == {"path": "pipelines/main/10-pipeline.conf", "content": "input { }\n"}
    assert output == {"path": "pipelines/main/90-output.conf", "secret_content": OUTPUT}


def test_pipeline_with_an_output_keeps_it() -> None:
    assert [file["path"] for file in logstash_pipelines({"own": {"config": OWN}}, OUTPUT)] == [
        "pipelines.yml",
        "pipelines/own/10-pipeline.conf",
    ]


def test_settings_of_a_pipeline_are_in_the_list_and_in_its_order() -> None:
    given: dict[str, dict[str, Any]] = {"z": {"config": "input { }"}, "a": {"config": OWN, "pipeline.workers": 1}}
    listed = yaml.safe_load(logstash_pipelines(given, OUTPUT)[0]["content"])
    assert [(entry["pipeline.id"], entry.get("pipeline.workers")) for entry in listed] == [("z", None), ("a", 1)]


@pytest.mark.parametrize("given", [{"../x": {"config": OWN}}, {"own": {}}, {"own": {"config": " \n"}}])
def test_what_is_no_pipeline_is_refused(given: dict[str, dict[str, Any]]) -> None:
    with pytest.raises(AnsibleFilterError, match=r"logstash_pipelines\.\S+ is no pipeline: name it with letters"):
        logstash_pipelines(given, OUTPUT)


@pytest.mark.parametrize(
    ("kept", "again", "replay", "left"),
    [
        ([], [], [], []),
        (["main"], [], ["main"], []),
        (["main", "taken"], [], ["main", "taken"], []),
        (["replay"], ["replay"], ["again"], []),
        (["again", "main", "replay"], ["replay"], ["again", "main"], []),
        (["again"], [], ["again"], []),
        (["own", "gone", "main"], [], ["main"], ["gone", "own"]),
    ],
)
def test_what_was_refused_is_sent_by_a_pipeline_that_does_not_read_its_own(
    kept: Sequence[str], again: Sequence[str], replay: Sequence[str], left: Sequence[str]
) -> None:
    files = [f"/var/lib/logstash/dead_letter_queue/{name}/{number}.log" for name in kept for number in (1, 2)]
    pipelines = {"own": {"config": OWN}, "taken": {"config": "input { }"}}
    assert logstash_replays(files, pipelines) == {"again": again, "replay": replay, "left": left}


def test_documents_of_a_replaced_main_pipeline_with_an_output_of_its_own_are_left() -> None:
    files = ["/var/lib/logstash/dead_letter_queue/main/1.log"]
    assert logstash_replays(files, {"main": {"config": OWN}}) == {"again": [], "replay": [], "left": ["main"]}
