# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._http.session import Endpoint, Session
from ansible_collections.vigil.observability.plugins.modules import grafana_preferences
from ansible_collections.vigil.observability.tests.unit.conftest import Grafana

Run = Callable[..., dict[str, Any]]

OPEN = {"home_dashboard_uid": "", "theme": "", "timezone": "", "week_start": "", "language": ""}


@pytest.fixture
def ask(grafana: Grafana) -> Callable[..., Any]:
    """A function that asks as somebody else would, of a Grafana with the dashboards "well" and "other"."""

    def asked(method: str, path: str, body: Any = None) -> Any:
        session = Session(Endpoint(grafana.url, "admin", "admin"))
        answer = session.request(method, path, body=body)
        session.close()
        assert answer.status < 300, answer.body
        return answer.json()

    for uid in ("well", "other"):
        asked("POST", "/api/dashboards/db", {"dashboard": {"uid": uid, "title": uid}})
    asked("POST", "/api/folders", {"uid": "folder", "title": "A folder"})
    return asked


@pytest.fixture
def prefer(grafana: Grafana, ask: Callable[..., Any], run_module: Run) -> Run:
    """A function that runs the module; what it answers has the number of writes too."""

    def run(**options: Any) -> dict[str, Any]:
        grafana.forget()
        login = {"url": grafana.url, "username": "admin", "password": "admin"}
        return {**run_module(grafana_preferences, **login, **options), "writes": grafana.writes}

    return run


def home(ask: Callable[..., Any]) -> str:
    return str(ask("GET", "/api/org/preferences").get("homeDashboardUID", ""))


def test_a_home_page_is_set_once_and_an_unchanged_run_is_one_request(prefer: Run, ask: Callable[..., Any]) -> None:
    result = prefer(home_dashboard_uid="well", diff=True)
    assert (result["changed"], result["writes"]) == (True, 1)
    assert result["preferences"] == {**OPEN, "home_dashboard_uid": "well"}
    assert '"home_dashboard_uid": "well"' in result["diff"][0]["after"]
    assert home(ask) == "well"
    again = prefer(home_dashboard_uid="well")
    assert (again["changed"], again["requests"], again["connections"]) == (False, 1, 1)


def test_what_is_left_out_stays(prefer: Run, ask: Callable[..., Any]) -> None:
    ask("PUT", "/api/org/preferences", {"theme": "dark", "homeDashboardUID": "other"})
    result = prefer(timezone="utc", week_start="monday")
    assert result["preferences"] == {
        "home_dashboard_uid": "other",
        "theme": "dark",
        "timezone": "utc",
        "week_start": "monday",
        "language": "",
    }
    kept = ask("GET", "/api/org/preferences")
    assert [kept[name] for name in ("theme", "timezone", "weekStart")] == ["dark", "utc", "monday"]
    assert home(ask) == "other"


def test_check_mode_tells_the_same_and_writes_nothing(prefer: Run, ask: Callable[..., Any]) -> None:
    checked = prefer(home_dashboard_uid="well", theme="light", check=True, diff=True)
    assert (checked["changed"], checked["writes"], home(ask)) == (True, 0, "")
    assert checked["diff"] == prefer(home_dashboard_uid="well", theme="light", diff=True)["diff"]


def test_what_somebody_chose_stays_when_it_is_not_to_be_replaced(prefer: Run, ask: Callable[..., Any]) -> None:
    assert prefer(home_dashboard_uid="well", replace=False)["changed"]
    assert not prefer(home_dashboard_uid="well", replace=False)["changed"]
    ask("PATCH", "/api/org/preferences", {"homeDashboardUID": "other"})
    assert not prefer(home_dashboard_uid="well", replace=False)["changed"]
    assert home(ask) == "other"
    assert prefer(home_dashboard_uid="well")["changed"]
    assert home(ask) == "well"


def test_a_home_page_that_is_gone_is_nobodys_choice(prefer: Run, ask: Callable[..., Any]) -> None:
    ask("PATCH", "/api/org/preferences", {"homeDashboardUID": "other"})
    ask("DELETE", "/api/dashboards/uid/other")
    assert prefer(home_dashboard_uid="well", replace=False)["changed"]
    assert home(ask) == "well"


def test_an_empty_one_is_the_page_of_grafana(prefer: Run, ask: Callable[..., Any]) -> None:
    prefer(home_dashboard_uid="well")
    assert prefer(home_dashboard_uid="")["changed"]
    assert home(ask) == ""
    assert not prefer(home_dashboard_uid="")["changed"]


@pytest.mark.parametrize("uid", ["nope", "folder"])
def test_a_home_page_that_is_not_a_dashboard_is_refused_and_only_a_warning_in_check_mode(prefer: Run, uid: str) -> None:
    """Grafana accepts the uid of a folder."""
    refused = prefer(home_dashboard_uid=uid)
    assert refused["msg"] == f"There is no dashboard with the uid {uid!r} to use as the home page."
    assert refused["writes"] == 0
    checked = prefer(home_dashboard_uid=uid, check=True)
    assert checked["changed"]
    assert checked["warnings"] == [f"{refused['msg']} This is fine if an earlier task of this run creates it."]


def test_nothing_to_set_is_refused(prefer: Run) -> None:
    assert prefer()["msg"].startswith("Nothing to set: give at least one of home_dashboard_uid, theme")


def test_what_grafana_refuses_is_said_with_its_words(prefer: Run) -> None:
    assert "Could not set the preferences of the organisation" in prefer(theme="pink")["msg"]
