from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests.house_rules import alert_tables, alerts, expressions, runbooks
from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

RULES = "roles/sample/files/rules/hosts.yml"
PAGE = "docs/runbooks/hosts.md"
URL = f"https://github.com/vigil-observability/vigil.observability/blob/main/{PAGE}#diskfull"
GOOD = f"""\
groups:
  - name: hosts
    rules:
      - record: disk:left
        expr: avail / size
      # Of disks.
      # Threshold: share of | that is left.
      - alert: DiskFull
        expr: disk:left < 0.1
        for: 5m
        labels: {{severity: critical}}
        annotations:
          summary: "{{{{ $labels.mountpoint }}}} of {{{{$labels.host}}}} is full"
          description: It is.
          runbook_url: {URL}
"""
SECTION = "## DiskFull\n" + "".join(f"\n### {heading}\n\nText.\n" for heading in runbooks.HEADINGS)
ROW = (
    "| [DiskFull](runbooks/hosts.md#diskfull) | critical | `< 0.1` share of \\| that is left "
    "| 5m | MOUNTPOINT of HOST is full |\n"
)


def tree(folder: Path, files: dict[str, str]) -> Tree:
    """Return the tree of a new checkout with these files."""
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return Tree.of(folder)


def test_an_alert_that_says_everything_is_fine(tmp_path: Path) -> None:
    found = tree(tmp_path, {RULES: GOOD, PAGE: SECTION})
    assert [*alerts.incomplete(found), *runbooks.faults(found)] == []


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("severity: critical", "severity: page", "has the severity 'page'"),
        ("severity: critical", "", "has the severity ''"),
        ("          description: It is.\n", "", "has no description"),
        ("is full", "has {{ $value }} left", "names a value in its summary"),
        ("< 0.1", "< 0.1 and size > 5", "compares with [0.1, 5.0]: a threshold is the one number"),
        ("< 0.1", "< (0.1)", "needs a comment `# Threshold: ...`"),
        ("# Threshold: ", "# ", "needs a comment `# Threshold: ...` above it"),
        ("< 0.1", "< 0", "needs a comment `# Threshold: ...` above it if it has a threshold, and only then"),
    ],
)
def test_what_an_alert_lacks_is_named(tmp_path: Path, before: str, after: str, problem: str) -> None:
    assert before in GOOD
    [found] = alerts.incomplete(tree(tmp_path, {RULES: GOOD.replace(before, after)}))
    assert f"{RULES}: DiskFull {problem}" in found


def test_two_alerts_of_one_name_are_named(tmp_path: Path) -> None:
    other = "roles/sample/files/rules/more.yml"
    [found] = alerts.incomplete(tree(tmp_path, {RULES: GOOD, other: GOOD}))
    assert found == f"{other}: DiskFull is in {RULES} too"


@pytest.mark.parametrize(
    ("rules", "page", "problem"),
    [
        (GOOD, "# Hosts\n", "has no section `## DiskFull`"),
        (GOOD, None, "which is no page of docs/runbooks"),
        (GOOD.replace("#diskfull", "#disk"), SECTION, "which does not end in #diskfull"),
        (GOOD.replace(URL, "https://wiki.example.org/x"), SECTION, "links to https://wiki.example.org/x, which is no"),
        (GOOD, SECTION.replace("### Impact", "### Effect"), "the section DiskFull has the headings ['Meaning', 'Effe"),
        (GOOD, SECTION.replace("Impact\n\nText.", "Impact\n"), "Impact of DiskFull is empty"),
        (GOOD, f"{SECTION}\n{SECTION.replace('DiskFull', 'DiskGone')}", "DiskGone is about an alert that there is not"),
    ],
)
def test_a_link_or_section_that_leads_nowhere_is_named(
    tmp_path: Path, rules: str, page: str | None, problem: str
) -> None:
    found = list(runbooks.faults(tree(tmp_path, {RULES: rules, **({PAGE: page} if page else {})})))
    assert len(found) == 1
    assert problem in found[0]


def test_code_and_sections_with_several_words_are_about_no_alert(tmp_path: Path) -> None:
    page = f"# Hosts\n\n## First look\n\n```\n## Not a section\n```\n\n{SECTION}"
    found = tree(tmp_path, {RULES: GOOD, PAGE: page})
    assert list(runbooks.faults(found)) == []
    assert list(runbooks.sections(found, PAGE)) == ["First look", "DiskFull"]


def test_the_tables_of_alerts_are_renewed(tmp_path: Path) -> None:
    page = f"# Alerts\n\n{alert_tables.BEGIN}\nold\n{alert_tables.END}\n\nMore.\n"
    before = tree(tmp_path, {RULES: GOOD, alert_tables.PAGE: page})
    assert "not up to date" in next(alert_tables.outdated(before))

    assert alert_tables.write(before) == [alert_tables.PAGE]

    text = before.text(alert_tables.PAGE)
    assert f"### Hosts\n\n[{RULES}](../{RULES})\n" in text
    assert ROW in text
    assert text.startswith("# Alerts\n")
    assert text.endswith("\n\nMore.\n")
    assert list(alert_tables.outdated(before)) == []
    assert alert_tables.write(before) == []


def test_a_page_without_a_place_for_the_tables_is_named(tmp_path: Path) -> None:
    found = tree(tmp_path, {RULES: GOOD})
    assert "docs/alerts.md: lacks the lines" in next(alert_tables.outdated(found))
    assert alert_tables.write(found) == []


def test_an_alert_without_threshold_and_duration_has_empty_cells(tmp_path: Path) -> None:
    rules = GOOD.replace("< 0.1", "== 0").replace("        for: 5m\n", "").replace("# Threshold: ", "# ")
    found = tree(tmp_path, {RULES: rules, alert_tables.PAGE: f"{alert_tables.BEGIN}\n{alert_tables.END}\n"})
    alert_tables.write(found)
    assert "#diskfull) | critical |  |  | MOUNTPOINT" in found.text(alert_tables.PAGE)


@pytest.mark.parametrize(
    ("expr", "names"),
    [
        ("sum by (job) (rate(a_total[5m])) / on (job) group_left () (b offset 1h) > 0.5", {"a_total", "b"}),
        ('{__name__="c", job="x"} unless absent(d) or -deriv(e[1h:1m]) > bool topk(2, f)', {"c", "d", "e", "f"}),
        ("vector(1) > time()", set()),
    ],
)
def test_the_metrics_of_an_expression_are_found_wherever_they_stand(expr: str, names: set[str]) -> None:
    assert expressions.metrics(expr) == names


def test_metrics_that_nobody_has_are_told_by_expression() -> None:
    found = expressions.unknown_metrics({"Up": "up == 0", "Hot": "temp > crit", "Gone": "gone"}, ["up"], ["crit"])
    assert found == {"Hot": ["temp"], "Gone": ["gone"]}


@pytest.mark.parametrize(
    ("expr", "numbers"),
    [
        ("a > 0 and b < -2", [-2]),
        ("1 < a", []),
        ("a == bool 5 or (b != 6)", [5, 6]),
        ("a > b * 3", []),
        ("a < (4)", []),
    ],
)
def test_numbers_that_are_compared_with_are_found(expr: str, numbers: list[float]) -> None:
    assert expressions.compared_numbers(expr) == numbers
