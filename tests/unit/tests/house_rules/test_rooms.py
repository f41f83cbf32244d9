from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.vigil.observability.tests.house_rules import rooms
from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

Write = Callable[[dict[str, str]], Tree]

HOST, CONTROLLER = "plugins/module_utils", "plugins/plugin_utils"
SAID = "from ansible_collections.vigil.observability."
# {file: text}: _api stands on _http, and _rules of the controller on both.
FINE = {
    f"{HOST}/_http/session.py": "import json\n",
    f"{HOST}/_http/answer.py": "from .session import Session\n",
    f"{HOST}/_api/plan.py": "from .._http.session import Session\n",
    f"{CONTROLLER}/_rules/slo/generator.py": f"{SAID}plugins.module_utils._api.plan import Plan\n",
    "plugins/filter/slo_rules.py": f"{SAID}plugins.plugin_utils._rules.slo import generator\n",
}
PICTURE = "```\n 1  _rules ──▶ _api  │\n 2  _api ──▶ _http\n 1  _http\n```\n"


def test_rooms_in_order_are_fine(write: Write) -> None:
    assert list(rooms.disorderly(write(FINE))) == []


def test_a_folder_holds_twenty_files_and_no_more(write: Write) -> None:
    tree = write({f"{HOST}/_host/part{number}.py": "" for number in range(20)})
    assert list(rooms.disorderly(tree)) == []
    [found] = rooms.disorderly(write({f"{HOST}/_host/part20.py": ""}))
    assert found.startswith(f"{HOST}/_host: has 21 Python files")


@pytest.mark.parametrize("folder", [HOST, CONTROLLER])
def test_a_file_in_no_room_is_named(write: Write, folder: str) -> None:
    [found] = rooms.disorderly(write({f"{folder}/_release.py": ""}))
    assert found.startswith(f"{folder}/_release.py: is in no room")


@pytest.mark.parametrize("name", ["_services/service_ports", "_rules/slo/slo", "_pki/pki_names", "_grafana/grafana"])
def test_a_file_that_repeats_its_folder_is_named(write: Write, name: str) -> None:
    [found] = rooms.disorderly(write({f"{CONTROLLER}/{name}.py": ""}))
    assert found.startswith(f"{CONTROLLER}/{name}.py: repeats ")


@pytest.mark.parametrize("level", [f"{SAID}plugins.module_utils._api", "from .._api"])
def test_rooms_that_lead_to_each_other_are_named_with_both_lines(write: Write, level: str) -> None:
    found = list(rooms.disorderly(write({**FINE, f"{HOST}/_http/session.py": f"\n{level}.plan import Plan\n"})))
    assert len(found) == 2
    assert f"{HOST}/_http/session.py:2 imports {HOST}/_api/plan.py; that closes a circle" in found[1]
    assert f"{HOST}/_api/plan.py:1 imports {HOST}/_http/session.py; " in found[0]


def test_a_circle_of_three_rooms_is_named_and_what_stands_upon_it_is_not(write: Write) -> None:
    names = ("_one", "_two", "_three")
    circle = {
        f"{HOST}/{by}/a.py": f"from ..{of} import a\n" for by, of in zip(names, names[1:] + names[:1], strict=True)
    }
    found = list(rooms.disorderly(write({**circle, f"{HOST}/_upon/b.py": "from .._one.a import A\n"})))
    assert sorted(line.split("/")[2] for line in found) == ["_one", "_three", "_two"]


@pytest.mark.parametrize("face", ["filter", "action", "modules"])
@pytest.mark.parametrize("room", [f"{HOST}/_http", f"{CONTROLLER}/_rules", "plugins/filter"])
def test_whatever_imports_what_plays_call_is_named(write: Write, room: str, face: str) -> None:
    tree = write({f"plugins/{face}/sample.py": "", f"{room}/a.py": f"{SAID}plugins.{face}.sample import sample\n"})
    [found] = rooms.disorderly(tree)
    assert found.startswith(f"{room}/a.py:1 imports plugins/{face}/sample.py; what plays call is made of the rooms")


def test_code_of_hosts_that_imports_code_of_the_controller_is_named(write: Write) -> None:
    upward = {f"{HOST}/_http/a.py": f"def late():\n    {SAID}plugins.plugin_utils._pki import names\n"}
    [found] = rooms.disorderly(write({**upward, f"{CONTROLLER}/_pki/names.py": ""}))
    assert found.startswith(f"{HOST}/_http/a.py:2 imports {CONTROLLER}/_pki/names.py; what runs on hosts cannot use")


@pytest.mark.parametrize("room", ["roles/one", "plugins/modules", "packages/log_exporter"])
def test_a_test_on_hosts_that_imports_what_the_controller_alone_has_is_named(write: Write, room: str) -> None:
    test = {f"tests/unit/{room}/test_a.py": f"{SAID}plugins.filter.sample import sample\n"}
    [found] = rooms.disorderly(write({"plugins/filter/sample.py": "", **test}))
    assert found.startswith(f"tests/unit/{room}/test_a.py:1 imports plugins/filter/sample.py; tests of what runs")


def test_tests_of_the_engine_which_run_on_the_controller_use_its_plugins(write: Write) -> None:
    test = {"tests/unit/packages/incident_response/test_a.py": f"{SAID}plugins.filter.sample import sample\n"}
    assert list(rooms.disorderly(write({"plugins/filter/sample.py": "", **test}))) == []


def test_a_picture_that_shows_floors_and_arrows_as_they_are_is_fine(write: Write) -> None:
    assert list(rooms.drawn_otherwise(write({**FINE, rooms.PAGE: PICTURE}))) == []


@pytest.mark.parametrize(
    ("drawn", "instead", "wanted"),
    [
        (" 2  _api ──▶ _http\n", "", "`2 _api ──▶ _http`"),
        (" 2  _api ──▶ _http", " 1  _api ──▶ _http", "`2 _api ──▶ _http`"),
        (" 2  _api ──▶ _http", " 2  _api", "`2 _api ──▶ _http`"),
        ("1  _http", "1  _http ──▶ _host", "`1 _http`"),
    ],
)
def test_a_picture_that_shows_a_room_otherwise_is_told_the_line(
    write: Write, drawn: str, instead: str, wanted: str
) -> None:
    [found] = rooms.drawn_otherwise(write({**FINE, rooms.PAGE: PICTURE.replace(drawn, instead)}))
    assert wanted in found


def test_a_room_in_the_picture_that_is_gone_is_named(write: Write) -> None:
    [found] = rooms.drawn_otherwise(write({**FINE, rooms.PAGE: f"{PICTURE}\n 1  _gone\n"}))
    assert "draws the room _gone" in found
