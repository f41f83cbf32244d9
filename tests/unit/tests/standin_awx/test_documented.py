"""The stand-in answers with the statuses and shapes that AWX documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.servers import standin_awx
from ansible_collections.vigil.observability.tests.servers.standin_awx import StandinAwx

LABELS = "/api/v2/labels/"
LAUNCH = "/api/v2/job_templates/1/launch/"


@pytest.fixture
def awx() -> Iterator[StandinAwx]:
    """A stand-in with a template that accepts variables and labels."""
    with standin_awx.running() as server:
        server.add_template("restart_service")
        yield server


def asked(awx: StandinAwx, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
    """Return status and body of an answer to its user."""
    told = {name: str(value) for name, value in query.items()}
    return awx.answer(method, path, told, body or {}, f"Bearer {awx.token}")


def test_ping_is_answered_to_everybody_and_all_else_to_who_has_a_token(awx: StandinAwx) -> None:
    assert awx.answer("GET", "/api/v2/ping/", {}, None, "")[1]["version"] == "24.6.1"
    assert awx.answer("GET", "/api/v2/jobs/", {}, None, "")[0] == 401
    assert awx.answer("GET", "/api/v2/jobs/", {}, None, f"Token {awx.token}")[0] == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v2/job_templates/1/", 200),
        ("GET", "/api/v2/job_templates/2/", 404),
        ("POST", "/api/v2/job_templates/1/", 405),
        ("POST", "/api/v2/jobs/", 405),
        ("GET", "/api/v2/job_templates/1/launch/", 404),
        ("GET", "/api/v2/projects/", 404),
        ("GET", "/elsewhere/", 404),
    ],
)
def test_what_it_does_not_know_is_refused(awx: StandinAwx, method: str, path: str, status: int) -> None:
    assert asked(awx, method, path)[0] == status


def test_launch_names_what_it_ignores(awx: StandinAwx) -> None:
    awx.templates[1].asks = ["labels"]
    told = {"extra_vars": '{"a": 1}', "limit": "web1", "job_type": "run", "labels": []}
    status, job = asked(awx, "POST", LAUNCH, told)
    assert (status, job["job"], job["status"]) == (201, job["id"], "pending")
    assert job["ignored_fields"] == {"extra_vars": {"a": 1}, "limit": "web1"}


def test_survey_accepts_its_variables_alone(awx: StandinAwx) -> None:
    awx.templates[1].asks, awx.templates[1].variables_needed = [], ["reason"]
    assert asked(awx, "POST", LAUNCH, {"extra_vars": {"b": 2}})[0] == 400
    job = asked(awx, "POST", LAUNCH, {"extra_vars": {"reason": "full", "b": 2}})[1]
    assert (job["extra_vars"], job["ignored_fields"]) == ('{"reason": "full"}', {"extra_vars": {"b": 2}})


@pytest.mark.parametrize(
    ("changed", "body", "field"),
    [
        ({"variables_needed": ["reason"]}, {}, "variables_needed_to_start"),
        ({"passwords_needed": ["ssh_password"]}, {}, "passwords_needed_to_start"),
        ({"inventory": None}, {}, "resources_needed_to_start"),
        ({}, {"labels": [9]}, "labels"),
        ({}, {"job_type": "scan"}, "job_type"),
    ],
)
def test_launch_that_lacks_something_makes_no_job(
    awx: StandinAwx, changed: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    vars(awx.templates[1]).update(changed)
    status, reasons = asked(awx, "POST", LAUNCH, body)
    assert (status, list(reasons), awx.jobs) == (400, [field], {})


def test_password_that_is_needed_can_be_given(awx: StandinAwx) -> None:
    awx.templates[1].passwords_needed = ["ssh_password"]
    assert asked(awx, "POST", LAUNCH, {"credential_passwords": {"ssh_password": "a"}})[0] == 201


def test_job_is_cancelled_while_it_is_active(awx: StandinAwx) -> None:
    number = asked(awx, "POST", LAUNCH)[1]["id"]
    path = f"/api/v2/jobs/{number}/cancel/"
    assert asked(awx, "GET", path) == (200, {"can_cancel": True})
    assert asked(awx, "POST", path) == (202, None)
    assert [asked(awx, "GET", f"/api/v2/jobs/{number}/")[1]["status"] for _look in range(2)] == ["pending", "canceled"]
    assert asked(awx, "GET", path) == (200, {"can_cancel": False})
    assert asked(awx, "POST", path)[0] == 405


def test_label_is_one_of_its_name_and_organization_and_goes_with_its_last_job(awx: StandinAwx) -> None:
    told = {"name": "inc-1-s1-a1", "organization": 1}
    status, label = asked(awx, "POST", LABELS, told)
    assert (status, asked(awx, "POST", LABELS, told)[0]) == (201, 400)
    assert asked(awx, "GET", LABELS, **told)[1]["results"] == [label]
    first = asked(awx, "POST", LAUNCH, {"labels": [label["id"]]})[1]["id"]
    again = awx.relaunch(first).id
    awx.delete_job(first)
    assert asked(awx, "GET", LABELS)[1]["count"] == 1
    awx.delete_job(again)
    assert asked(awx, "GET", LABELS)[1]["count"] == 0


def test_list_comes_in_pages_of_25_and_at_most_200(awx: StandinAwx) -> None:
    for _job in range(201):
        asked(awx, "POST", LAUNCH)
    page = asked(awx, "GET", "/api/v2/jobs/", order_by="-id", page=9)[1]
    assert (page["count"], [job["id"] for job in page["results"]], page["next"]) == (201, [1], None)
    assert page["previous"] == "/api/v2/jobs/?order_by=-id&page=8"
    page = asked(awx, "GET", "/api/v2/jobs/", page_size=500)[1]
    assert (len(page["results"]), page["next"]) == (200, "/api/v2/jobs/?page_size=500&page=2")
    assert asked(awx, "GET", "/api/v2/jobs/", page=10)[0] == 404
    assert asked(awx, "GET", "/api/v2/jobs/", id__gt=200)[1]["count"] == 1


def test_output_of_a_job_is_text(awx: StandinAwx) -> None:
    asked(awx, "POST", LAUNCH)
    awx.jobs[1].output = "ok: [web1]\n"
    assert asked(awx, "GET", "/api/v2/jobs/1/stdout/", format="txt_download") == (200, "ok: [web1]\n")


def test_events_of_a_job_are_listed_when_they_are_saved(awx: StandinAwx) -> None:
    awx.templates[1].course, awx.templates[1].unsaved = ("successful",), 1
    awx.templates[1].events = [{"event": "runner_on_ok", "task": "Ping"}]
    asked(awx, "POST", LAUNCH)
    assert asked(awx, "GET", "/api/v2/jobs/1/job_events/")[1]["count"] == 0
    saved = [asked(awx, "GET", "/api/v2/jobs/1/")[1]["event_processing_finished"] for _look in range(2)]
    assert saved == [False, True]
    (event,) = asked(awx, "GET", "/api/v2/jobs/1/job_events/", order_by="counter", page_size=200)[1]["results"]
    assert (event["counter"], event["event"], event["task"]) == (1, "runner_on_ok", "Ping")


def test_lists_do_not_tell_whether_events_are_saved(awx: StandinAwx) -> None:
    asked(awx, "POST", LAUNCH)
    (job,) = asked(awx, "GET", "/api/v2/jobs/")[1]["results"]
    assert "event_processing_finished" not in job
