# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._grafana.alerting import objects
from ansible_collections.vigil.observability.plugins.modules import grafana_alerting
from ansible_collections.vigil.observability.tests.servers.standin_grafana.alerting_config import (
    config_of,
    disturb,
    postpone,
    put_config,
)
from ansible_collections.vigil.observability.tests.servers.standin_grafana.alerting_rule_records import add_rule
from ansible_collections.vigil.observability.tests.servers.standin_grafana.datasources import add_datasource
from ansible_collections.vigil.observability.tests.servers.standin_grafana.folders import add_folder
from ansible_collections.vigil.observability.tests.unit.conftest import Grafana

Result = dict[str, Any]
Manage = Callable[..., Result]

SECRET = "pager-pw-one"
RULE: Result = {
    "title": "Checkout is slow",
    "condition": "above",
    "for": "90s",
    "labels": {"severity": "critical"},
    "data": [
        {
            "refId": "seconds",
            "datasourceUid": "prom",
            "relativeTimeRange": {"from": 600, "to": 0},
            "model": {"expr": "up", "instant": True},
        },
        {"refId": "above", "datasourceUid": "-100", "model": {"type": "math", "expression": "$seconds > 2"}},
    ],
}
ALL: Result = {
    "templates": [{"name": "plain", "template": "Plain {{ .Status }}\n"}],
    "mute_timings": [
        {
            "name": "winter",
            "time_intervals": [
                {"months": ["January:march"]},
                {"times": [{"start_time": "06:00", "end_time": "08:00"}], "location": "Europe/Berlin"},
            ],
        }
    ],
    "contact_points": [
        {
            "name": "shop",
            "type": "webhook",
            "settings": {"url": "http://127.0.0.1:9/h"},
            "secure_settings": {"password": SECRET},
        },
        {"name": "shop", "type": "email", "settings": {"addresses": "a@example.org"}},
    ],
    "notification_policy": {
        "receiver": "shop",
        "group_by": ["alertname"],
        "group_wait": "90s",
        "routes": [
            {
                "receiver": "shop",
                "object_matchers": [["team", "=", "a"], ["severity", "=", "info"]],
                "mute_time_intervals": ["winter"],
            }
        ],
    },
    "rule_groups": [
        {
            "folder_uid": "shop",
            "name": "checkout",
            "interval": "30s",
            "rules": [RULE, {**RULE, "title": "Second", "uid": "second"}],
        }
    ],
}
NAMES = [
    "template 'plain'",
    "mute timing 'winter'",
    "contact point 'shop (webhook)'",
    "contact point 'shop (email)'",
    "notification policy",
    "alert rule 'shop/Checkout is slow'",
    "alert rule 'shop/Second'",
]
GROUP = "rule group 'shop/checkout'"


@pytest.fixture
def server(grafana: Grafana) -> Grafana:
    """A Grafana with a folder and a data source."""
    store = grafana.served.application.store
    with store.transaction():
        add_folder(store, 1, {"uid": "shop", "title": "Shop"})
        add_datasource(store, 1, {"uid": "prom", "name": "prom", "type": "prometheus", "access": "proxy"})
    return grafana


@pytest.fixture
def manage(run_module: Manage, server: Grafana) -> Manage:
    """A function that runs the module; what it answers has the numbers of requests and writes of the server too."""

    def run(**options: Any) -> Result:
        server.forget()
        login = {"url": server.url, "username": server.user, "password": server.password}
        result = run_module(grafana_alerting, **login, secret_digest_key="digest-key", **options)
        assert result.get("requests", 0) in (0, sum(server.requests.values()))
        return {**result, "writes": server.writes}

    return run


def changed(**kinds: Any) -> Result:
    """Return all objects, with other ones for some kinds."""
    return {**copy.deepcopy(ALL), **kinds}


def with_rule(**keys: Any) -> list[Result]:
    """Return the group with one rule, changed."""
    return [{"folder_uid": "shop", "name": "checkout", "rules": [{**RULE, **keys}]}]


def config(server: Grafana) -> Result:
    return config_of(server.served.application.store, 1)


def rules(server: Grafana) -> dict[str, Result]:
    return {rule["title"]: rule for rule in server.served.application.store.all(1, "alert_rule")}


def seed_rule(server: Grafana, **keys: Any) -> None:
    """Make a rule of somebody else."""
    store = server.served.application.store
    model = {"expr": "up", "intervalMs": 1000, "maxDataPoints": 43200}
    query = {**RULE["data"][0], "queryType": "", "model": model}
    rule: Result = {
        "uid": "theirs",
        "folderUID": "shop",
        "ruleGroup": "checkout",
        "title": "Theirs",
        "condition": "seconds",
    }
    rule |= {"data": [query], "for": "0s", "noDataState": "NoData", "execErrState": "Error", "provenance": ""}
    rule |= {"updated": "2026-11-23T08:29:15Z"}
    with store.transaction():
        add_rule(store, 1, {**rule, **keys})


def seed_config(server: Grafana, change: Callable[[Result], None]) -> None:
    """Change the configuration as somebody else would."""
    store = server.served.application.store
    found = copy.deepcopy(config_of(store, 1))
    change(found)
    with store.transaction():
        put_config(store, 1, found)


def integration(uid: str, name: str, **keys: Any) -> Result:
    body = {"settings": {"addresses": "b@example.org"}, "secure": {}, "disableResolveMessage": False}
    return {"uid": uid, "group": name, "name": name, "type": "email", **body, **keys}


def test_everything_is_created_in_an_order_that_holds(manage: Manage, server: Grafana) -> None:
    result = manage(**ALL)
    assert (result["changed"], result["requests"], result["connections"]) == (True, 17, 1)
    assert result["created"] == [*NAMES[:4], *NAMES[5:], GROUP]
    assert result["updated"] == ["notification policy"]
    assert server.requests[("GET", "/api/folders/shop")] == 1
    assert server.requests[("GET", "/api/datasources")] == 1
    assert {rule["interval"] for rule in rules(server).values()} == {30}
    assert {rule["provenance"] for rule in rules(server).values()} == {"api"}
    assert config(server)["integrations"][1]["secure"] == {"password": SECRET}


def test_an_unchanged_run_reads_each_kind_once_and_writes_nothing(manage: Manage) -> None:
    manage(**ALL)
    result = manage(**ALL)
    assert (result["changed"], result["requests"], result["connections"], result["writes"]) == (False, 5, 1, 0)
    assert result["unchanged"] == NAMES


@pytest.mark.parametrize("kind", sorted(ALL))
def test_a_kind_alone_costs_one_request_when_nothing_changed(manage: Manage, kind: str) -> None:
    manage(**ALL)
    result = manage(**{kind: ALL[kind]})
    assert (result["changed"], result["requests"]) == (False, 1)


def test_check_mode_tells_the_same_and_writes_nothing(manage: Manage) -> None:
    checked = manage(check=True, diff=True, **ALL)
    assert checked["writes"] == 0
    real = manage(diff=True, **ALL)
    assert [checked[name] for name in ("changed", "created", "updated", "diff")] == [
        real[name] for name in ("changed", "created", "updated", "diff")
    ]


def test_what_the_server_writes_otherwise_is_no_difference(manage: Manage) -> None:
    manage(**ALL)
    policy = {
        **ALL["notification_policy"],
        "group_wait": "1m30s",
        "group_interval": None,
        "routes": [
            {
                "receiver": "shop",
                "matchers": ['severity="info"'],
                "match": {"team": "a"},
                "mute_time_intervals": ["winter"],
                "continue": False,
                "routes": [],
            }
        ],
    }
    rule = {**copy.deepcopy(RULE), "for": "1m30s", "noDataState": "NoData", "isPaused": False, "annotations": {}}
    rule["data"][0] |= {"queryType": "", "model": {"expr": "up", "instant": True, "intervalMs": 1000}}
    groups = [{**ALL["rule_groups"][0], "interval": 30, "rules": [rule, ALL["rule_groups"][0]["rules"][1]]}]
    mutes = copy.deepcopy(ALL["mute_timings"])
    mutes[0]["time_intervals"][0] = {"months": ["1:3"], "years": [], "times": None}
    again = {"notification_policy": policy, "rule_groups": groups, "mute_timings": mutes}
    result = manage(diff=True, **again)
    assert result["changed"] is False, result["diff"]


def test_what_differs_is_written_and_nothing_else(manage: Manage, server: Grafana) -> None:
    manage(**ALL)
    other = changed(templates=[{"name": "plain", "template": '{{ define "plain" }}Other{{ end }}'}])
    other["rule_groups"][0]["rules"][0]["for"] = "5m"
    other["notification_policy"]["group_wait"] = "1m"
    other["mute_timings"][0]["time_intervals"][0]["months"] = ["april"]
    other["contact_points"][1]["settings"]["addresses"] = "c@example.org"
    result = manage(**other)
    assert result["updated"] == [NAMES[0], NAMES[1], NAMES[3], NAMES[4], NAMES[5]]
    assert (result["created"], result["deleted"]) == ([], [])
    # A list of each kind, the types of contact points, the data sources, five writes.
    assert (result["requests"], result["writes"]) == (12, 5)
    assert config(server)["templates"]["plain"].endswith("Other{{ end }}")
    assert manage(**other)["changed"] is False


def test_a_changed_interval_leaves_the_rules_of_others_in_the_group(manage: Manage, server: Grafana) -> None:
    seed_rule(server)
    manage(**ALL)
    other = changed()
    other["rule_groups"][0]["interval"] = "2m"
    result = manage(diff=True, **other)
    assert (result["updated"], result["requests"]) == ([GROUP], 7)
    assert {title: rule["interval"] for title, rule in rules(server).items()} == dict.fromkeys(
        ("Checkout is slow", "Second", "Theirs"), 120
    )
    assert '"interval": 30' in result["diff"][0]["before"]
    assert manage(**other)["changed"] is False


def test_a_rule_that_moves_takes_the_interval_of_its_new_group(manage: Manage, server: Grafana) -> None:
    manage(**ALL)
    other = changed()
    moved = other["rule_groups"][0]["rules"].pop(0)
    other["rule_groups"].append({"folder_uid": "shop", "name": "new", "interval": "20s", "rules": [moved]})
    result = manage(**other)
    assert result["updated"] == ["alert rule 'shop/Checkout is slow'", "rule group 'shop/new'"]
    assert {title: rule["interval"] for title, rule in rules(server).items()} == {"Checkout is slow": 20, "Second": 30}
    assert manage(**other)["changed"] is False


def test_a_new_group_of_the_default_interval_is_read_and_not_written(manage: Manage) -> None:
    result = manage(rule_groups=with_rule())
    # List, folder, data sources, the rule, the group that was made with it.
    assert (result["requests"], result["writes"]) == (5, 1)


def test_prune_takes_ours_and_leaves_those_of_others(manage: Manage, server: Grafana) -> None:
    def theirs(found: Result) -> None:
        found["templates"]["theirs"] = '{{ define "theirs" }}x{{ end }}'
        found["mute_timings"].append({"name": "theirs", "time_intervals": [{"years": ["1970"]}]})
        found["integrations"].append(integration("theirs", "theirs"))

    seed_rule(server)
    seed_config(server, theirs)
    manage(**ALL)
    empty: Result = {kind: [] for kind in ALL if kind != "notification_policy"}
    default = {"receiver": "grafana-default-email"}
    assert manage(**empty, notification_policy=default)["deleted"] == []
    manage(**ALL)
    checked = manage(check=True, prune=True, **empty, notification_policy=default)
    result = manage(prune=True, **empty, notification_policy=default)
    assert result["deleted"] == checked["deleted"]
    kinds = [name.partition(" '")[0] for name in result["deleted"]]
    assert kinds == ["alert rule"] * 2 + ["contact point"] * 2 + ["mute timing", "template"]
    assert (result["requests"], result["writes"]) == (12, 7)
    left = config(server)
    assert list(rules(server)) == ["Theirs"]
    assert [one["name"] for one in left["integrations"]] == ["email receiver", "theirs"]
    assert ([one["name"] for one in left["mute_timings"]], list(left["templates"])) == (["theirs"], ["theirs"])
    assert manage(prune=True, **empty, notification_policy=default)["changed"] is False


def test_prune_leaves_the_kinds_that_are_not_listed(manage: Manage, server: Grafana) -> None:
    manage(**ALL)
    assert manage(prune=True, templates=[])["deleted"] == ["template 'plain'"]
    assert len(rules(server)) == 2


def test_absent_takes_what_is_listed_and_resets_the_policy(manage: Manage, server: Grafana) -> None:
    manage(**ALL)
    result = manage(state="absent", **ALL)
    assert result["deleted"] == [*NAMES[5:], NAMES[4], *NAMES[2:4], NAMES[1], NAMES[0]]
    assert (result["requests"], result["writes"]) == (12, 7)
    assert config(server)["policy"] == {
        "receiver": "grafana-default-email",
        "group_by": ["grafana_folder", "alertname"],
    }
    again = manage(state="absent", **ALL)
    assert (again["changed"], again["requests"]) == (False, 5)


def test_absent_needs_no_more_of_a_rule_than_its_uid(manage: Manage, server: Grafana) -> None:
    manage(**ALL)
    uids = [rule["uid"] for rule in rules(server).values()]
    listed = [{"folder_uid": "shop", "name": "checkout", "rules": [{"uid": uid} for uid in uids]}]
    assert len(manage(state="absent", rule_groups=listed)["deleted"]) == 2
    assert rules(server) == {}


def test_a_secret_is_never_shown(manage: Manage) -> None:
    first = manage(diff=True, **ALL)
    rotated = changed()
    rotated["contact_points"][0]["secure_settings"]["password"] = "pager-pw-two"
    second = manage(diff=True, **rotated)
    for result in (first, second):
        result.pop("invocation", None)
        assert "pager-pw" not in json.dumps(result)
    assert '"password"' in second["diff"][0]["after"]


@pytest.mark.parametrize("password", ['p"w', r"p\w", r"p\"w\\x", "p%w"])
def test_a_secret_that_grafana_quotes_as_go_does_is_not_in_the_message(password: str, manage: Manage) -> None:
    url = f"https://u:{password}@hook.example.org"
    point = {"name": "x", "type": "slack", "secure_settings": {"url": url}}
    result = manage(contact_points=[point])
    assert 'failed to validate receiver of type "slack": invalid URL "********".' in result["msg"]


def test_a_token_in_an_address_of_a_contact_point_is_in_no_diff(manage: Manage) -> None:
    point = {"name": "x", "type": "teams", "settings": {"url": "https://u:pager-pw@hook.example.org/?sig=pager-pw-two"}}
    for options in ({"contact_points": [point]}, {"contact_points": [point], "state": "absent"}):
        assert "pager-pw" not in json.dumps(manage(diff=True, **options)["diff"])


def test_a_rotated_secret_is_noticed_and_kept_by_the_server(manage: Manage, server: Grafana) -> None:
    manage(**ALL)
    rotated = changed()
    rotated["contact_points"][0]["secure_settings"]["password"] = "pager-pw-two"
    result = manage(**rotated)
    assert result["updated"] == ["contact point 'shop (webhook)'"]
    assert config(server)["integrations"][1]["secure"] == {"password": "pager-pw-two"}
    assert manage(**rotated)["changed"] is False


def test_a_secret_that_somebody_else_added_is_removed(manage: Manage, server: Grafana) -> None:
    def added(found: Result) -> None:
        found["integrations"][1]["secure"]["authorization_credentials"] = "x"

    manage(**ALL)
    seed_config(server, added)
    assert manage(**ALL)["updated"] == ["contact point 'shop (webhook)'"]
    assert config(server)["integrations"][1]["secure"] == {"password": SECRET}


def test_a_hidden_secret_stays_as_it_is(manage: Manage, server: Grafana) -> None:
    manage(**ALL)
    hidden = changed()
    hidden["contact_points"][0]["secure_settings"]["password"] = "[REDACTED]"
    manage(**hidden)
    assert config(server)["integrations"][1]["secure"] == {"password": SECRET}
    assert manage(**hidden)["changed"] is False


def test_a_contact_point_is_renamed_by_its_uid(manage: Manage, server: Grafana) -> None:
    point = {"uid": "one", "name": "old", "type": "email", "settings": {"addresses": "a@example.org"}}
    manage(contact_points=[point])
    result = manage(contact_points=[{**point, "name": "new"}])
    assert result["updated"] == ["contact point 'new (email, uid one)'"]
    assert [one["name"] for one in config(server)["integrations"]] == ["email receiver", "new"]


def test_what_people_made_is_taken_over_with_our_mark(manage: Manage, server: Grafana) -> None:
    seed_config(server, lambda found: found["integrations"].append(integration("x1", "shop")))
    seed_rule(server, title=RULE["title"])
    point = {"name": "shop", "type": "email", "settings": {"addresses": "b@example.org"}}
    result = manage(contact_points=[point], rule_groups=with_rule())
    assert result["updated"][0] == "contact point 'shop (email)'"
    assert result["updated"][1] == "alert rule 'shop/Checkout is slow'"
    assert rules(server)[RULE["title"]]["annotations"] == {"__owner__": "vigil.observability"}
    assert manage(prune=True, contact_points=[], rule_groups=[])["deleted"] == [
        "alert rule 'shop/Checkout is slow' (uid theirs)",
        "contact point 'shop (email, uid x1)'",
    ]


def test_what_is_written_can_be_left_to_people(manage: Manage, server: Grafana) -> None:
    manage(editable_in_ui=True, **ALL)
    assert {rule["provenance"] for rule in rules(server).values()} == {""}
    assert set(config(server)["provenance"].values()) == {""}
    other = changed()
    other["rule_groups"][0] |= {"interval": "1m"}
    other["rule_groups"][0]["rules"][0]["for"] = "5m"
    manage(editable_in_ui=True, **other)
    assert {rule["provenance"] for rule in rules(server).values()} == {""}


def test_what_is_locked_stays_so_and_can_still_be_changed(manage: Manage, server: Grafana) -> None:
    manage(**ALL)
    other = changed()
    other["rule_groups"][0] |= {"interval": "1m"}
    other["rule_groups"][0]["rules"][0]["for"] = "5m"
    other["contact_points"][1]["settings"]["addresses"] = "c@example.org"
    result = manage(editable_in_ui=True, **other)
    assert len(result["updated"]) == 3
    assert {rule["provenance"] for rule in rules(server).values()} == {"api"}


def test_writes_that_collide_with_those_of_others_are_tried_again(manage: Manage, server: Grafana) -> None:
    disturb(server.served.application.store, 2)
    result = manage(templates=ALL["templates"])
    assert (result["changed"], result["writes"]) == (True, 3)


def test_collisions_without_an_end_are_told(manage: Manage, server: Grafana) -> None:
    disturb(server.served.application.store, 99)
    result = manage(templates=ALL["templates"])
    assert result["msg"].startswith("Could not create the template 'plain': Grafana at http://127.0.0.1")
    assert "could not find object using provided id and hash" in result["msg"]
    assert result["writes"] == 6


def test_another_refusal_is_not_tried_again(manage: Manage) -> None:
    result = manage(notification_policy={"receiver": "nobody"})
    assert "receiver 'nobody' does not exist" in result["msg"]
    assert result["writes"] == 1


def test_a_refusal_in_the_middle_says_which_changes_were_made(manage: Manage) -> None:
    result = manage(templates=ALL["templates"], notification_policy={"receiver": "nobody"})
    assert "receiver 'nobody' does not exist" in result["msg"]
    made = ", ".join(f"created template '{one['name']}'" for one in ALL["templates"])
    count = len(ALL["templates"])
    assert result["msg"].endswith(f" {count} of {count + 1} changes were made before this: {made}.")


def test_requests_come_one_after_the_other(manage: Manage, server: Grafana) -> None:
    manage(**ALL)
    assert server.at_once == 1


def test_rules_that_are_not_ours_to_write_are_refused_before_anything_is_written(
    manage: Manage, server: Grafana
) -> None:
    seed_rule(server, title=RULE["title"], provenance="file")
    result = manage(**ALL)
    assert "cannot be changed through the API: its provenance is 'file'" in result["msg"]
    assert result["writes"] == 0


def test_a_title_that_another_rule_has_is_refused(manage: Manage, server: Grafana) -> None:
    seed_rule(server, title=RULE["title"])
    result = manage(rule_groups=with_rule(uid="mine"))
    assert "has a rule of that title with the uid 'theirs'" in result["msg"]
    assert result["writes"] == 0


def test_rules_that_exchange_their_titles_are_refused_before_anything_is_written(
    manage: Manage, server: Grafana
) -> None:
    def groups(*titles: str) -> list[Result]:
        members = [{**RULE, "uid": uid, "title": title} for uid, title in zip("abc", titles)]
        return [{"folder_uid": "shop", "name": "checkout", "rules": members}]

    manage(rule_groups=groups("One", "Two", "Three"))
    result = manage(rule_groups=groups("Two", "One", "Three"))
    assert "The alert rule 'shop/Two' and alert rule 'shop/One' cannot swap their titles" in result["msg"]
    assert result["writes"] == 0
    passed_on = groups("Two", "Three", "Four")
    assert len(manage(rule_groups=passed_on)["updated"]) == 3
    assert {title: rule["uid"] for title, rule in rules(server).items()} == {"Two": "a", "Three": "b", "Four": "c"}
    assert not manage(rule_groups=passed_on)["changed"]


def test_a_rule_that_is_renamed_to_the_title_of_another_is_refused(manage: Manage, server: Grafana) -> None:
    seed_rule(server, title="Taken")
    manage(rule_groups=with_rule(uid="mine"))
    result = manage(rule_groups=with_rule(uid="mine", title="Taken"))
    assert "cannot have the title 'Taken' in the folder 'shop': alert rule 'shop/Taken' (uid theirs)" in result["msg"]
    assert result["writes"] == 0
    assert manage(rule_groups=with_rule(uid="mine", title="taken"))["changed"]


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind != "rule_groups"])
def test_a_new_organisation_is_waited_for(
    manage: Manage, server: Grafana, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "_PAUSE", 0.01)
    manage(contact_points=ALL["contact_points"], mute_timings=ALL["mute_timings"])
    postpone(server.served.application.store, 1, 3)
    assert "msg" not in manage(**{kind: ALL[kind]})


def test_a_new_organisation_is_not_waited_for_without_an_end(
    manage: Manage, server: Grafana, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "_PAUSE", 0.01)
    monkeypatch.setattr(objects, "_LONGEST", 0.05)
    postpone(server.served.application.store, 1, 1000)
    message = manage(templates=ALL["templates"])["msg"]
    assert "Grafana creates it for a new organisation within a minute, but has not done so." in message


def test_a_rule_gets_another_uid_when_ours_goes(manage: Manage, server: Grafana) -> None:
    manage(rule_groups=with_rule(uid="old"))
    result = manage(prune=True, rule_groups=with_rule(uid="new"))
    assert (result["created"][0], len(result["deleted"])) == ("alert rule 'shop/Checkout is slow'", 1)
    assert rules(server)[RULE["title"]]["uid"] == "new"


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([{"folder_uid": "gone", "name": "g", "rules": [RULE]}], "There is no folder with the uid 'gone'"),
        (
            with_rule(data=[{**RULE["data"][0], "datasourceUid": "gone"}, RULE["data"][1]]),
            "queries the data source 'gone', which does not exist",
        ),
    ],
)
def test_a_place_that_is_not_there_is_refused_and_only_a_warning_in_check_mode(
    manage: Manage, groups: list[Result], words: str
) -> None:
    result = manage(rule_groups=groups)
    assert words in result["msg"]
    assert result["writes"] == 0
    checked = manage(check=True, rule_groups=groups)
    assert (checked["failed"], checked["changed"]) == (False, True)
    assert words in checked["warnings"][0]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"condition": "none"}, "condition is 'none', which is not a refId of its data (seconds, above)"),
        ({"record": {"metric": "m", "from": "none"}}, "record.from is 'none', which is not a refId"),
        ({"title": ""}, "rule_groups[0].rules[0] needs a title of 1 to 190 characters"),
        ({"uid": "a b"}, "uid 'a b' must be 1 to 40 letters"),
        ({"for": "soon"}, "for: 'soon' is not a duration"),
        ({"labels": {"level": 1}}, "labels must be text, so put quotes around level"),
        ({"data": []}, "needs data: queries and expressions, each with a refId of its own"),
        ({"data": [RULE["data"][1], RULE["data"][1]]}, "each with a refId of its own"),
        ({"data": [{"refId": "above", "datasourceUid": "prom"}]}, "needs a datasourceUid and a model"),
        (
            {"data": [{"refId": "above", "datasourceUid": "prom", "model": {}}]},
            "the query above needs a relativeTimeRange",
        ),
        ({"summary": "x"}, "rule_groups[0].rules[0] has unknown keys: 'summary'. Use annotations"),
    ],
)
def test_a_rule_that_would_never_be_evaluated_is_refused_by_name(manage: Manage, keys: Result, words: str) -> None:
    result = manage(rule_groups=with_rule(**keys))
    assert words in result["msg"]
    assert result["writes"] == 0


def test_a_recording_rule_needs_no_condition(manage: Manage, server: Grafana) -> None:
    rule = {name: value for name, value in RULE.items() if name not in ("condition", "for")}
    listed = [{"folder_uid": "shop", "name": "g", "rules": [{**rule, "record": {"metric": "m", "from": "seconds"}}]}]
    manage(rule_groups=listed)
    assert rules(server)[RULE["title"]]["record"] == {"metric": "m", "from": "seconds"}
    assert manage(rule_groups=listed)["changed"] is False


def test_an_expression_alone_asks_no_data_source(manage: Manage, server: Grafana) -> None:
    data = [{"refId": "above", "datasourceUid": "__expr__", "model": {"type": "math", "expression": "1"}}]
    assert manage(rule_groups=with_rule(data=data))["changed"] is True
    assert server.requests[("GET", "/api/datasources")] == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Nothing to manage: give at least one of templates"),
        ({"templates": [{"name": "x"}]}, "The template 'x' is empty"),
        ({"templates": ALL["templates"] * 2}, "templates[0] and templates[1] are both the template 'plain'"),
        ({"rule_groups": [{"folder_uid": "f", "name": "g", "interval": "15s", "rules": []}]}, "a multiple of 10s"),
        ({"rule_groups": [{"folder_uid": "f", "name": "g", "interval": "0s", "rules": []}]}, "a multiple of 10s"),
        (
            {"rule_groups": [{"folder_uid": "f", "name": "g", "rules": [RULE, {**RULE, "uid": "x"}]}]},
            "rule_groups[0].rules[0] and rule_groups[0].rules[1] are both the alert rule 'f/Checkout is slow'",
        ),
        (
            {"rule_groups": [{"folder_uid": "f", "name": "g", "rules": [{}]}], "state": "absent"},
            "rule_groups[0].rules[0] needs a uid or a title",
        ),
        ({"notification_policy": {"routes": []}}, "notification_policy needs a receiver"),
        (
            {"notification_policy": {"receiver": "x", "routes": [{"recevier": "y"}]}},
            "notification_policy.routes[0] has unknown keys: 'recevier'. Use ",
        ),
        (
            {"notification_policy": {"receiver": "x", "routes": [{"object_matchers": [["a", "="]]}]}},
            "notification_policy.routes[0].object_matchers[0] must be a label, an operator and a value",
        ),
        (
            {"notification_policy": {"receiver": "x", "matchers": ["nonsense"]}},
            "notification_policy.matchers[0]: 'nonsense' must be like",
        ),
        ({"notification_policy": {"receiver": "x", "group_wait": "1.5h"}}, "'1.5h' is not a duration"),
        (
            {"mute_timings": [{"name": "m", "time_intervals": [{"weekdays": ["saturday:sunday"]}]}]},
            "weekdays has 'saturday:sunday'. Use one of sunday, monday",
        ),
        (
            {"mute_timings": [{"name": "m", "time_intervals": [{"days_of_month": ["40"]}]}]},
            "days_of_month has '40'. Use one of 1 to -1",
        ),
        (
            {"mute_timings": [{"name": "m", "time_intervals": [{"times": [{"start_time": "9:00"}]}]}]},
            "times has 9:00 to None. Use times such as 06:00 to 08:30",
        ),
        (
            {"mute_timings": [{"name": "m", "time_intervals": [{"days": []}]}]},
            "time_intervals[0] has unknown keys: 'days'",
        ),
        (
            {"contact_points": [{"name": "x", "type": "email"}, {"name": "x", "type": "email"}]},
            "are both the contact point 'x (email)'",
        ),
        (
            {"contact_points": [{"name": "x", "type": "slack", "settings": {"url": "https://hook/secret"}}]},
            "contact_points[0] ('x'): Grafana treats url as secret. Move it from settings to secure_settings",
        ),
        (
            {"contact_points": [{"name": "x", "type": "webhook", "secure_settings": {"password": "[REDACTED]"}}]},
            "there is no existing contact point whose secret can be kept",
        ),
        (
            {"contact_points": [{"name": "email receiver", "type": "email"}]},
            "is Grafana's built-in one",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name_before_anything_is_written(
    manage: Manage, options: Result, words: str
) -> None:
    result = manage(**options)
    assert words in result["msg"]
    assert "hook/secret" not in result["msg"]
    assert result["writes"] == 0


def test_secrets_need_a_key_for_their_digest(run_module: Manage, server: Grafana) -> None:
    login = {"url": server.url, "username": server.user, "password": server.password}
    result = run_module(grafana_alerting, **login, contact_points=ALL["contact_points"])
    assert "contact_points[0] ('shop') has secure_settings, which Grafana never shows again" in result["msg"]
    assert SECRET not in result["msg"]


def test_contact_points_that_cannot_be_told_apart_are_refused(manage: Manage, server: Grafana) -> None:
    def two(found: Result) -> None:
        found["integrations"] += [integration("x1", "shop"), integration("x2", "shop")]

    seed_config(server, two)
    alike = manage(contact_points=[{"name": "shop", "type": "email", "settings": {"addresses": "b@example.org"}}])
    assert "Grafana has 2 of this name and type. Choose one by its uid: x1, x2" in alike["msg"]
    one = {"type": "email", "settings": {"addresses": "b@example.org"}}
    seed_config(server, lambda found: found["integrations"].pop())
    twice = manage(contact_points=[{**one, "name": "other", "uid": "x1"}, {**one, "name": "shop"}])
    assert "is the one with the uid 'x1', which is already listed" in twice["msg"]


def test_settings_below_settings_keep_their_secrets(manage: Manage, server: Grafana) -> None:
    point = {
        "name": "deep",
        "type": "email",
        "settings": {"addresses": "a@example.org", "http": {"user": "u", "empty": None}},
        "secure_settings": {"http": {"token": "deep-token"}},
    }
    manage(contact_points=[point])
    assert config(server)["integrations"][1]["settings"]["http"] == {"user": "u", "token": "deep-token"}
    result = manage(contact_points=[point])
    assert result["changed"] is False


KINDS: Result = {kind: one for kind, one in ALL.items() if kind != "notification_policy"}
NONE: Result = {kind: [] for kind in KINDS}


def test_lists_of_two_owners_never_remove_what_is_the_others(manage: Manage) -> None:
    manage(**KINDS)
    assert manage(prune=True, owner="team-shop", **NONE)["changed"] is False
    assert len(manage(prune=True, **NONE)["deleted"]) == len(NAMES) - 1


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("templates", "template 'plain'"),
        ("mute_timings", "mute timing 'winter'"),
        ("contact_points", "contact point 'shop (webhook)'"),
        ("rule_groups", "alert rule 'shop/Checkout is slow'"),
    ],
)
def test_one_of_another_owner_is_refused_by_name(manage: Manage, kind: str, name: str) -> None:
    manage(**KINDS)
    refused = manage(owner="team-shop", **{kind: KINDS[kind]})
    assert f"The {name} carries the mark of another owner, 'vigil.observability'" in refused["msg"]
    assert refused["writes"] == 0


def test_what_another_owner_had_is_taken_over_and_the_rest_is_named(manage: Manage, server: Grafana) -> None:
    manage(owner="team.shop-1", **KINDS)
    mine = {**NONE, "mute_timings": KINDS["mute_timings"], "templates": KINDS["templates"]}
    taken = manage(prune=True, take_over=["team.shop-1"], **mine)
    assert (taken["updated"], taken["deleted"]) == (["template 'plain'", "mute timing 'winter'"], [])
    (warning,) = taken["warnings"]
    assert "alert rule 'shop/Second'" in warning
    assert "contact point 'shop (email, uid " in warning
    again = manage(prune=True, take_over=["team.shop-1"], **mine)
    assert (again["changed"], again["warnings"]) == (False, [])


def test_a_secret_of_a_contact_point_that_is_empty_is_none(manage: Manage, server: Grafana) -> None:
    point = changed()["contact_points"][0]
    point["secure_settings"] = {"password": "", "http": {"token": ""}, "authorization_credentials": "x"}
    assert manage(contact_points=[point])["created"] == ["contact point 'shop (webhook)'"]
    assert manage(contact_points=[point])["changed"] is False
    assert config(server)["integrations"][1]["secure"] == {"authorization_credentials": "x"}
