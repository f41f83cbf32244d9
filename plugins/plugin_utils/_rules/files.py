# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules and their tests as files of a Prometheus configuration. Prometheus loads only those in rules/."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from glob import glob
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.vigil.observability.plugins.module_utils._api.durations import milliseconds
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.yaml_text import parsed
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.alert_summaries import summary_group

__all__ = [
    "File",
    "file_of_summaries",
    "files_at",
    "files_of_rule_sets",
    "files_of_tests",
    "with_files",
    "within_retention",
]

# {path, content} as staged_config takes it, of a test with `tests`, the paths of its rules.
File = dict[str, Any]

_LOOK_BACK = re.compile(r"(?:\boffset\s+|\[)((?:\d+(?:ms|[smhdwy]))+)")
_RULE_FILE = re.compile(r"\.\./(rules/[^/*?\[\\]+)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def files_of_rule_sets(rule_sets: Iterable[Mapping[str, Any]]) -> list[File]:
    """Return the rule file and the test file of each rule set {name, rules, tests}.

    Raises OperatorError for a name that no file can have.
    """
    files: list[File] = []
    for rule_set in rule_sets:
        name = str(rule_set["name"])
        if not _NAME.fullmatch(name):
            raise OperatorError(
                f"prometheus_rules has a rule set named {name!r}. The name becomes that of a file: use letters, "
                "digits, ., _ and -."
            )
        files.append({"path": f"rules/{name}.yml", "content": _text(rule_set["rules"])})
        tests = {"rule_files": [f"../rules/{name}.yml"], **rule_set["tests"]}
        rules = _tested(tests["rule_files"] or [])
        files.append({"path": f"tests/{name}.yml", "content": _text(tests), "tests": rules})
    return files


def _tested(names: Iterable[Any]) -> list[str]:
    """Return the paths of the rule files that a test names, or none when a name is a pattern."""
    found = [_RULE_FILE.fullmatch(str(name)) for name in names]
    return [one[1] for one in found if one] if all(found) else []


def files_of_tests(paths: Iterable[str], sources: Iterable[str], names: Iterable[str]) -> list[File]:
    """Return the test files at the paths, with the paths that the rules they test have in the configuration.

    `sources` are the rule files and directories of the configuration, `names` those of its rule sets. Raises
    OperatorError for what is missing or unreadable, and for a test of rules that are not in the configuration.
    """
    staged = {file.resolve(): f"../rules/{file.stem}.yml" for source in sources for file in files_at(source, "rule")}
    generated = {f"{name}.yml": f"../rules/{name}.yml" for name in names}
    return [_test(file, staged, generated) for path in paths for file in files_at(path, "test")]


def with_files(files: Sequence[File], more: Iterable[File]) -> list[File]:
    """Return all files. Raises OperatorError for two of one name."""
    found = list(files)
    for file in more:
        if file["path"] in {one["path"] for one in found}:
            raise OperatorError(
                f"Two of prometheus_rules, prometheus_rule_files and prometheus_rule_tests have a file {file['path']}. "
                "Rename one of them."
            )
        found.append(file)
    return found


def file_of_summaries(files: Iterable[File]) -> File:
    """Return the rule file that records the summaries of the alerts of all these rule files.

    Raises OperatorError for a rule file that is no YAML.
    """
    groups: list[Mapping[str, Any]] = []
    for file in (file for file in files if file["path"].startswith("rules/")):
        try:
            groups += (parsed(file["content"]) or {}).get("groups") or []
        except (yaml.YAMLError, AttributeError) as error:
            raise OperatorError(f"The rule file {file['path']} cannot be read: {error}") from None
    return {"path": "rules/alert_summaries.yml", "content": _text({"groups": [summary_group(groups)]})}


def within_retention(rule_sets: Iterable[Mapping[str, Any]], retention: str) -> None:
    """Raise OperatorError for the first rule set that looks back longer than samples are kept."""
    kept = _length(retention)
    for rule_set in rule_sets:
        needed = max(_look_backs(rule_set["rules"]), key=_length, default="0s")
        if kept and _length(needed) > kept:
            raise OperatorError(
                f"The rules {rule_set['name']} look back {needed}, but prometheus_retention_time is {retention}. Raise "
                "it, or look back less: set fewer weeks for business_rules, or a shorter window for the objective."
            )


def _look_backs(rules: Mapping[str, Any]) -> Iterator[str]:
    for group in rules.get("groups") or []:
        for rule in group.get("rules") or []:
            yield from _LOOK_BACK.findall(str(rule.get("expr", "")))


def _length(duration: str) -> int:
    return milliseconds(duration) or 0


def files_at(path: str, kind: str) -> Iterator[Path]:
    """Yield the file at a path, or every *.yml and *.yaml of the directory there, sorted.

    Raises OperatorError when there is neither; `kind` names what is missing.
    """
    place = Path(path).expanduser()
    if place.is_dir():
        yield from sorted([*place.glob("*.yml"), *place.glob("*.yaml")])
    elif place.is_file():
        yield place
    else:
        raise OperatorError(f"There is no {kind} file or directory {place} on the controller.")


def _test(file: Path, staged: Mapping[Path, str], generated: Mapping[str, str]) -> File:
    """Return a test file with other names in rule_files, and all else as it was written."""
    try:
        text = file.read_text(encoding="utf-8")
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise OperatorError(f"The test file {file} is not valid YAML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"The test file {file} is not readable as text ({error}).") from None
    parts = tree.value if isinstance(tree, yaml.MappingNode) else []
    named = next((value for key, value in parts if key.value == "rule_files"), None)
    if not isinstance(named, yaml.SequenceNode) or not named.value:
        raise OperatorError(
            f"The test file {file} has no rule_files: list the files that it tests, relative to itself."
        )
    names = sorted({name for one in named.value for name in _names(file, str(one.value), staged, generated)})
    rest = text[named.end_mark.index :]
    text = f"{text[: named.start_mark.index]}[{', '.join(names)}]{'' if rest[:1] in {'', chr(10)} else chr(10)}{rest}"
    return {"path": f"tests/{file.stem}.yml", "content": text, "tests": _tested(names)}


def _names(file: Path, pattern: str, staged: Mapping[Path, str], generated: Mapping[str, str]) -> Iterator[str]:
    """Yield the names that rule files have in the configuration, for a pattern relative to the test file."""
    matches = sorted(glob(str(file.parent / pattern)))  # noqa: PTH207 - the pattern may go up, and may be absolute
    if not matches and Path(pattern).name in generated:
        yield generated[Path(pattern).name]
        return
    if not matches:
        raise OperatorError(f"The test file {file} names the rules {pattern}, which do not exist relative to it.")
    if unknown := [match for match in matches if Path(match).resolve() not in staged]:
        raise OperatorError(
            f"The test file {file} names the rules {', '.join(unknown)}, which are not given: add them to "
            "prometheus_rule_files."
        )
    yield from (staged[Path(match).resolve()] for match in matches)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # of two classes, one
    """Writes down each value as often as it is there."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is that of PyYAML
        return True


def _text(data: Any) -> str:
    text: str = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=1000
    )
    return text
