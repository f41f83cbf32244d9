# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from ansible_collections.vigil.observability.plugins.modules import grafana_service_account
from ansible_collections.vigil.observability.tests.unit.conftest import Grafana

Run = Callable[..., dict[str, Any]]

MONTH = 30 * 86400


@pytest.fixture
def account(grafana: Grafana, run_module: Run) -> Run:
    """A function that runs the module for the account bot unless another is named."""

    def run(**options: Any) -> dict[str, Any]:
        grafana.forget()
        login = {} if "token" in options else {"username": grafana.user, "password": grafana.password}
        given = {"url": grafana.url, **login, "name": "bot", "role": "Editor", **options}
        return run_module(grafana_service_account, **given)

    return run


def token(path: Path, **more: Any) -> dict[str, Any]:
    return {"name": path.name, "path": str(path), **more}


def status(grafana: Grafana, path: Path) -> int:
    headers = {"Authorization": f"Bearer {path.read_text()}"}
    return requests.get(f"{grafana.url}/api/org", headers=headers, timeout=10).status_code


def test_a_token_goes_into_its_file_and_nowhere_else(account: Run, grafana: Grafana, tmp_path: Path) -> None:
    file = tmp_path / "bot"
    result = account(tokens=[token(file)], diff=True)
    assert (result["account"], result["tokens"]["created"], result["requests"]) == ("created", ["bot"], 3)
    assert status(grafana, file) == 200
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() not in json.dumps(result)


def test_a_second_run_writes_nothing(account: Run, grafana: Grafana, tmp_path: Path) -> None:
    tokens = [token(tmp_path / "for-ever"), token(tmp_path / "month", seconds_to_live=MONTH)]
    account(tokens=tokens)
    result = account(tokens=tokens)
    assert (result["changed"], result["requests"], grafana.writes) == (False, 2, 0)
    assert result["tokens"]["unchanged"] == ["for-ever", "month"]


def test_check_mode_writes_neither_to_grafana_nor_to_a_file(account: Run, grafana: Grafana, tmp_path: Path) -> None:
    result = account(tokens=[token(tmp_path / "bot")], check=True)
    assert (result["account"], result["tokens"]["created"]) == ("created", ["bot"])
    assert grafana.writes == 0
    assert list(tmp_path.iterdir()) == []


def test_a_token_whose_file_is_gone_is_made_anew(account: Run, grafana: Grafana, tmp_path: Path) -> None:
    file = tmp_path / "bot"
    account(tokens=[token(file)])
    old = file.read_text()
    file.unlink()
    assert account(tokens=[token(file)])["tokens"]["updated"] == ["bot"]
    assert file.read_text() != old
    assert status(grafana, file) == 200


def test_a_token_is_made_anew_before_it_expires_and_its_file_keeps_its_mode(account: Run, tmp_path: Path) -> None:
    file = tmp_path / "bot"
    account(tokens=[token(file, seconds_to_live=MONTH)])
    file.chmod(0o644)
    old = file.read_text()
    assert account(tokens=[token(file, seconds_to_live=2 * MONTH, renew_before=MONTH)])["tokens"]["updated"] == ["bot"]
    assert file.read_text() != old
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_role_is_changed_and_an_account_switched_off(account: Run, grafana: Grafana) -> None:
    account()
    assert account(role="Viewer", diff=True)["account"] == "updated"
    assert account(role="Viewer")["account"] == "unchanged"
    assert account(role="Viewer", disabled=True)["changed"]


def test_tokens_that_are_not_listed_are_left_unless_pruned(account: Run, tmp_path: Path) -> None:
    one, two = token(tmp_path / "one"), token(tmp_path / "two")
    account(tokens=[one, two])
    assert not account(tokens=[one])["changed"]
    assert not account()["changed"]
    assert account(tokens=[one], prune=True)["tokens"]["deleted"] == ["two"]


def test_absent_removes_the_account_with_its_tokens(account: Run, grafana: Grafana, tmp_path: Path) -> None:
    file = tmp_path / "bot"
    account(tokens=[token(file)])
    assert account(state="absent", check=True)["account"] == "deleted"
    assert account(state="absent")["account"] == "deleted"
    assert status(grafana, file) == 500
    assert not account(state="absent")["changed"]


def test_a_name_is_compared_whole(account: Run) -> None:
    account(name="bot-2")
    assert account(name="bot")["account"] == "created"


def test_what_cannot_be_written_leaves_no_half_file(account: Run, tmp_path: Path) -> None:
    (tmp_path / "bot").mkdir()
    result = account(tokens=[token(tmp_path / "bot")])
    assert "The token 'bot' was made, but cannot be written to " in result["msg"]
    assert [path.name for path in tmp_path.iterdir()] == ["bot"]


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([{"name": "a", "path": "{tmp}/a"}, {"name": "a", "path": "{tmp}/b"}], "are both the token 'a'"),
        ([{"name": "a", "path": "{tmp}/a"}, {"name": "b", "path": "{tmp}/a"}], "are both the file"),
        ([{"name": "a", "path": "{tmp}/no/a"}], "there is no directory for"),
        ([{"name": "a", "path": "{tmp}/a", "seconds_to_live": 60}], "lower renew_before"),
    ],
)
def test_wrong_tokens_are_refused_before_anything_is_asked(
    tokens: list[dict[str, Any]], message: str, account: Run, grafana: Grafana, tmp_path: Path
) -> None:
    listed = [{**one, "path": one["path"].replace("{tmp}", str(tmp_path))} for one in tokens]
    assert message in account(tokens=listed)["msg"]
    assert grafana.requests.total() == 0


def test_a_token_of_another_organisation_is_refused_by_name(account: Run, grafana: Grafana, tmp_path: Path) -> None:
    account(tokens=[token(tmp_path / "admin")], role="Admin")
    secret = (tmp_path / "admin").read_text()
    assert account(token=secret, org_id=1)["account"] == "updated"
    refused = account(name="other", token=secret, org_id=2)
    assert "The token is of the organisation 'Main Org.' (1), but org_id is 2" in refused["msg"]
