# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The waits of elasticsearch_nodes, with a line for each round of the module."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest

from ansible_collections.vigil.observability.plugins.action import elasticsearch_nodes

WAITING = {"failed": True, "msg": "2 shard(s) are left: the disk is full", "progress": "2 shard(s) are left"}


class Rounds(elasticsearch_nodes.ActionModule):
    """The action with the results of its module, and what the module was given."""

    def __init__(self, *results: dict[str, Any], **args: Any) -> None:
        task = MagicMock(args=args, async_val=0, check_mode=False)
        task.get_name.return_value = "Drain nodes"
        super().__init__(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock())
        self.results = list(results)
        self.waits: list[float] = []

    def _execute_module(self, _name: str, module_args: dict[str, Any], **_: Any) -> dict[str, Any]:
        self.waits.append(module_args["shards_timeout"])
        return self.results.pop(0)


def test_each_round_shows_how_many_shards_are_left(capsys: pytest.CaptureFixture[str]) -> None:
    rounds = Rounds({**WAITING, "changed": True}, {**WAITING, "changed": False}, {"changed": False, "shards": 0})
    assert rounds.run(task_vars={}) == {"changed": True, "shards": 0}
    assert capsys.readouterr().out.splitlines() == ["Drain nodes: 2 shard(s) are left"] * 2
    assert rounds.waits == [10.0] * 3


def test_wait_ends_with_the_reason_once_its_time_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    rounds = Rounds({**WAITING, "changed": True}, shards_timeout="5")
    assert rounds.run(task_vars={}) == {**WAITING, "changed": True}
    assert rounds.waits[0] == pytest.approx(5, abs=0.5)
    assert capsys.readouterr().out == ""


def test_refusal_is_not_repeated() -> None:
    refused = {"failed": True, "changed": False, "msg": "search3 cannot be drained."}
    assert Rounds(refused).run(task_vars={}) == refused
