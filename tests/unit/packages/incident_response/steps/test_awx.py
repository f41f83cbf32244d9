# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attempts that AWX runs: launched once, whatever becomes of an answer, and never where AWX would do something else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps import (
    Host,
    Spec,
    State,
    StepError,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.awx import (
    Api,
    AwxAttempts,
    Controller,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.awx.launches import (
    Launches,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.output import Output
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.state import Kind
from ansible_collections.vigil.observability.tests.servers import standin_awx
from ansible_collections.vigil.observability.tests.servers.standin_awx import StandinAwx, Template
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates

NAME = "inc-7-s1-a1"
LAUNCH = ("POST", "/launch/")
HELD = ("pending", "running")


class Executor:
    """AWX with the job template of a step, and the engine's side of it, which can start anew."""

    def __init__(self, awx: StandinAwx, folder: Path, ca_file: Path) -> None:
        self.awx, self.folder, self.ca_file = awx, folder, ca_file
        self.template = awx.add_template("restart_service", asks=["extra_vars", "labels", "limit", "job_type"])
        self.templates: dict[str, str | int] = {"restart_service": "restart_service"}
        self.attempts = self.begun_anew()

    def begun_anew(self, cancelling: float = 30, saving: float = 30, **changed: Any) -> AwxAttempts:
        """Return the side of an engine that knows only what its directory has."""
        told = {"url": self.awx.url, "token": self.awx.token, "ca_file": str(self.ca_file), **changed}
        patience = {"interval": 0.01, "patience": cancelling, "saving": saving}
        return AwxAttempts(Api(Controller(**told)), self.templates, self.folder, **patience)

    def spec(self, **changed: Any) -> Spec:
        """Return an attempt."""
        told = {"runbook": "shop_down", "step": "restart_service", "holder": "mon1", "parameters": {"unit": "shop"}}
        return Spec(**{"attempt": NAME, "host": Host(name="web1", address="192.0.2.7"), **told, **changed})

    def start(self, **changed: Any) -> State:
        """Start an attempt."""
        return self.attempts.start(self.spec(**changed))

    @property
    def launches(self) -> int:
        """How often AWX was asked to launch anything."""
        return sum(path.endswith("/launch/") for _method, path in self.awx.requests)


@pytest.fixture
def executor(tmp_path: Path, certificates: Certificates) -> Iterator[Executor]:
    """An AWX of which tests choose what it does."""
    with standin_awx.running() as awx:
        yield Executor(awx, tmp_path / "launches", certificates.authority)


def test_attempt_becomes_a_job_with_its_label_its_host_and_the_variables_of_a_step(executor: Executor) -> None:
    state = executor.start()
    assert (state.kind, state.reason) == (Kind.RUNNING, "job 2 of AWX is pending")
    job = executor.awx.jobs[2]
    assert [label.name for label in job.labels] == [NAME]
    assert (job.accepted["limit"], job.accepted.get("job_type")) == ("web1,localhost", None)
    assert job.accepted["extra_vars"] == {
        "step_hosts": ["web1"],
        "step_parameters": {"unit": "shop"},
        "step_attempt": NAME,
        "step_holder": "mon1",
        "step_runbook": "shop_down",
        "step_limit": {},
        "step_seconds": 300,
        "step_release": True,
    }


def test_attempt_that_only_asks_runs_in_check_mode(executor: Executor) -> None:
    executor.start(check=True)
    assert executor.awx.jobs[2].accepted["job_type"] == "check"


def test_template_without_a_limit_of_its_own_need_not_ask_for_one(executor: Executor) -> None:
    executor.template.asks = ["extra_vars", "labels"]
    executor.start()
    assert "limit" not in executor.awx.jobs[2].accepted


def test_template_is_found_by_its_number(executor: Executor) -> None:
    executor.awx.add_template("restart_service", organization=2)
    executor.templates["restart_service"] = executor.template.id
    executor.start()
    assert executor.awx.jobs[2].template is executor.template


@pytest.mark.parametrize(
    ("status", "explanation", "code", "reason"),
    [
        ("successful", "", 0, "job 2 of AWX is successful"),
        ("failed", "", 2, "job 2 of AWX is failed"),
        ("error", "The project has no\nplaybook", 1, "job 2 of AWX is error: The project has no playbook"),
        ("canceled", "", 130, "job 2 of AWX is canceled"),
    ],
)
def test_ended_job_is_finished_with_a_code_and_a_reason(
    executor: Executor, status: str, explanation: str, code: int, reason: str
) -> None:
    executor.template.course, executor.template.explanation = ("pending", status), explanation
    executor.start()
    assert executor.attempts.state(NAME).kind is Kind.RUNNING
    assert executor.attempts.state(NAME) == State(Kind.FINISHED, code, reason, cancelled=status == "canceled")


@pytest.mark.parametrize("status", ["new", "pending", "waiting", "running"])
def test_job_that_has_not_ended_runs(executor: Executor, status: str) -> None:
    executor.template.course = (status,)
    executor.start()
    assert executor.attempts.state(NAME) == State(Kind.RUNNING, reason=f"job 2 of AWX is {status}")


def test_status_that_is_none_is_named(executor: Executor) -> None:
    executor.template.course = ("pending", "never updated")
    executor.start()
    executor.attempts.state(NAME)
    with pytest.raises(StepError, match="is never updated, which is no status"):
        executor.attempts.state(NAME)


def test_attempt_that_nobody_started_never_started(executor: Executor) -> None:
    assert executor.attempts.state(NAME) == State(Kind.NEVER_STARTED)


def test_attempt_that_was_asked_for_twice_is_launched_once(executor: Executor) -> None:
    executor.start()
    assert executor.begun_anew().start(executor.spec()).kind is Kind.RUNNING
    assert (executor.launches, len(executor.awx.jobs)) == (1, 1)


def test_attempt_that_is_asked_for_by_many_at_once_is_launched_once(executor: Executor) -> None:
    executor.template.course = HELD

    def start(_number: int) -> str:
        try:
            return executor.begun_anew().start(executor.spec()).kind
        except StepError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))
    assert (executor.launches, len(executor.awx.jobs)) == (1, 1)


def test_lost_answer_of_a_launch_is_found_by_its_label_and_not_launched_again(executor: Executor) -> None:
    executor.awx.lose = "after"
    assert executor.start() == State(Kind.RUNNING, reason="job 2 of AWX is pending")
    executor.awx.lose = ""
    assert executor.begun_anew().start(executor.spec()).kind is Kind.RUNNING
    assert (executor.launches, len(executor.awx.jobs)) == (1, 1)


def test_launch_that_was_lost_before_it_made_a_job_is_unknown_and_not_launched_again(executor: Executor) -> None:
    executor.awx.lose = "before"
    with pytest.raises(StepError, match=r"^Cannot act: AWX does not answer POST .*/launch/: RemoteProtocolError: "):
        executor.start()
    executor.awx.lose = ""
    state = executor.begun_anew().start(executor.spec())
    assert state == State(
        Kind.UNKNOWN, reason=f"AWX has no job with the label {NAME}: it was never made, or is deleted"
    )
    assert (executor.launches, executor.awx.jobs) == (1, {})


def test_launch_that_is_answered_too_late_is_found_by_its_label(executor: Executor) -> None:
    executor.awx.delays[LAUNCH] = 60
    executor.attempts = executor.begun_anew(patience=2)
    assert executor.start() == State(Kind.RUNNING, reason="job 2 of AWX is pending")
    assert executor.launches == 1


def test_answer_that_is_lost_with_awx_itself_is_unknown_until_awx_is_back(executor: Executor) -> None:
    executor.awx.wrong[LAUNCH] = (502, "<html>Bad Gateway</html>")
    with pytest.raises(StepError, match="^Cannot act: AWX answers POST .*/launch/ with status 502\\.$"):
        executor.start()
    executor.awx.wrong.clear()
    assert executor.start().kind is Kind.UNKNOWN
    assert executor.launches == 1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"variables_needed": ["reason"]}, "status 400: variables_needed_to_start: 'reason' is missing"),
        ({"passwords_needed": ["ssh_password"]}, "status 400: passwords_needed_to_start: ssh_password"),
        ({"inventory": None}, "status 400: resources_needed_to_start: The inventory is missing"),
        ({"launchable": False}, "status 405: detail: This cannot be done now"),
    ],
)
def test_launch_that_awx_refuses_never_started_and_can_start_later(
    executor: Executor, changed: dict[str, Any], reason: str
) -> None:
    usual = {name: getattr(executor.template, name) for name in changed}
    vars(executor.template).update(changed)
    with pytest.raises(StepError, match=f"^Cannot act: AWX answers POST .*/job_templates/1/launch/ with {reason}.$"):
        executor.start()
    assert executor.attempts.state(NAME) == State(Kind.NEVER_STARTED)
    vars(executor.template).update(usual)
    assert executor.start().kind is Kind.RUNNING


def test_user_who_may_not_launch_is_named(executor: Executor) -> None:
    executor.awx.wrong[LAUNCH] = (403, {"detail": "You may not do this."})
    with pytest.raises(StepError, match=r"with status 403: detail: You may not do this\.$"):
        executor.start()
    assert executor.attempts.state(NAME) == State(Kind.NEVER_STARTED)


def test_wrong_token_is_refused_and_not_shown(executor: Executor) -> None:
    executor.attempts = executor.begun_anew(token="another-token")
    with pytest.raises(StepError, match="status 401") as caught:
        executor.start()
    assert "another-token" not in f"{caught.value} {Controller(url='', token='another-token', ca_file='')}"


@pytest.mark.parametrize("ask", ["start", "state", "cancel"])
def test_awx_that_is_down_cannot_act(executor: Executor, ask: str) -> None:
    told: Any = executor.spec() if ask == "start" else NAME
    reason = r"^Cannot act: AWX does not answer GET http://127.0.0.1:1/api/v2/\w+/: ConnectError: .*\.$"
    with pytest.raises(StepError, match=reason):
        getattr(executor.begun_anew(url="http://127.0.0.1:1"), ask)(told)
    assert executor.start().kind is Kind.RUNNING


def test_awx_that_goes_away_before_the_launch_never_started(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    down = Api(Controller(url="http://127.0.0.1:1", token="", ca_file=str(executor.ca_file)))
    post = Api.post

    def gone(api: Api, path: str, body: Any) -> Any:
        return post(down if path.endswith("/launch/") else api, path, body)

    with monkeypatch.context() as patched:
        patched.setattr(Api, "post", gone)
        with pytest.raises(StepError, match="ConnectError"):
            executor.start()
    assert executor.attempts.state(NAME) == State(Kind.NEVER_STARTED)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((500, {"detail": "secret"}), r"status 500\.$"),
        ((301, None), r"status 301\.$"),
        ((404, "<html>"), r"status 404\.$"),
        ((400, ["no"]), r"status 400\.$"),
        ((200, "<html>"), r"with no JSON object\.$"),
        ((200, []), r"with no JSON object\.$"),
        ((200, {}), r"without a list\.$"),
    ],
)
def test_answer_that_is_none_is_named(executor: Executor, answer: tuple[int, Any], reason: str) -> None:
    executor.awx.wrong["GET", "/jobs/"] = answer
    with pytest.raises(StepError, match=f"^Cannot act: AWX .*{reason}"):
        executor.attempts.state(NAME)


def test_authorities_that_cannot_be_read_are_an_error(executor: Executor, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        executor.begun_anew(ca_file=str(tmp_path / "none")).state(NAME)


@pytest.mark.parametrize(
    ("asks", "settings", "check", "reason"),
    [
        ([], {}, False, 'ignores Variables and Labels: turn on "Prompt on launch" there'),
        (["extra_vars"], {}, False, "ignores Labels: turn on"),
        (["labels"], {}, False, "ignores Variables: turn on"),
        (["extra_vars", "labels"], {"limit": "others"}, False, "ignores Limit: turn on"),
        (["extra_vars", "labels"], {"job_type": "check"}, False, "ignores Job Type: turn on"),
        (["extra_vars", "labels"], {}, True, "ignores Job Type: turn on"),
        (["extra_vars", "labels"], {"job_tags": "a"}, False, "has Job Tags, which leave out parts of the step"),
        (["extra_vars", "labels"], {"skip_tags": "a"}, False, "has Skip Tags, which leave out parts of the step"),
        (["extra_vars", "labels"], {"job_slice_count": 2}, False, 'makes slices .*: set "Job Slicing" to 1'),
        (["extra_vars", "labels"], {"organization": None}, False, "has no organization for labels"),
    ],
)
def test_template_that_would_do_something_else_is_refused_before_anything_is_made(
    executor: Executor, asks: list[str], settings: dict[str, Any], check: bool, reason: str
) -> None:
    executor.template.asks, executor.template.settings = asks, settings
    with pytest.raises(StepError, match=f"^Cannot act: the .*job template restart_service of AWX {reason}"):
        executor.start(check=check)
    assert {method for method, _path in executor.awx.requests} == {"GET"}
    assert executor.attempts.state(NAME) == State(Kind.NEVER_STARTED)


def test_job_that_ignores_something_all_the_same_is_cancelled(executor: Executor) -> None:
    made = executor.awx.add_template("restart_service").shown()
    executor.awx.templates = {1: Template(1, "restart_service", asks=["labels"], course=HELD)}
    executor.awx.wrong["GET", "/job_templates/"] = (200, {"results": [{**made, "id": 1}]})
    with pytest.raises(
        StepError, match="job 2 of AWX is cancelled, as it ignores extra_vars: its template has changed"
    ):
        executor.start()
    assert executor.attempts.cancel(NAME) == State(Kind.FINISHED, 130, "job 2 of AWX is canceled", cancelled=True)


@pytest.mark.parametrize("text", ["{{ lookup('pipe', 'id') }}", "{% raw %}", "{# a #}"])
def test_jinja_is_refused_since_awx_might_evaluate_it(executor: Executor, text: str) -> None:
    with pytest.raises(StepError, match="has Jinja among its variables"):
        executor.start(parameters={"unit": [{"name": text}]})
    assert executor.awx.jobs == {}


@pytest.mark.parametrize("told", ["unknown", 9])
def test_template_that_awx_does_not_have_is_refused(executor: Executor, told: str | int) -> None:
    executor.templates["restart_service"] = told
    with pytest.raises(StepError, match=f"AWX shows 0 job templates {told!r}: it has to be one"):
        executor.start()


def test_step_without_a_template_is_refused(executor: Executor) -> None:
    with pytest.raises(StepError, match="no job template of AWX for the step free_disk"):
        executor.start(step="free_disk")
    assert executor.awx.requests == []


def test_label_that_exists_already_is_used(executor: Executor) -> None:
    label = standin_awx.Label(9, NAME)
    executor.awx.labels[9] = label
    executor.start()
    assert [job.labels for job in executor.awx.jobs.values()] == [[label]]


def test_label_that_another_engine_makes_in_that_moment_is_its_own(executor: Executor) -> None:
    executor.awx.labels[9] = standin_awx.Label(9, NAME)
    executor.awx.wrong["GET", "/labels/"] = (200, {"results": []})
    with pytest.raises(StepError, match="POST .*/labels/ with status 400: __all__: "):
        executor.start()
    assert executor.launches == 0


def test_job_of_an_engine_that_counted_the_same_is_not_taken_for_this_one(executor: Executor, tmp_path: Path) -> None:
    executor.template.course = ("failed",)
    executor.start()
    executor.folder = tmp_path / "new"
    executor.attempts, executor.template.course = executor.begun_anew(), HELD
    assert executor.start().kind is Kind.RUNNING
    assert executor.attempts.state(NAME).reason == "job 3 of AWX is pending"
    assert list(executor.awx.jobs) == [2, 3]


def test_job_of_another_engine_that_still_runs_is_not_doubled(executor: Executor, tmp_path: Path) -> None:
    executor.template.course = HELD
    executor.start()
    executor.folder = tmp_path / "new"
    other = executor.begun_anew()
    with pytest.raises(StepError, match=f"job 2 of AWX has the label {NAME}, but another engine launched it"):
        other.start(executor.spec())
    assert (executor.launches, other.state(NAME).kind) == (1, Kind.RUNNING)


def test_deleted_job_is_unknown_and_not_launched_again(executor: Executor) -> None:
    executor.start()
    executor.awx.delete_job(2)
    assert executor.awx.labels == {}
    assert executor.attempts.state(NAME).kind is executor.start().kind is Kind.UNKNOWN
    assert executor.launches == 1


def test_job_that_a_person_cancels_is_finished_with_that_reason(executor: Executor) -> None:
    executor.template.course = HELD
    executor.start()
    executor.awx.jobs[2].course = ["canceled"]
    assert executor.attempts.state(NAME) == State(Kind.FINISHED, 130, "job 2 of AWX is canceled", cancelled=True)


def test_job_that_a_person_launches_again_is_not_the_attempt(executor: Executor) -> None:
    executor.template.course = ("failed",)
    executor.start()
    executor.template.course = HELD
    executor.awx.relaunch(2)
    assert executor.attempts.state(NAME) == State(Kind.FINISHED, 2, "job 2 of AWX is failed")


def test_cancelled_attempt_has_ended(executor: Executor) -> None:
    executor.template.course = HELD
    executor.start()
    assert executor.attempts.cancel(NAME) == State(Kind.FINISHED, 130, "job 2 of AWX is canceled", cancelled=True)
    assert executor.attempts.cancel(NAME) == State(Kind.FINISHED, 130, "job 2 of AWX is canceled", cancelled=True)
    assert sum(path.endswith("/cancel/") for _method, path in executor.awx.requests) == 1


def test_job_that_ends_while_it_is_cancelled_has_its_own_end(executor: Executor) -> None:
    executor.template.course = ("pending", "successful")
    executor.start()
    assert executor.attempts.cancel(NAME) == State(Kind.FINISHED, 0, "job 2 of AWX is successful")


def test_job_that_goes_on_after_it_was_cancelled_is_an_error(executor: Executor) -> None:
    executor.template.course, executor.awx.deaf = HELD, True
    executor.start()
    with pytest.raises(StepError, match="job 2 of AWX is running, 0 seconds after it was cancelled"):
        executor.begun_anew(cancelling=0.3).cancel(NAME)


def test_job_that_may_not_be_cancelled_is_an_error(executor: Executor) -> None:
    executor.template.course = HELD
    executor.start()
    executor.awx.wrong["POST", "/cancel/"] = (403, {"detail": "You may not do this."})
    with pytest.raises(StepError, match="POST .*/jobs/2/cancel/ with status 403"):
        executor.attempts.cancel(NAME)


def test_attempt_without_a_job_need_not_be_cancelled(executor: Executor) -> None:
    assert executor.attempts.cancel(NAME) == State(Kind.NEVER_STARTED)


def event(kind: str, task: str = "Restart a service", **result: Any) -> dict[str, Any]:
    """Return an event as AWX lists it."""
    return {"event": kind, "task": task, "event_data": {"res": {"invocation": {"module_args": {}}, **result}}}


def test_output_without_events_is_what_the_job_has_put_out_without_secrets(executor: Executor) -> None:
    assert executor.attempts.output(NAME) == Output()
    executor.start()
    executor.awx.jobs[2].output = "ok: [web1]\npassword=hunter2\n"
    assert executor.attempts.output(NAME).reason == ""
    assert "ok: [web1]" in executor.attempts.output(NAME).text
    assert "hunter2" not in executor.attempts.output(NAME).text


def test_output_is_what_the_events_of_the_job_tell(executor: Executor) -> None:
    changed = event("runner_on_ok", changed=True, diff={"before": "", "after": "restart shop\n"})
    checked = event("runner_on_ok", "Check that each host is one of the inventory", msg="password=hunter2")
    executor.template.events = [{"event": "playbook_on_start", "event_data": {}}, checked, changed]
    executor.start()
    lines = ["Check that each host is one of the inventory: ok", "Restart a service: changed", "+ restart shop"]
    assert executor.attempts.output(NAME) == Output("\n".join(lines))


HELD_BY = "The attempt new-disk of anna holds this host for 90 s more."


@pytest.mark.parametrize(
    ("result", "reason", "refused"),
    [
        ({"msg": HELD_BY, "outcome": "refused", "results": []}, HELD_BY, True),
        ({"msg": "This host does not declare it.", "outcome": "refused", "results": [{}]}, "This host", False),
        ({"msg": "shop is failed. password=hunter2", "outcome": "failed"}, "shop is failed. password=[", False),
        ({}, "it gave no reason", False),
    ],
)
def test_why_a_job_failed_is_what_its_host_said(
    executor: Executor, result: dict[str, Any], reason: str, refused: bool
) -> None:
    executor.template.course, executor.template.events = ("failed",), [event("runner_on_failed", **result)]
    executor.start()
    found = executor.attempts.output(NAME)
    assert (found.reason[: len(reason)], found.refused) == (reason, refused)
    assert "hunter2" not in found.reason


def test_failure_that_the_playbook_ignores_is_no_reason(executor: Executor) -> None:
    failed = event("runner_on_failed", msg="no")
    failed["event_data"]["ignore_errors"] = True
    executor.template.events = [event("runner_on_unreachable", "Reach it", msg="no route"), failed]
    executor.start()
    assert executor.attempts.output(NAME) == Output("Reach it: unreachable", "no route")


def test_events_that_awx_saves_after_the_end_of_the_job_are_waited_for(executor: Executor) -> None:
    executor.template.course, executor.template.events = ("failed",), [event("runner_on_failed", msg=HELD_BY)]
    executor.template.unsaved = 3
    executor.start()
    assert executor.attempts.output(NAME).reason == HELD_BY


def test_event_that_awx_has_lost_is_not_waited_for_for_long(executor: Executor) -> None:
    executor.template.course, executor.template.unsaved = ("failed",), 1_000_000
    executor.start()
    executor.awx.jobs[2].output = "fatal: [web1]"
    assert executor.begun_anew(saving=0.1).output(NAME) == Output("fatal: [web1]")


def test_event_that_is_none_tells_nothing(executor: Executor) -> None:
    executor.template.events = [{"event": "runner_on_ok", "event_data": None}, {"event_data": {"res": "text"}}]
    executor.start()
    assert executor.attempts.output(NAME) == Output(": ok")


def test_launches_are_forgotten_after_their_time(executor: Executor) -> None:
    executor.attempts.forget(time.time())  # before there is any
    executor.start()
    executor.attempts.forget(time.time() - 60)
    assert executor.attempts.state(NAME).kind is Kind.RUNNING
    executor.awx.jobs.clear()
    executor.attempts.forget(time.time() + 60)
    assert executor.attempts.state(NAME) == State(Kind.NEVER_STARTED)


@pytest.mark.parametrize("name", ["", "..", "../inc-1", "a b", "a" * 101])
def test_name_that_is_none_is_refused(executor: Executor, name: str) -> None:
    for ask in (executor.attempts.state, executor.attempts.cancel, executor.attempts.output):
        with pytest.raises(StepError, match="is not the name of an attempt"):
            ask(name)
    assert executor.awx.requests == []


def test_launch_is_remembered_once(executor: Executor) -> None:
    Launches(executor.folder).remember(NAME, 0)
    with pytest.raises(StepError, match=f"The attempt {NAME} has already started"):
        Launches(executor.folder).remember(NAME, 5)
    assert [path.name for path in executor.folder.iterdir()] == [NAME]
    assert Launches(executor.folder).after(NAME) == 0


def test_damaged_memory_of_a_launch_is_named(executor: Executor) -> None:
    executor.folder.mkdir()
    (executor.folder / NAME).write_text("")
    with pytest.raises(StepError, match=f"{NAME} has no number of a job"):
        executor.start()
