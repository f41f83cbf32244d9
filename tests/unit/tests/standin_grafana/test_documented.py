"""What the stand-in does as documentation says, where no recording shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._http.session import Endpoint, Session
from ansible_collections.vigil.observability.tests.servers.standin_grafana.documented import BEHAVIOURS, SEEN
from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import Served, running
from ansible_collections.vigil.observability.tests.servers.standin_grafana.settings import Settings
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.client import ask


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a stand-in for Grafana 12 with the folders a, a/b and a/b/c."""
    with running(Settings()) as served:
        for uid, parent in (("a", ""), ("b", "a"), ("c", "b")):
            assert ask(f"{served.url}/api/folders", {"uid": uid, "title": uid.upper(), "parentUid": parent})[0] == 200
        yield served.url


def _with(tmp_path: Path, **values: dict[str, str]) -> Settings:
    return Settings(values={name.replace("__", "."): keys for name, keys in values.items()}, home=tmp_path)


def _names(found: tuple[int, list[dict[str, str]]]) -> list[str]:
    assert found[0] == 200
    return [each["uid"] for each in found[1]]


def test_what_documentation_alone_says_is_listed(url: str) -> None:
    print("documented, not recorded:", *BEHAVIOURS, sep="\n  ")
    assert len(set(BEHAVIOURS)) == len(BEHAVIOURS)
    for part in ("parentUid", "/move", "folderUIDs", "/metrics", "/api/plugins", "/api/user/signup"):
        assert any(part in behaviour for behaviour in BEHAVIOURS), part


def test_what_was_seen_on_9_4_without_a_recording_is_listed(url: str) -> None:
    print("seen on 9.4, not recorded:", *SEEN, sep="\n  ")
    assert len({*SEEN, *BEHAVIOURS}) == len(SEEN) + len(BEHAVIOURS)
    assert any("without a url" in behaviour for behaviour in SEEN)


def test_folders_are_listed_below_their_parent(url: str) -> None:
    assert _names(ask(f"{url}/api/folders")) == ["a"]
    assert _names(ask(f"{url}/api/folders?parentUid=a")) == ["b"]
    assert ask(f"{url}/api/folders?parentUid=nope")[0] == 404


def test_nested_folder_is_shown_with_its_parents(url: str) -> None:
    shown = ask(f"{url}/api/folders/c")[1]
    assert shown["parentUid"] == "b"
    assert [parent["uid"] for parent in shown["parents"]] == ["a", "b"]
    assert "parentUid" not in ask(f"{url}/api/folders/a")[1]


def test_title_may_be_used_again_below_another_parent(url: str) -> None:
    assert ask(f"{url}/api/folders", {"title": "b", "parentUid": "a"})[0] == 409
    assert ask(f"{url}/api/folders", {"title": "b", "parentUid": "c"})[0] == 200


def test_folder_below_an_unknown_parent_or_too_deep_is_refused(url: str) -> None:
    assert ask(f"{url}/api/folders", {"title": "x", "parentUid": "nope"})[0] == 400
    assert ask(f"{url}/api/folders", {"uid": "d", "title": "D", "parentUid": "c"})[0] == 200
    assert ask(f"{url}/api/folders", {"title": "E", "parentUid": "d"})[0] == 400


def test_folder_moves_with_what_is_below_it(url: str) -> None:
    assert ask(f"{url}/api/folders/b/move", {"parentUid": ""})[0] == 200
    assert _names(ask(f"{url}/api/folders")) == ["a", "b"]
    assert ask(f"{url}/api/folders/c")[1]["parentUid"] == "b"
    assert ask(f"{url}/api/folders/b/move", {"parentUid": "c"})[0] == 400
    assert ask(f"{url}/api/folders", {"uid": "b2", "title": "B"})[0] == 409


def test_folder_is_not_moved_onto_a_title_in_use(url: str) -> None:
    assert ask(f"{url}/api/folders", {"uid": "b2", "title": "b", "parentUid": ""})[0] == 200
    assert ask(f"{url}/api/folders/b2/move", {"parentUid": "a"})[0] == 409


def test_removed_folder_takes_what_is_below_it(url: str) -> None:
    assert ask(f"{url}/api/dashboards/db", {"dashboard": {"uid": "d", "title": "D"}, "folderUid": "c"})[0] == 200
    assert ask(f"{url}/api/folders/a", method="DELETE")[0] == 200
    assert ask(f"{url}/api/search") == (200, [])


def test_search_finds_what_lies_directly_in_folders(url: str) -> None:
    for uid, folder in (("d1", "a"), ("d2", "b"), ("d3", "")):
        model = {"dashboard": {"uid": uid, "title": uid}, "folderUid": folder}
        assert ask(f"{url}/api/dashboards/db", model)[0] == 200
    assert _names(ask(f"{url}/api/search?type=dash-db&folderUIDs=a&folderUIDs=general")) == ["d1", "d3"]
    assert _names(ask(f"{url}/api/search?folderUIDs=a")) == ["b", "d1"]


def test_metrics_are_open_until_a_password_is_set(url: str, tmp_path: Path) -> None:
    assert 'version="12.1.1"' in ask(f"{url}/metrics", user=None)[1]
    account = {"basic_auth_username": "prom", "basic_auth_password": "metrics-pw"}
    with running(_with(tmp_path, metrics=account)) as served:
        assert ask(f"{served.url}/metrics", user=None)[0] == 401
        assert ask(f"{served.url}/metrics", user="prom:metrics-pw")[0] == 200
    with running(_with(tmp_path, metrics={"enabled": "false"})) as served:
        assert ask(f"{served.url}/metrics", user=None)[0] == 404


def test_metrics_count_dashboards_when_the_server_starts(tmp_path: Path) -> None:
    counted = []
    for _start in range(2):
        with running(Settings(), tmp_path / "grafana.db") as served:
            ask(f"{served.url}/api/dashboards/db", {"dashboard": {"uid": "d", "title": "D"}})
            said = str(ask(f"{served.url}/metrics", user=None)[1]).splitlines()
            counted += [line for line in said if line.startswith("grafana_stat_totals_dashboard ")]
    assert counted == ["grafana_stat_totals_dashboard 0", "grafana_stat_totals_dashboard 1"]


def test_what_is_asked_beside_the_sub_path_is_redirected(tmp_path: Path) -> None:
    server = {"root_url": "https://proxy.example.com/grafana/", "serve_from_sub_path": "true"}
    with running(_with(tmp_path, server=server)) as served:
        assert ask(f"{served.url}/grafana/api/org")[0] == 200
        assert ask(f"{served.url}/api/health")[0] == 200
        session = Session(Endpoint(served.url, "admin", "admin"))
        answer = session.request("GET", "/api/org")
        session.close()
    assert (answer.status, answer.headers["Location"]) == (301, "https://proxy.example.com/grafana/api/org")


def test_strangers_get_the_role_of_anonymous_access(url: str, tmp_path: Path) -> None:
    assert ask(f"{url}/api/search", user=None)[0] == 401
    with running(_with(tmp_path, auth__anonymous={"enabled": "true", "org_role": "Viewer"})) as served:
        assert ask(f"{served.url}/api/search", user=None) == (200, [])
        assert ask(f"{served.url}/api/folders", {"title": "x"}, user=None)[0] == 403


def test_sign_up_is_refused_unless_it_is_on(url: str, tmp_path: Path) -> None:
    assert ask(f"{url}/api/user/signup", {"email": "x@example.org"}, user=None)[0] == 401
    with running(_with(tmp_path, users={"allow_sign_up": "true"})) as served:
        assert ask(f"{served.url}/api/user/signup", {"email": "x@example.org"}, user=None)[0] == 200


def test_installed_plugins_are_those_in_their_folder(tmp_path: Path) -> None:
    for name in ("plain", "built/dist"):
        (tmp_path / "plugins" / name).mkdir(parents=True)
        about = {"id": name.partition("/")[0], "name": name, "type": "panel", "info": {"version": "1.2.3"}}
        (tmp_path / "plugins" / name / "plugin.json").write_text(json.dumps(about))
    with running(_with(tmp_path, paths={"plugins": "plugins"})) as served:
        assert [plugin["id"] for plugin in ask(f"{served.url}/api/plugins")[1]] == ["built", "plain"]
        assert ask(f"{served.url}/api/plugins/plain/settings")[1]["info"]["version"] == "1.2.3"
        assert ask(f"{served.url}/api/plugins/nope/settings")[0] == 404


def test_requests_and_connections_are_counted(url: str) -> None:
    with running(Settings()) as served:
        assert _counts(served) == (0, 0)
        ask(f"{served.url}/api/folders?limit=1")
        ask(f"{served.url}/api/folders")
        assert served.application.requests == {("GET", "/api/folders"): 2}
        assert _counts(served) == (2, 2)


def _counts(served: Served) -> tuple[int, int]:
    return served.application.requests.total(), served.connections


def test_failed_logins_lock_a_name_and_no_other(url: str) -> None:
    for _attempt in range(5):
        assert ask(f"{url}/api/org", user="admin:wrong")[0] == 401
    assert ask(f"{url}/api/org", user="admin:admin")[0] == 401
    assert ask(f"{url}/api/org", user="admin@localhost:admin")[0] == 200


def test_a_tag_finds_annotations_with_as_many_of_its_key(url: str) -> None:
    found = f"{url}/api/annotations?tags"
    for text, tags in (("one", ["incident", " web : shop "]), ("two", ["incident", "incident:2", "incident"])):
        assert ask(f"{url}/api/annotations", {"text": text, "tags": tags, "time": 5})[0] == 200
    assert [one["text"] for one in ask(f"{found}=incident")[1]] == ["one"]
    assert [one["text"] for one in ask(f"{found}=incident&matchAny=true")[1]] == ["one", "two"]
    assert [one["tags"] for one in ask(f"{found}=web")[1]] == [["incident", "web:shop"]]
    assert ask(f"{url}/api/annotations", {"text": "x", "tags": ["a" * 500]})[0] == 400


def test_annotations_of_a_time_are_regions_that_touch_it(url: str) -> None:
    assert ask(f"{url}/api/annotations", {"text": "turned", "time": 30, "timeEnd": 10})[0] == 200
    shown = [ask(f"{url}/api/annotations?from={begin}&to={end}")[1] for begin, end in ((1, 9), (1, 10), (31, 40))]
    assert [len(one) for one in shown] == [0, 1, 0]
    assert (shown[1][0]["time"], shown[1][0]["timeEnd"]) == (10, 30)


def test_annotations_are_made_by_editors(url: str) -> None:
    for role, status in (("Viewer", 403), ("Editor", 200)):
        account = ask(f"{url}/api/serviceaccounts", {"name": role, "role": role})[1]["id"]
        key = ask(f"{url}/api/serviceaccounts/{account}/tokens", {"name": role})[1]["key"]
        assert ask(f"{url}/api/annotations", {"text": "x"}, user=f"api_key:{key}")[0] == status
        assert ask(f"{url}/api/annotations", user=f"api_key:{key}")[0] == 200
