# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules that talk to an API share: options from the environment, what is told of them, secrets as digests."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._api.module import IncompleteError, apply
from ansible_collections.vigil.observability.plugins.module_utils._api.plan import PlanError
from ansible_collections.vigil.observability.plugins.module_utils._api.resource import Resource, Step
from ansible_collections.vigil.observability.plugins.module_utils._api.secret_digest import (
    checked_digest_key,
    secret_digest,
)
from ansible_collections.vigil.observability.plugins.module_utils._http.session import HttpError
from ansible_collections.vigil.observability.plugins.modules import grafana_dashboards, grafana_info
from ansible_collections.vigil.observability.tests.unit.conftest import Grafana

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What modules tell the log of the system."""
    lines: list[str] = []
    monkeypatch.setattr(AnsibleModule, "log", lambda self, line, **_: lines.append(str(line)))
    return lines


def test_the_environment_stands_in_for_the_options_of_the_connection(
    grafana: Grafana, run_module: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"URL": grafana.url, "USERNAME": "admin", "PASSWORD": "admin", "RETRIES": "0"}.items():
        monkeypatch.setenv(f"GRAFANA_{name}", value)
    assert run_module(grafana_info)["organisation"] == {"id": 1, "name": "Main Org."}
    assert "answered 401" in run_module(grafana_info, password="another")["msg"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "missing required arguments: url"),
        ({"url": "http://x", "username": "u"}, "parameters are required together: username, password"),
        (
            {"url": "http://x", "username": "u", "password": "a-pass", "token": "a-t"},
            "mutually exclusive: token|username",
        ),
        ({"url": "http://x", "client_key": "k"}, "missing parameter(s) required by 'client_key': client_cert"),
        ({"url": "monitor1:3000"}, "must be like https://host:port"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: dict[str, str], message: str, run_module: Run) -> None:
    assert message in run_module(grafana_info, **options)["msg"]


def test_of_what_is_provisioned_only_the_number_is_told(grafana: Grafana, run_module: Run, logged: list[str]) -> None:
    login = {"url": grafana.url, "username": "admin", "password": "a-secret"}
    boards = [{"dashboard": {"uid": "a", "title": "inside"}}] * 2
    for result in (
        run_module(grafana_dashboards, **login, dashboards=boards, version_message="told"),
        run_module(grafana_dashboards, **{**login, "password": "admin"}, dashboards=boards[:1]),
    ):
        arguments = result["invocation"]["module_args"]
        assert arguments["dashboards"] in ("(1)", "(2)")
        assert "inside" not in json.dumps(arguments)
        assert "password" not in arguments
    assert [line.partition("{")[0] for line in logged] == ["Invoked with "] * 2
    assert "'version_message': 'told'" in logged[0]
    assert not any(word in line for line in logged for word in ("inside", "a-secret"))


def test_the_digest_of_a_secret_changes_with_it_and_with_the_key_alone() -> None:
    digest = secret_digest("key", "one", {"a": "x", "b": "y"})
    assert digest == secret_digest("key", "one", {"b": "y", "a": "x"})
    others = {secret_digest("other", "one", {"a": "x", "b": "y"}), secret_digest("key", "one", {"a": "x", "b": "z"})}
    assert len({digest, *others}) == 3
    assert (len(digest), int(digest, 16) > 0) == (32, True)


def test_two_objects_of_one_secret_do_not_show_that_they_have() -> None:
    assert secret_digest("key", "one", {"a": "x"}) != secret_digest("key", "another", {"a": "x"})


def test_a_digest_that_anybody_reads_does_not_let_keys_be_tried_fast() -> None:
    canonical = json.dumps(["one", {"a": "x"}], separators=(",", ":")).encode()
    assert secret_digest("key", "one", {"a": "x"}) != hmac.digest(b"key", canonical, "sha256").hex()[:32]
    started = time.process_time()
    for number in range(5):
        secret_digest(f"guess {number}", "one", {"a": "x"})
    assert time.process_time() - started > 0.01


def test_the_key_of_every_grafana_is_refused_as_a_key_of_digests() -> None:
    with pytest.raises(PlanError, match="which is public"):
        checked_digest_key("SW2YcwTIb9zpOOhoPsMm")
    assert (checked_digest_key(None), checked_digest_key("a secret")) == ("", "a secret")


def test_a_failure_after_many_changes_tells_the_first_of_them_and_how_many_more() -> None:
    def write(step: Step) -> None:
        if step.key == "30":
            raise HttpError("Could not go on.", again=True)

    plan = Resource("board", {str(number): number for number in range(40)}, {}, write).plan()
    with pytest.raises(IncompleteError) as failed:
        apply(SimpleNamespace(check_mode=False), plan)
    told = str(failed.value)
    assert told.startswith(
        "Could not go on. 30 of 40 changes were made before this: created board '0', created board '1', "
    )
    assert told.endswith(", created board '19' and 10 more; run again to make the rest.")
    assert failed.value.made["created"] == [str(number) for number in range(30)]
