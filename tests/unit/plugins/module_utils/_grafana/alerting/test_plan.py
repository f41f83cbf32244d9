# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a real Grafana was recorded to show counts as equal to what it had been sent, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._api.owner import OWNER, Ownership
from ansible_collections.vigil.observability.plugins.module_utils._api.plan import PlanError
from ansible_collections.vigil.observability.plugins.module_utils._grafana.alerting import mute_timings, templates
from ansible_collections.vigil.observability.plugins.module_utils._grafana.alerting import notification_policy as policy
from ansible_collections.vigil.observability.plugins.module_utils._grafana.alerting.objects import (
    AlertingApi,
    Scope,
    duration,
    duration_text,
)
from ansible_collections.vigil.observability.plugins.module_utils._grafana.alerting.rule import (
    found_rule,
    wanted_rule,
)
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Api, Endpoint, Session
from ansible_collections.vigil.observability.tests.servers import standin_grafana
from ansible_collections.vigil.observability.tests.unit.plugins.conftest import LoopbackServer

RECORDINGS = Path(standin_grafana.__file__).parent / "recordings"
SCOPE = Scope(Ownership(OWNER), print)
IN_PATH = ("uid", "folderUID", "ruleGroup", "orgID")


def recorded(name: str, place: int) -> tuple[Any, Any]:
    """Return what was sent and what was answered."""
    pair = json.loads((RECORDINGS / f"{name}.json").read_text())[place]
    return pair["request"]["body"], pair["response"]["body"]


@pytest.fixture
def api(server: LoopbackServer) -> Iterator[AlertingApi]:
    """The API of a server that answers what a test gives it."""
    session = Session(Endpoint(server.url))
    yield AlertingApi(Api(session, "Grafana"), editable=False)
    session.close()


def test_a_recorded_rule_is_the_one_that_had_been_sent() -> None:
    sent, _answer = recorded("10-rule-groups", 1)
    rule = {name: value for name, value in sent.items() if name not in IN_PATH}
    wanted = wanted_rule(rule, sent["folderUID"], sent["ruleGroup"], OWNER)
    _sent, listing = recorded("11-ruler", 1)
    listed = next(group["rules"][0] for group in listing["Alert Folder"] if group["name"] == "grp")
    there = found_rule(listed)
    assert (there.address, there.provenance, there.owner, there.body["interval"]) == ("gr1", "api", "", 60)
    ours = {**there.seen, "annotations": {**there.seen["annotations"], "__owner__": "vigil.observability"}}
    assert ours == wanted.seen
    assert wanted_rule({**rule, "for": "6m"}, "af", "grp", OWNER).seen != ours


def test_a_recorded_policy_is_the_one_that_had_been_sent(api: AlertingApi, server: LoopbackServer) -> None:
    for put, get in ((1, 2), (19, 20), (21, 22)):
        sent, _answer = recorded("13-policies", put)
        server.bodies["/api/v1/provisioning/policies"] = json.dumps(recorded("13-policies", get)[1]).encode()
        made = policy.plan(api, sent, SCOPE)
        assert (made.steps, made.kept) == ((), ("notification policy",))


def test_a_reset_policy_is_absent(api: AlertingApi, server: LoopbackServer) -> None:
    for get, steps in ((2, 1), (26, 0)):
        server.bodies["/api/v1/provisioning/policies"] = json.dumps(recorded("13-policies", get)[1]).encode()
        assert len(policy.plan(api, {}, Scope(Ownership(OWNER), print, absent=True)).steps) == steps


def test_a_recorded_mute_timing_is_the_one_that_had_been_sent_but_for_our_mark(
    api: AlertingApi, server: LoopbackServer
) -> None:
    sent, answer = recorded("14-mute-timings", 1)
    marked = {**answer, "time_intervals": [*answer["time_intervals"], {"years": ["1970:1970"], "months": ["january"]}]}
    marked["time_intervals"][-1]["days_of_month"] = ["1"]
    for listed, actions in ((answer, ["update"]), (marked, [])):
        server.bodies["/api/v1/provisioning/mute-timings"] = json.dumps([listed]).encode()
        made = mute_timings.plan(api, [sent], SCOPE)
        assert [step.action for step in made.steps] == actions


def test_a_template_that_defines_nothing_is_wrapped_as_grafana_does(api: AlertingApi, server: LoopbackServer) -> None:
    sent, answer = recorded("15-templates", 3)
    ours = {**answer, "template": "{{/* vigil.observability */}}\n" + answer["template"]}
    server.bodies["/api/v1/provisioning/templates"] = json.dumps([ours]).encode()
    assert templates.plan(api, [{**sent, "name": "t2"}], SCOPE).kept == ("template 't2'",)


def test_an_empty_organisation_may_answer_null(api: AlertingApi, server: LoopbackServer) -> None:
    server.bodies["/api/v1/provisioning/templates"] = b"null"
    assert templates.plan(api, [], Scope(Ownership(OWNER), print, prune=True)).steps == ()


@pytest.mark.parametrize(
    ("given", "milliseconds", "text"),
    [
        ("90s", 90_000, "1m30s"),
        ("1h30m", 5_400_000, "1h30m"),
        ("7d", 604_800_000, "1w"),
        ("250ms", 250, "250ms"),
        (60, 60_000, "1m"),
        ("", 0, "0s"),
        (None, 0, "0s"),
    ],
)
def test_durations_have_one_spelling(given: object, milliseconds: int, text: str) -> None:
    assert (duration(given, "for"), duration_text(given, "for")) == (milliseconds, text)


@pytest.mark.parametrize("given", ["soon", "-5m", "1.5h", "5m 3s", "s"])
def test_what_is_no_duration_is_refused_by_place(given: str) -> None:
    with pytest.raises(PlanError, match=r"^for: .* is not a duration such as 90s, 5m or 1h30m\.$"):
        duration(given, "for")
