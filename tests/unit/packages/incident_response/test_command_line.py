# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command vigil-incidents against a service."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from getpass import GetPassWarning
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.command_line import main
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    named,
    notified,
    webhook,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine

Run = Callable[..., tuple[int, str, str]]
Prompted = Callable[[type[BaseException] | None], list[str]]


@pytest.fixture
def run(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command of a person on an engine with an incident: its exit code, and what it writes."""
    labels = named("ShopFails\x1b[31m", service="shop", team="sales", host="web1")
    assert engine.post(webhook(notified(labels, time.time()))).status_code == 200
    monkeypatch.setenv("VIGIL_INCIDENTS_URL", f"https://127.0.0.1:{engine.port}")
    monkeypatch.setenv("VIGIL_INCIDENTS_CA", str(engine.certificates.authority))

    def command(*words: str, person: str = "ben") -> tuple[int, str, str]:
        (tmp_path / "word").write_text(f"{person}-password\n")
        monkeypatch.setenv("VIGIL_INCIDENTS_PASSWORD_FILE", str(tmp_path / "word"))
        code = main(["--user", person, *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


def test_people_work_on_an_incident_from_a_terminal(run: Run, engine: Engine) -> None:
    for words in (
        ("acknowledge", "1", "I look"),
        ("take-over", "1"),
        ("release", "1"),
        ("stop", "1", "I do it"),
        ("hand-over", "1", "anna", "my shift ends"),
        ("note", "1", "first\nsecond"),
    ):
        assert run(*words) == (0, "Done.\n", "")
    code, shown, _none = run("list")
    assert code == 0
    assert shown.startswith("#1 ShopFails\N{REPLACEMENT CHARACTER}[31m (shop, sales): ")
    assert shown.endswith(", anna took over\n")
    code, shown, _none = run("show", "1")
    for told in ("Cause: it is the only alert", "ben handed the incident over to anna", "  > first", "  > second"):
        assert told in shown
    assert "\x1b" not in shown
    assert run("release", "1")[0] == 0
    assert "nobody has it" in run("list", "--state", "all")[1]
    assert run("list", "--state", "closed") == (0, "No incident.\n", "")
    assert run("post-mortem", "1")[1].startswith("# Incident 1: ShopFails")
    assert json.loads(run("post-mortem", "1", "--format", "json")[1])["id"] == 1


def test_people_stop_automation_and_open_windows_from_a_terminal(run: Run) -> None:
    assert run("stop-all", "worse")[0] == run("freeze", "--host", "web1", "no", person="anna")[0] == 0
    assert run("maintenance", "--service", "shop", "--minutes", "5", "new disks")[0] == 0
    found = json.loads(run("windows")[1])
    assert found["stopped"]["reason"] == "worse"
    assert [(one["kind"], one["service"], one["host"]) for one in found["windows"]] == [
        ("freeze", "", "web1"),
        ("maintenance", "shop", ""),
    ]
    assert [one["state"] for one in found["windows"]] == ["open", "open"]
    ahead = f"{datetime.now(UTC) + timedelta(hours=2):%Y-%m-%dT%H:%MZ}"
    assert run("maintenance", "--service", "shop", "--from", ahead, "new disks")[0] == 0
    planned = json.loads(run("windows")[1])["windows"][-1]
    assert (planned["state"], planned["starts_at"][:16]) == ("planned", ahead[:16])
    assert run("end-window", str(found["windows"][1]["id"]))[0] == 0
    assert run("resume", "repaired", person="anna")[0] == 0


def test_people_trust_a_runbook_again_from_a_terminal(run: Run, engine: Engine) -> None:
    engine.lower("exporter_down")
    refused = "vigil-incidents: ben may not approve for all teams.\n"
    assert run("trust", "exporter_down", "repaired") == (1, "", refused)
    assert run("trust", "exporter_down", "repaired", person="anna")[0] == 0
    assert json.loads(run("windows")[1])["lowered"] == []
    nothing = "vigil-incidents: No runbook is_it?up is lowered.\n"
    assert run("trust", "is_it?up", "repaired", person="anna") == (1, "", nothing)


def test_what_is_refused_is_one_sentence(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for words, person, reason in (
        (("approve", "1"), "anna", "No step of incident 1 waits for an approval."),
        (("acknowledge", "1"), "cleo", "cleo may not respond to incidents of the team sales."),
        (("show", "9"), "ben", "There is no incident 9."),
        (("post-mortem", "9"), "ben", "There is no incident 9."),
        (("list",), "eve", "This account and password are not accepted. Name your account with --user."),
    ):
        assert run(*words, person=person) == (1, "", f"vigil-incidents: {reason}\n")
    elsewhere = run("--url", "https://127.0.0.1:1", "list")
    assert elsewhere[:2] == (1, "")
    assert elsewhere[2].startswith("vigil-incidents: https://127.0.0.1:1 does not answer: ")
    assert run("--url", "https://mon itor:9", "list")[2].startswith("vigil-incidents: https://mon itor:9 does not")
    nowhere = str(tmp_path / "none")
    assert run("--ca", nowhere, "list")[2] == f"vigil-incidents: {nowhere} cannot be read: No such file or directory\n"


def test_what_is_no_engine_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    code, _none, said = run("--url", f"https://127.0.0.1:{engine.port}/elsewhere", "list")
    assert (code, "/elsewhere/api/incidents?state=open answers 404: is it incident_response?" in said) == (1, True)


def test_without_a_file_it_asks_for_the_password(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIGIL_INCIDENTS_PASSWORD_FILE", raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: {"Password of ben: ": "ben-password"}[prompt])
    assert main(["--user", "ben", "list"]) == 0


@pytest.fixture
def prompted(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Prompted:
    """Have the prompt for a password be answered, or fail, and return the prompts; no engine answers."""

    def prepared(failure: type[BaseException] | None) -> list[str]:
        prompts: list[str] = []

        def asked(prompt: str) -> str:
            prompts.append(prompt)
            if failure:
                raise failure
            return "ben-password"

        monkeypatch.setattr("getpass.getpass", asked)
        return prompts

    for name in ("PASSWORD_FILE", "USER"):
        monkeypatch.delenv(f"VIGIL_INCIDENTS_{name}", raising=False)
    monkeypatch.setenv("VIGIL_INCIDENTS_URL", "https://127.0.0.1:1")
    monkeypatch.setenv("VIGIL_INCIDENTS_CA", str(certificates.authority))
    return prepared


@pytest.mark.parametrize("failure", [EOFError, GetPassWarning])
def test_without_a_terminal_it_names_what_gives_it_the_password(
    prompted: Prompted, capsys: pytest.CaptureFixture[str], failure: type[BaseException]
) -> None:
    prompted(failure)
    assert main(["--user", "ben", "list"]) == 1
    said = "vigil-incidents: The password of ben is missing. Without a terminal, VIGIL_INCIDENTS_PASSWORD_FILE has to"
    assert capsys.readouterr().err == f"{said} name a file with it.\n"


def test_interrupted_prompt_ends_it_without_a_word(prompted: Prompted, capsys: pytest.CaptureFixture[str]) -> None:
    prompted(KeyboardInterrupt)
    assert main(["--user", "ben", "list"]) == 130
    assert capsys.readouterr().err == ""


def test_person_who_became_root_keeps_the_own_name(prompted: Prompted, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = prompted(None)
    monkeypatch.setenv("LOGNAME", "root")
    monkeypatch.setenv("SUDO_USER", "ben")
    for user in (0, 1000):
        monkeypatch.setattr("os.geteuid", lambda user=user: user)
        assert main(["list"]) == 1
    assert prompts == ["Password of ben: ", "Password of root: "]


def test_user_without_a_name_is_asked_for_one(
    prompted: Prompted, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    assert prompted(None) == []
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr("getpass.getuser", nameless)
    assert main(["list"]) == 1
    assert capsys.readouterr().err == "vigil-incidents: Name your account with --user.\n"
