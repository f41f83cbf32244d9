# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Titles that Grafana 9.4 takes for one are refused before anything is written, and are two to newer releases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._grafana.titles import slug
from ansible_collections.vigil.observability.plugins.modules import grafana_dashboards, grafana_folders
from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import Served, running
from ansible_collections.vigil.observability.tests.servers.standin_grafana.settings import Settings
from ansible_collections.vigil.observability.tests.servers.standin_grafana.slugs import slug_of

Options = dict[str, Any]
Run = Callable[..., dict[str, Any]]

DASHBOARDS = ("cpu", "CPU (host)"), ("other", "Other")


def boards(*listed: tuple[str, str], **options: Any) -> Options:
    models = [{"dashboard": {"uid": uid, "title": title}} for uid, title in listed]
    return {"dashboards": models, "folder_uid": "hosts", **options}


def folders(*listed: tuple[str, str], **options: Any) -> Options:
    return {"folders": [{"uid": uid, "title": title} for uid, title in listed], **options}


@pytest.fixture(params=["9.4.0", "12.1.1"])
def served(request: pytest.FixtureRequest, run_module: Run) -> Iterator[Served]:
    """A stand-in of an old and of a new release, with two folders and two dashboards."""
    with running(Settings(version=request.param)) as served:
        login = {"url": served.url, "username": "admin", "password": "admin"}
        made = run_module(grafana_folders, **login, **folders(("hosts", "Hosts (all)"), ("shop", "Shop")))
        assert made["changed"]
        assert run_module(grafana_dashboards, **login, **boards(*DASHBOARDS))["changed"]
        top = run_module(grafana_dashboards, **login, **boards(("top", "Top & co."), folder_uid=""))
        assert top["changed"]
        yield served


@pytest.mark.parametrize(
    ("module", "options", "message"),
    [
        (
            grafana_dashboards,
            boards(("one", "CPU - host")),
            (
                "The dashboard 'one' cannot have the title 'CPU - host' in the folder 'hosts': 'cpu' already has that "
                "title. Grafana before 9.5"
            ),
        ),
        (grafana_dashboards, boards(("other", "cpu_host!")), "The dashboard 'other' cannot have the title 'cpu_host!'"),
        (
            grafana_dashboards,
            boards(("one", "Größe: 1"), ("two", "grosse 1")),
            "The dashboards 'one' and 'two' cannot be 'Größe: 1' and 'grosse 1' in one folder. Grafana before 9.5",
        ),
        (
            grafana_dashboards,
            boards(("one", "[Shop]")),
            "The dashboard 'one' cannot have the title '[Shop]': a folder already has it. Grafana before 9.5",
        ),
        (
            grafana_folders,
            folders(("new", "Hosts - all")),
            "The folder 'new' cannot have the title 'Hosts - all' at the",
        ),
        (grafana_folders, folders(("shop", "hosts all")), "The folder 'shop' cannot have the title 'hosts all' at the"),
        (
            grafana_folders,
            folders(("new", "Top and co")),
            (
                "The folder 'new' cannot have the title 'Top and co': a dashboard at the top already has it. Grafana "
                "before 9.5"
            ),
        ),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_titles_of_one_path_are_refused_where_the_server_would(
    module: Any, options: Options, message: str, check: bool, served: Served, run_module: Run
) -> None:
    before = served.application.requests.copy()
    login = {"url": served.url, "username": "admin", "password": "admin"}
    result = run_module(module, **login, **options, check=check)
    asked = served.application.requests - before
    assert asked["GET", "/api/health"] == 1
    if served.application.settings.newer:
        assert result["changed"]
        return
    assert message in result["msg"]
    assert {method for method, _path in asked} == {"GET"}


def test_titles_are_passed_on_by_their_paths(served: Served, run_module: Run) -> None:
    login = {"url": served.url, "username": "admin", "password": "admin"}
    moved = boards(("other", "CPU - host"), ("cpu", "Former"))
    assert run_module(grafana_dashboards, **login, **moved)["updated"] == ["cpu", "other"]
    assert not run_module(grafana_dashboards, **login, **moved)["changed"]


def test_a_run_without_titles_alike_asks_for_no_version(served: Served, run_module: Run) -> None:
    login = {"url": served.url, "username": "admin", "password": "admin"}
    for listed in (DASHBOARDS, (("cpu", "CPU (host)"), ("other", "Another"))):
        run_module(grafana_dashboards, **login, **boards(*listed))
    assert served.application.requests["GET", "/api/health"] == 0


def test_what_cannot_be_used_is_left_out_where_others_are_made(served: Served, run_module: Run) -> None:
    login = {"url": served.url, "username": "admin", "password": "admin"}
    result = run_module(
        grafana_dashboards, **login, **boards(("one", "CPU - host"), ("two", "Two")), skip_unusable=True
    )
    wanted = ["one", "two"] if served.application.settings.newer else ["two"]
    assert (result["created"], len(result["unusable"])) == (wanted, 2 - len(wanted))


@pytest.mark.parametrize(
    ("title", "path"),
    [
        ("CPU (host)", "cpu-host"),
        ("CPU - host", "cpu-host"),
        (" a_b & c@d.é ", "a-b-and-catd-e"),
        ("Größe über Maß", "grosse-ueber-mass"),
        ("--x--", "x"),
    ],
)
def test_a_path_is_what_the_server_makes_of_a_title(title: str, path: str) -> None:
    assert (slug(title), slug_of(title)) == (path, path)


def test_titles_without_a_letter_are_themselves() -> None:
    assert slug("???") != slug("!!!")
