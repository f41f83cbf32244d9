# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._grafana import tokens
from ansible_collections.vigil.observability.plugins.module_utils._http import session
from ansible_collections.vigil.observability.plugins.module_utils._http.response import Answer
from ansible_collections.vigil.observability.plugins.modules import grafana_service_account
from ansible_collections.vigil.observability.tests.servers.breaking_proxy import (
    FAULTS,
    BreakingProxy,
    Fault,
    breaking_proxy,
)
from ansible_collections.vigil.observability.tests.servers.standin_grafana.store import EVERYWHERE
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
    asked = session.Session(session.Endpoint(grafana.url, token=path.read_text()))
    found = asked.request("GET", "/api/org").status
    asked.close()
    return found


def test_a_token_goes_into_its_file_and_nowhere_else(account: Run, grafana: Grafana, tmp_path: Path) -> None:
    file = tmp_path / "bot"
    result = account(tokens=[token(file)], diff=True)
    assert (result["account"], result["tokens"]["created"], result["requests"]) == ("created", ["bot"], 3)
    assert status(grafana, file) == 200
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() not in json.dumps(result)


def test_a_second_run_writes_nothing_and_tries_each_token_with_one_request(
    account: Run, grafana: Grafana, tmp_path: Path
) -> None:
    tokens = [token(tmp_path / "for-ever"), token(tmp_path / "month", seconds_to_live=MONTH)]
    account(tokens=tokens)
    result = account(tokens=tokens)
    assert (result["changed"], result["requests"], result["connections"], grafana.writes) == (False, 2 + 2, 1, 0)
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


def test_what_cannot_be_written_leaves_file_and_token_as_they_were(
    account: Run, grafana: Grafana, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bot"
    account(tokens=[token(file, seconds_to_live=MONTH)])
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", raising(OSError(errno.ENOSPC, "No space left on device")))
        result = account(tokens=[token(file, renew_before=2 * MONTH)])
    assert "The token 'bot' was created, but could not be written to " in result["msg"]
    assert "No space left on device. The new token was deleted" in result["msg"]
    assert ([path.name for path in tmp_path.iterdir()], names(grafana)) == (["bot"], ["bot"])
    assert status(grafana, file) == 200


# ------------------------------------------------------------------------------------- renewals that something cuts off


def raising(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def names(grafana: Grafana) -> list[str]:
    store = grafana.served.application.store
    with store.transaction():
        return [one["name"] for one in store.all(EVERYWHERE, "token")]


@pytest.fixture
def proxy(grafana: Grafana, monkeypatch: pytest.MonkeyPatch) -> Iterator[BreakingProxy]:
    """A proxy before Grafana, for which nobody waits long."""
    monkeypatch.setattr(session, "_FIRST_WAIT", 0.001)
    with breaking_proxy(int(grafana.url.rpartition(":")[2])) as proxy:
        yield proxy


def test_a_renewal_makes_the_next_name_and_removes_the_former_one_at_last(
    account: Run, grafana: Grafana, tmp_path: Path
) -> None:
    file = tmp_path / "bot"
    account(tokens=[token(file, seconds_to_live=MONTH)])
    result = account(tokens=[token(file, renew_before=2 * MONTH)], diff=True)
    assert (result["tokens"]["updated"], result["requests"], names(grafana)) == (["bot"], 5, ["bot (2)"])
    methods = [method for method, _path in grafana.requests if method != "GET"]
    assert methods == ["POST", "DELETE"]
    assert account(tokens=[token(file)], prune=True)["tokens"]["unchanged"] == ["bot"]
    file.unlink()
    account(tokens=[token(file)])
    assert (names(grafana), status(grafana, file)) == (["bot (3)"], 200)


def test_a_file_with_a_token_that_the_server_does_not_know_gets_a_new_one(
    account: Run, grafana: Grafana, tmp_path: Path
) -> None:
    file = tmp_path / "bot"
    account(tokens=[token(file)])
    for text in ("glsa_of_another_server_00000000", "two\nlines", "", "grün"):
        file.write_text(text)
        assert account(tokens=[token(file)])["tokens"]["updated"] == ["bot"]
        assert (len(names(grafana)), status(grafana, file)) == (1, 200)
    file.write_text(f"{file.read_text()}\n")
    assert not account(tokens=[token(file)])["changed"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/tokens$"),
        ("DELETE", "/tokens/"),
        ("GET", "/api/org$"),
        ("GET", "/tokens$"),
    ],
)
@pytest.mark.parametrize("retries", [0, 3])
def test_whatever_a_renewal_loses_the_file_holds_a_token_that_is_accepted(
    method: str,
    path: str,
    retries: int,
    fault: str,
    account: Run,
    grafana: Grafana,
    proxy: BreakingProxy,
    tmp_path: Path,
) -> None:
    file = tmp_path / "bot"
    account(tokens=[token(file, seconds_to_live=MONTH)])
    proxy.faults.append(Fault(fault, method, path))
    result = account(url=proxy.url, retries=retries, tokens=[token(file, renew_before=2 * MONTH)])
    assert proxy.broken()
    assert status(grafana, file) == 200
    assert retries == 0 or result["tokens"]["updated"] == ["bot"]
    again = account(url=proxy.url, tokens=[token(file)])
    assert again["failed"] is False
    assert (len(names(grafana)), status(grafana, file)) == (1, 200)
    assert not account(tokens=[token(file)])["changed"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_first_token_whose_answer_was_lost_is_replaced_by_one_that_is_known(
    fault: str, account: Run, grafana: Grafana, proxy: BreakingProxy, tmp_path: Path
) -> None:
    file = tmp_path / "bot"
    file.write_text("glsa_of_an_account_that_is_gone")
    proxy.faults.append(Fault(fault, "POST", "/tokens$"))
    assert account(url=proxy.url, tokens=[token(file)])["tokens"]["created"] == ["bot"]
    assert (len(names(grafana)), status(grafana, file)) == (1, 200)
    assert not account(tokens=[token(file)])["changed"]


def test_a_server_that_never_answers_leaves_the_token_that_is_in_the_file(
    account: Run, grafana: Grafana, proxy: BreakingProxy, tmp_path: Path
) -> None:
    file = tmp_path / "bot"
    account(tokens=[token(file, seconds_to_live=MONTH)])
    proxy.faults.append(Fault("the answer is lost", "POST", "/tokens$", times=3))
    result = account(url=proxy.url, tokens=[token(file, renew_before=2 * MONTH)])
    assert "Could not update the token 'bot' of the service account" in result["msg"]
    assert result["msg"].endswith("0 of 1 changes were made before this; run again to make the rest.")
    assert (names(grafana), status(grafana, file)) == (["bot", "bot (2)", "bot (3)", "bot (4)"], 200)
    assert account(tokens=[token(file)])["tokens"]["updated"] == ["bot"]
    assert (names(grafana), status(grafana, file)) == (["bot (5)"], 200)


def test_a_token_that_is_made_and_not_accepted_leaves_the_former_one(
    account: Run, grafana: Grafana, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bot"
    account(tokens=[token(file, seconds_to_live=MONTH)])
    monkeypatch.setattr(tokens, "is_accepted", lambda *_: False)
    result = account(tokens=[token(file, renew_before=2 * MONTH)])
    assert "Grafana does not accept the token that it has just created" in result["msg"]
    assert names(grafana) == ["bot", "bot (2)"]


def test_a_name_that_another_account_has_is_refused_by_the_server(
    account: Run, grafana: Grafana, tmp_path: Path
) -> None:
    account(name="other", tokens=[token(tmp_path / "bot")])
    result = account(tokens=[{"name": "bot", "path": str(tmp_path / "mine")}])
    assert "token with given name already exists in the organization" in result["msg"]
    assert result["msg"].endswith("1 of 2 changes were made before this: created service account 'bot'.")
    assert names(grafana) == ["bot"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("before", "options", "method"),
    [
        (False, {}, "POST"),
        (True, {"role": "Viewer"}, "PATCH"),
        (True, {"state": "absent"}, "DELETE"),
    ],
)
def test_an_account_is_changed_once_whatever_happens_to_the_first_request(
    fault: str, before: bool, options: dict[str, str], method: str, account: Run, proxy: BreakingProxy
) -> None:
    if before:
        account()
    proxy.faults.append(Fault(fault, method, "/serviceaccounts"))
    assert account(url=proxy.url, **options)["changed"]
    assert proxy.broken()
    assert not account(**options)["changed"]


def test_a_token_of_a_role_that_may_not_see_the_organisation_is_accepted() -> None:
    refusing = SimpleNamespace(call=lambda *_, **__: Answer(403, {}, b"{}"))
    assert tokens.is_accepted(refusing, "bot", "glsa_x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([{"name": "a", "path": "{tmp}/a"}, {"name": "a", "path": "{tmp}/b"}], "are both the token 'a'"),
        ([{"name": "a", "path": "{tmp}/a"}, {"name": "b", "path": "{tmp}/a"}], "are both the file"),
        ([{"name": "a", "path": "{tmp}/no/a"}], "cannot be stored: the directory of"),
        ([{"name": "a", "path": "{tmp}"}], " is a directory."),
        ([{"name": "a", "path": "{tmp}/a", "seconds_to_live": 60}], "Lower renew_before"),
    ],
)
def test_wrong_tokens_are_refused_before_anything_is_asked(
    tokens: list[dict[str, Any]], message: str, account: Run, grafana: Grafana, tmp_path: Path
) -> None:
    listed = [{**one, "path": one["path"].replace("{tmp}", str(tmp_path))} for one in tokens]
    assert message in account(tokens=listed)["msg"]
    assert grafana.requests == {}


def test_a_token_of_another_organisation_is_refused_by_name(account: Run, grafana: Grafana, tmp_path: Path) -> None:
    account(tokens=[token(tmp_path / "admin")], role="Admin")
    secret = (tmp_path / "admin").read_text()
    assert account(token=secret, org_id=1)["account"] == "updated"
    refused = account(name="other", token=secret, org_id=2)
    assert "The token belongs to the organisation 'Main Org.' (1), but org_id is 2" in refused["msg"]
