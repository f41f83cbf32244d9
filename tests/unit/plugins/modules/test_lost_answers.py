# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every kind of write, of which the first attempt goes wrong on its way: the change is made once, and told."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._http import session
from ansible_collections.vigil.observability.plugins.modules import (
    alertmanager_silence,
    grafana_alerting,
    grafana_dashboards,
    grafana_datasources,
    grafana_folders,
    grafana_preferences,
)
from ansible_collections.vigil.observability.tests.servers import standin_alertmanager
from ansible_collections.vigil.observability.tests.servers.breaking_proxy import FAULTS, Fault, breaking_proxy
from ansible_collections.vigil.observability.tests.servers.standin_grafana.datasources import add_datasource
from ansible_collections.vigil.observability.tests.servers.standin_grafana.folders import add_folder
from ansible_collections.vigil.observability.tests.unit.conftest import Grafana

Options = dict[str, Any]
Run = Callable[..., dict[str, Any]]

ABSENT = {"state": "absent"}
POINT = {"name": "shop", "type": "webhook", "settings": {"url": "https://pager.example.org"}}
RULE = {
    "title": "Checkout is slow",
    "condition": "a",
    "data": [{"refId": "a", "datasourceUid": "__expr__", "model": {"type": "math", "expression": "1"}}],
}
SILENCE = {"key": "k1", "ends_at": "2036-01-01T00:00:00Z"}


class Write(NamedTuple):
    """A write: what a run before it is given (nothing for none) and what this one, and the request that it takes."""

    what: str
    module: ModuleType
    before: Options
    options: Options
    method: str
    path: str


def folder(**options: Any) -> Options:
    return {"folders": [{"uid": "a", "title": "A", **options}]}


def dashboard(title: str = "One", **options: Any) -> Options:
    return {"dashboards": [{"dashboard": {"uid": "one", "title": title}}], **options}


def source(**options: Any) -> Options:
    secret = {"secureJsonData": {"basicAuthPassword": "first"}}
    return {"datasources": [{"uid": "p", "type": "prometheus", "url": "https://p:9090", **secret, **options}]}


def rule(interval: str = "1m", **options: Any) -> Options:
    return {"rule_groups": [{"folder_uid": "shop", "name": "g", "interval": interval, "rules": [{**RULE, **options}]}]}


def silence(**options: Any) -> Options:
    return {**SILENCE, "matchers": [{"name": "host", "value": "web1"}], **options}


def sharing(text: str = "", **options: Any) -> Options:
    """Return a dashboard that brings a library panel."""
    panel = {"uid": "load", "name": "Load", "kind": 1, "model": {"type": "text", "title": "Load", "content": text}}
    shown = [{"id": 1, "libraryPanel": {"uid": "load", "name": "Load"}}]
    return {
        "dashboards": [{"dashboard": {"uid": "one", "title": "One", "panels": shown, "__elements": {"load": panel}}}],
        "update_library_panels": True,
        **options,
    }


FOLDERS = "/api/folders"
WRITES = [
    Write("a folder is created", grafana_folders, {}, folder(), "POST", "^/api/folders$"),
    Write("a folder is renamed", grafana_folders, folder(), folder(title="B"), "PUT", FOLDERS),
    Write("a folder is moved", grafana_folders, folder(), folder(parent_uid="shop"), "POST", "/move$"),
    Write("a folder is deleted", grafana_folders, folder(), {**folder(), **ABSENT}, "DELETE", FOLDERS),
    Write("a dashboard is created", grafana_dashboards, {}, dashboard(), "POST", "/db$"),
    Write("a dashboard is changed", grafana_dashboards, dashboard(), dashboard("Two"), "POST", "/db$"),
    Write("a dashboard is moved", grafana_dashboards, dashboard(), dashboard(folder_uid="shop"), "POST", "/db$"),
    Write("a dashboard is deleted", grafana_dashboards, dashboard(), {**dashboard(), **ABSENT}, "DELETE", "/uid/one"),
    Write("a library panel is created", grafana_dashboards, {}, sharing(), "POST", "/library-elements$"),
    Write("a library panel is changed", grafana_dashboards, sharing(), sharing("New"), "PATCH", "/library-elements/"),
    Write("preferences are set", grafana_preferences, {}, {"theme": "light"}, "PATCH", "/preferences$"),
    Write("a data source is created", grafana_datasources, {}, source(), "POST", "sources$"),
    Write("a data source is changed", grafana_datasources, source(), source(url="https://q"), "PUT", "/uid/p"),
    Write(
        "a secret is changed",
        grafana_datasources,
        source(),
        source(secureJsonData={"basicAuthPassword": "second"}),
        "PUT",
        "/uid/p",
    ),
    Write("a data source is deleted", grafana_datasources, source(), {**source(), **ABSENT}, "DELETE", "/uid/p"),
    Write("a silence is made", alertmanager_silence, {}, silence(), "POST", "/silences"),
    Write("a silence is changed", alertmanager_silence, silence(), silence(comment="Other"), "POST", "/silences"),
    Write(
        "a silence of other matchers is made",
        alertmanager_silence,
        silence(),
        silence(matchers=[{"name": "host", "value": "web2"}]),
        "POST",
        "/silences",
    ),
    Write("a silence is ended", alertmanager_silence, silence(), {"key": "k1", **ABSENT}, "DELETE", "/silence/"),
]


def alerting(what: str, before: Options, options: Options, method: str, path: str) -> Write:
    return Write(what, grafana_alerting, before, options, method, f"/provisioning/{path}")


def changed(what: str, one: Options, other: Options, create: str, path: str) -> list[Write]:
    """Return that an alerting object is created, becomes another one, and goes."""
    return [
        alerting(f"{what} is created", {}, one, create, path),
        alerting(f"{what} is changed", one, other, "PUT", path),
        alerting(f"{what} is deleted", one, {**one, **ABSENT}, "DELETE", path),
    ]


WRITES += changed(
    "a template",
    {"templates": [{"name": "t", "template": '{{ define "t" }}1{{ end }}'}]},
    {"templates": [{"name": "t", "template": '{{ define "t" }}2{{ end }}'}]},
    "PUT",
    "templates",
)
WRITES += changed(
    "a mute timing",
    {"mute_timings": [{"name": "m", "time_intervals": [{"weekdays": ["sunday"]}]}]},
    {"mute_timings": [{"name": "m", "time_intervals": [{"weekdays": ["monday"]}]}]},
    "POST",
    "mute-timings",
)
WRITES += changed(
    "a contact point",
    {"contact_points": [POINT]},
    {"contact_points": [{**POINT, "settings": {"url": "https://other.example.org"}}]},
    "POST",
    "contact-points",
)
WRITES += changed("an alert rule", rule(), rule(labels={"severity": "info"}), "POST", "alert-rules")
WRITES += [
    alerting("the interval of a group is set", {}, rule("30s"), "PUT", "folder/shop/rule-groups/g"),
    alerting("the interval of a group is changed", rule("30s"), rule("20s"), "PUT", "folder/shop/rule-groups/g"),
    alerting(
        "the policy is changed",
        {"contact_points": [POINT]},
        {"contact_points": [POINT], "notification_policy": {"receiver": "shop"}},
        "PUT",
        "policies",
    ),
    alerting(
        "the policy is reset",
        {"contact_points": [POINT], "notification_policy": {"receiver": "shop"}},
        {"notification_policy": {}, **ABSENT},
        "DELETE",
        "policies",
    ),
]


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_FIRST_WAIT", 0.001)


@pytest.fixture
def ports(grafana: Grafana) -> Iterator[dict[ModuleType, int]]:
    """Where the server of a module is, Grafana unless it is another one."""
    store = grafana.served.application.store
    with store.transaction():
        add_folder(store, 1, {"uid": "shop", "title": "Shop"})
        add_datasource(store, 1, {"uid": "prom", "name": "prom", "type": "prometheus", "access": "proxy"})
    with standin_alertmanager.running() as alertmanager:
        yield {alertmanager_silence: int(alertmanager.url.rpartition(":")[2]), grafana_folders: port(grafana)}


def port(grafana: Grafana) -> int:
    return int(grafana.url.rpartition(":")[2])


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("write", [pytest.param(write, id=write.what) for write in WRITES])
def test_a_change_is_made_and_told_once_whatever_happens_to_its_first_request(
    write: Write, fault: str, ports: dict[ModuleType, int], run_module: Run
) -> None:
    with breaking_proxy(ports.get(write.module, ports[grafana_folders])) as proxy:
        login = {"url": proxy.url, "username": "admin", "password": "admin"}
        login.update({"secret_digest_key": "k"} if write.module in (grafana_datasources, grafana_alerting) else {})
        if write.before:
            assert run_module(write.module, **login, **write.before)["changed"]
        proxy.faults.append(Fault(fault, write.method, write.path))
        result = run_module(write.module, **login, **write.options)
        assert (result.get("msg", ""), result["changed"], result["warnings"]) == ("", True, [])
        assert proxy.broken()
        assert proxy.held == []
        again = run_module(write.module, **login, **write.options)
        assert (again.get("msg", ""), again["changed"]) == ("", False)


# A silence has no name of its own: the server makes two of it, and a run finds the spare one.
NAMED = [write for write in WRITES if write.module is not alertmanager_silence]


@pytest.mark.parametrize("write", [pytest.param(write, id=write.what) for write in NAMED])
def test_a_run_after_one_that_gave_up_finds_its_change_made_at_the_last_moment(
    write: Write, ports: dict[ModuleType, int], run_module: Run
) -> None:
    with breaking_proxy(ports.get(write.module, ports[grafana_folders])) as proxy:
        login = {"url": proxy.url, "username": "admin", "password": "admin"}
        login.update({"secret_digest_key": "k"} if write.module in (grafana_datasources, grafana_alerting) else {})
        if write.before:
            assert run_module(write.module, **login, **write.before)["changed"]
        proxy.faults.append(Fault("the server is still at it", write.method, write.path))
        gave_up = run_module(write.module, **login, **write.options, retries=0)
        assert "got no answer" in gave_up["msg"]
        result = run_module(write.module, **login, **write.options)
        assert (result.get("msg", ""), result["changed"], proxy.held) == ("", True, [])
        again = run_module(write.module, **login, **write.options)
        assert (again.get("msg", ""), again["changed"]) == ("", False)


WRITING = {"POST", "PUT", "PATCH", "DELETE"}
# Which requests of these methods change nothing, or are repeated in a way of their own.
OTHERWISE = {
    ("_prometheus/client.py", "POST"),
    ("_grafana/tokens.py", "POST"),
    ("_elasticsearch/templates.py", "POST"),
    ("_elasticsearch/pipelines.py", "POST"),
    ("_elasticsearch/api_keys.py", "POST"),
    ("_elasticsearch/repositories.py", "POST"),
    ("_elasticsearch/rolling.py", "POST"),  # a flush, which may come twice
    ("_elasticsearch/rolling.py", "PUT"),  # a setting with one value, which may be sent twice
}


def test_every_write_says_how_one_looks_whether_it_is_done() -> None:
    found: list[tuple[str, str]] = []
    rooms = Path(session.__file__).parents[1]
    for file, name in sorted((file, str(file.relative_to(rooms))) for file in rooms.rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text())):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "call":
                continue
            method = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else "POST"
            found += [(name, method)] if method in WRITING else []
            if method in WRITING and "outcome" not in [keyword.arg for keyword in call.keywords]:
                assert (name, method) in OTHERWISE, f"{name}:{call.lineno}: this write has no outcome"
    assert len(found) > len(OTHERWISE)
