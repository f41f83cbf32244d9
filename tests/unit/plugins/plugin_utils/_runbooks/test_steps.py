# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of runbooks: what each asks of a host, and which parameters it takes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.steps import STEPS, step_actions
from ansible_collections.vigil.observability.tests.unit.playbooks.expressions import COLLECTION

FOLDER = COLLECTION / "playbooks/steps"


def actions(step: str, **given: Any) -> list[tuple[str, ...]]:
    return [tuple(str(value) for value in one.values()) for one in step_actions(step, given)]


def test_every_step_is_a_playbook_without_become() -> None:
    assert {path.stem for path in FOLDER.glob("*.yml")} == STEPS.keys()
    for path in FOLDER.glob("*.yml"):
        _hosts, play = yaml.safe_load(path.read_text())
        (task,) = play["tasks"]
        assert f"step_actions('{path.stem}')" in task["vigil.observability.runbook_actions"]["actions"]
        assert (play["serial"], play["any_errors_fatal"], "become" in play) == (1, True, False)


@pytest.mark.parametrize(
    ("step", "given", "asked"),
    [
        ("restart_service", {"unit": "shop"}, [("restart", "shop.service", "5")]),
        ("restart_service", {"unit": "shop.timer", "settle": 0}, [("restart", "shop.timer", "0")]),
        (
            "scale_service",
            {"units": ["shop@1", "shop@2", "shop@3"], "instances": 2},
            [("start", "shop@1.service", "5"), ("start", "shop@2.service", "5"), ("stop", "shop@3.service")],
        ),
        ("clear_cache", {"directories": ["pages", "carts"]}, [("clear", "pages"), ("clear", "carts")]),
        ("failover", {"command": "promote", "unit": "shop"}, [("run", "promote"), ("start", "shop.service", "5")]),
        ("run_script", {"command": "repair"}, [("run", "repair")]),
        ("free_disk", {"journal": True, "directories": ["pages"]}, [("vacuum",), ("clear", "pages")]),
        ("drain_host", {"command": "leave", "units": ["shop"]}, [("run", "leave"), ("stop", "shop.service")]),
    ],
)
def test_step_asks_of_a_host(step: str, given: dict[str, Any], asked: list[tuple[str, ...]]) -> None:
    assert actions(step, **given) == asked


@pytest.mark.parametrize(
    ("step", "given", "sentence"),
    [
        ("reboot", {}, "step 'reboot' is unknown: use restart_service, scale_service, clear_cache, "),
        ("restart_service", {}, "restart_service needs the parameter unit."),
        ("restart_service", [], "parameters of restart_service must be a mapping."),
        ("restart_service", {"unit": "shop", "user": "x"}, "restart_service has no parameter 'user': use unit"),
        ("restart_service", {"unit": {"label": "job"}}, "unit of restart_service must be a text."),
        ("restart_service", {"unit": "shop", "settle": 61}, "settle of restart_service must be a whole number"),
        ("scale_service", {"units": [], "instances": True}, "units of scale_service must be a list of texts."),
        ("failover", {}, "failover needs command or unit."),
        ("free_disk", {"journal": False}, "free_disk needs journal or directories."),
    ],
)
def test_parameters_that_a_step_does_not_take_are_refused(step: str, given: Any, sentence: str) -> None:
    with pytest.raises(OperatorError) as refusal:
        step_actions(step, given)
    assert str(refusal.value).startswith(sentence)
