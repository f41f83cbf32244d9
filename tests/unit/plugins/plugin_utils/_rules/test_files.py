# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules, generated or written by hand, get to the host together with tests that find them there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.correlation_rules import correlation_rules
from ansible_collections.vigil.observability.plugins.filter.rule_files import rule_files
from ansible_collections.vigil.observability.plugins.filter.rules_with_tests import FilterModule
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import judge

RULES = "groups:\n  - name: NAME\n    rules:\n      - {record: 'NAME:known', expr: vector(1)}\n"
TEST = """\
# What is written here stays.
evaluation_interval: 1m
rule_files:
  - PATTERN   # relative to this file

tests:
  - interval: 1m
    promql_expr_test:
      - {expr: "shop:known", eval_time: 1m, exp_samples: [{labels: "shop:known", value: 1}]}
"""
PAIR: dict[str, Any] = {
    "name": "late",
    "rules": {"groups": [{"name": "late", "rules": [{"record": "late:known", "expr": "vector(2)"}]}]},
    "tests": {"evaluation_interval": "1m", "tests": []},
}
rules_with_tests = FilterModule().filters()["rules_with_tests"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A folder of a user's with rules in two places."""
    for name in ("monitoring/rules/shop.yml", "elsewhere/stock.yaml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_text(RULES.replace("NAME", file.stem))
    (tmp_path / "none").mkdir()
    return tmp_path


def staged(
    repository: Path, tests: list[Path], rule_sets: list[dict[str, Any]] | None = None, **options: str
) -> dict[str, str]:
    """Return the texts of all files by their paths on the host."""
    sources = [str(repository / "monitoring/rules"), str(repository / "elsewhere/stock.yaml")]
    files = rule_files(sources, str(repository / "none"))
    found = rules_with_tests(files, rule_sets or [], [str(test) for test in tests], sources, **options)
    return {file["path"]: file["content"] for file in found}


def test_file(repository: Path, name: str, pattern: str) -> Path:
    """Write a test of the user's and return where it lies."""
    file = repository / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(TEST.replace("PATTERN", pattern))
    return file


test_file.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("monitoring/tests/shop.yml", "../rules/shop.yml"),
        ("monitoring/rules-tested/shop.test.yml", "../rules/*.yml"),
        ("shop.yml", "monitoring/rules/shop.yml"),
        ("deep/down/shop.yml", "../../monitoring/rules/sho?.yml"),
    ],
)
def test_a_test_finds_its_rules_on_the_host_wherever_they_lie_in_the_repository(
    repository: Path, name: str, pattern: str
) -> None:
    test = test_file(repository, name, pattern)
    files = staged(repository, [test])
    text = files[f"tests/{Path(name).stem}.yml"]
    assert yaml.safe_load(text) == {**yaml.safe_load(test.read_text()), "rule_files": ["../rules/shop.yml"]}
    assert "# What is written here stays." in text
    assert judge(repository / "host", [{"path": path, "content": content} for path, content in files.items()]) == ""


@pytest.mark.parametrize(
    ("named", "tests"),
    [
        (None, ["rules/late.yml"]),
        (["../rules/late.yml", "../rules/shop.yml"], ["rules/late.yml", "rules/shop.yml"]),
        (["../rules/late.yml", "../rules/*.yml"], []),
        (["../rules/../app.yml"], []),
        (["/etc/rules.yml"], []),
        ("../rules/late.yml", []),
        ([], []),
    ],
)
def test_a_test_tells_which_files_it_tests_unless_a_name_may_mean_others(named: Any, tests: list[str]) -> None:
    tested = {**PAIR, "tests": {**PAIR["tests"], **({} if named is None else {"rule_files": named})}}
    found = rules_with_tests([], [tested], [], [])
    assert {file["path"]: file.get("tests") for file in found} == {"rules/late.yml": None, "tests/late.yml": tests}


def test_a_test_of_the_users_tells_which_files_it_tests(repository: Path) -> None:
    test = test_file(repository, "all.yml", "x")
    test.write_text("rule_files: [monitoring/rules/*, elsewhere/stock.yaml]\ntests: []\n")
    sources = [str(repository / "monitoring/rules"), str(repository / "elsewhere/stock.yaml")]
    (found,) = rules_with_tests([], [], [str(test)], sources)
    assert found["tests"] == ["rules/shop.yml", "rules/stock.yml"]


def test_rules_named_in_one_line_and_several_files_are_found(repository: Path) -> None:
    test = test_file(repository, "all.yml", "x")
    test.write_text("rule_files: [monitoring/rules/shop.yml, elsewhere/*.yaml, monitoring/rules/*]\ntests: []\n")
    text = staged(repository, [test])["tests/all.yml"]
    assert yaml.safe_load(text) == {"rule_files": ["../rules/shop.yml", "../rules/stock.yml"], "tests": []}


def test_a_test_may_end_with_its_rules(repository: Path) -> None:
    test = test_file(repository, "all.yml", "x")
    test.write_text("tests: []\nrule_files:\n  - monitoring/rules/shop.yml")
    assert yaml.safe_load(staged(repository, [test])["tests/all.yml"])["rule_files"] == ["../rules/shop.yml"]


def test_a_folder_of_tests_is_taken_whole(repository: Path) -> None:
    for name in ("a.yml", "b.yaml"):
        test_file(repository, f"monitoring/tests/{name}", "../rules/shop.yml")
    assert {"tests/a.yml", "tests/b.yml"} <= staged(repository, [repository / "monitoring/tests"]).keys()


def test_generated_rules_come_with_their_tests_and_may_have_one_of_the_users_too(repository: Path) -> None:
    test = test_file(repository, "mine.yml", "../rules/correlation-web.yml")
    test.write_text("rule_files: [../rules/correlation-web.yml]\nevaluation_interval: 1m\ntests: []\n")
    files = staged(repository, [test], correlation_rules([{"name": "web", "team": "sales"}]))
    assert yaml.safe_load(files["tests/correlation-web.yml"])["rule_files"] == ["../rules/correlation-web.yml"]
    assert yaml.safe_load(files["tests/mine.yml"])["rule_files"] == ["../rules/correlation-web.yml"]
    assert judge(repository / "host", [{"path": path, "content": content} for path, content in files.items()]) == ""


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("../rules/gone.yml", r"tests/shop.yml names the rules ../rules/gone.yml, which do not exist"),
        ("../others/more.yml", r"others/more.yml, which are not given: add them to prometheus_rule_files"),
    ],
)
def test_a_test_of_rules_that_are_not_deployed_is_refused(repository: Path, pattern: str, words: str) -> None:
    others = repository / "monitoring/others/more.yml"
    others.parent.mkdir()
    others.write_text(RULES)
    with pytest.raises(AnsibleFilterError, match=words):
        staged(repository, [test_file(repository, "monitoring/tests/shop.yml", pattern)])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tests: []\n", "has no rule_files"),
        ("rule_files: []\n", "has no rule_files"),
        ("[]\n", "has no rule_files"),
        ("rule_files: [\n", "is not valid YAML"),
    ],
)
def test_what_is_no_test_is_refused_by_its_name(repository: Path, text: str, words: str) -> None:
    file = repository / "odd.yml"
    file.write_text(text)
    with pytest.raises(AnsibleFilterError, match=f"The test file .*/odd.yml {words}"):
        staged(repository, [file])


def test_a_test_that_is_no_text_is_refused_by_its_name(repository: Path) -> None:
    (repository / "odd.yml").write_bytes(b"\xff\xfe")
    with pytest.raises(AnsibleFilterError, match=r"The test file .*/odd.yml is not readable as text"):
        staged(repository, [repository / "odd.yml"])


def test_a_missing_test_is_refused_by_its_name(repository: Path) -> None:
    with pytest.raises(AnsibleFilterError, match=r"There is no test file or directory .*/nowhere on the controller"):
        staged(repository, [repository / "nowhere"])


@pytest.mark.parametrize(
    ("rule_sets", "tests", "path"),
    [
        ([PAIR, PAIR], [], "rules/late.yml"),
        ([{**PAIR, "name": "shop"}], [], "rules/shop.yml"),
        ([PAIR], ["late.yml"], "tests/late.yml"),
        ([], ["a/one.yml", "b/one.yml"], "tests/one.yml"),
    ],
    ids=["two rule sets", "a rule set and a rule file", "a rule set and a test", "two tests"],
)
def test_two_files_of_one_name_are_refused(
    repository: Path, rule_sets: list[dict[str, Any]], tests: list[str], path: str
) -> None:
    files = [test_file(repository, name, str(repository / "monitoring/rules/shop.yml")) for name in tests]
    with pytest.raises(AnsibleFilterError, match=f"have a file {path}"):
        staged(repository, files, rule_sets)


def test_a_pair_cannot_leave_its_folder(repository: Path) -> None:
    with pytest.raises(AnsibleFilterError, match="prometheus_rules has a rule set named '../web'"):
        staged(repository, [], [{**PAIR, "name": "../web"}])


@pytest.mark.parametrize(
    ("expr", "retention", "needed"),
    [
        ("x offset 673h", "4w", "673h"),
        ("x offset 169h or x offset 673h", "4w", "673h"),
        ("avg_over_time(x[30d])", "15d", "30d"),
        ("rate(x[5m]) / avg_over_time(x[1w1d:5m])", "1w", "1w1d"),
    ],
)
def test_rules_that_look_back_longer_than_samples_are_kept_are_refused(
    repository: Path, expr: str, retention: str, needed: str
) -> None:
    rules = {"groups": [{"name": "late", "rules": [{"record": "late:known", "expr": expr}]}]}
    words = f"The rules late look back {needed}, but prometheus_retention_time is {retention}"
    with pytest.raises(AnsibleFilterError, match=words):
        staged(repository, [], [{**PAIR, "rules": rules}], retention=retention)


@pytest.mark.parametrize("retention", ["", "30d", "721h", "1y"])
def test_rules_that_look_back_as_far_as_samples_go_are_taken(repository: Path, retention: str) -> None:
    rules = {"groups": [{"name": "late", "rules": [{"record": "late:known", "expr": "avg_over_time(x[30d])"}]}]}
    assert "rules/late.yml" in staged(repository, [], [{**PAIR, "rules": rules}], retention=retention)


class Tagged(str):
    """A text as Ansible makes it, which is not Python's own."""

    __slots__ = ()


class Number(int):
    """A number as Ansible makes it."""


class Share(float):
    """Another one."""


def test_texts_and_numbers_that_ansible_made_are_written_as_what_they_are(repository: Path) -> None:
    rule = {"record": Tagged("late:known"), "expr": Tagged("vector(2)"), "labels": {"severity": Tagged("none")}}
    test = {"interval": Tagged("1m"), "promql_expr_test": [{"value": Share(0.5), "times": Number(2)}]}
    rule_set = {
        "name": Tagged("late"),
        "rules": {"groups": [{"name": "late", "rules": [rule, rule]}]},
        "tests": {"tests": [test]},
    }
    files = staged(repository, [], [rule_set])
    assert yaml.safe_load(files["rules/late.yml"])["groups"][0]["rules"] == [rule, rule]
    assert yaml.safe_load(files["tests/late.yml"])["tests"] == [test]
    assert "&" not in files["rules/late.yml"]


def test_summaries_of_all_alerts_are_recorded_by_rules_of_their_own(repository: Path) -> None:
    text = "groups: [{name: a, rules: [{alert: ShopShut, expr: up == 0, annotations: {summary: The shop is shut}}]}]"
    (repository / "none/open.yml").write_text(text)
    files = rule_files([], str(repository / "none"))
    found = {file["path"]: file["content"] for file in rules_with_tests(files, [PAIR], [], [], summaries=True)}
    (group,) = yaml.safe_load(found["rules/alert_summaries.yml"])["groups"]
    assert [rule["labels"]["alertname"] for rule in group["rules"]] == ["ShopShut"]
    assert "rules/alert_summaries.yml" not in {one["path"] for one in rules_with_tests(files, [PAIR], [], [])}


def test_a_rule_file_that_is_no_yaml_is_refused_by_name(repository: Path) -> None:
    (repository / "none/open.yml").write_text("groups: [")
    with pytest.raises(AnsibleFilterError, match=r"The rule file rules/open.yml cannot be read: "):
        rules_with_tests(rule_files([], str(repository / "none")), [], [], [], summaries=True)
