# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.yaml_edit import (
    TextError,
    values_of,
    with_value,
    without_key,
)

LINES = "-----BEGIN-----\nAAAA\n-----END-----\n"
TEXT = """\
# Ours.
one: "a"  # the first
passwords:
  # of people
  admin: old   # since spring
  other: 'x: y'
block: |
  first
  second

# Between.
flow: {admin: old, other: 1}
last: |
  end
"""


@pytest.mark.parametrize(
    ("path", "value", "before", "after"),
    [
        pytest.param(("one",), "b", 'one: "a"  # the', 'one: "b"  # the', id="plain value"),
        pytest.param(("passwords", "admin"), "new", "admin: old   # since", 'admin: "new"   # since', id="member"),
        pytest.param(("flow", "other"), "2", "other: 1}", 'other: "2"}', id="member in braces"),
        pytest.param(("flow", "new"), "2", "{admin", '{new: "2", admin', id="new member in braces"),
        pytest.param(("passwords", "new"), "2", "admin: old ", 'new: "2"\n  admin: old ', id="new member"),
        pytest.param(("block",), LINES, "first\n  second\n\n", LINES.replace("\n", "\n  ")[:-2], id="block"),
        pytest.param(("block",), "x", "block: |\n  first\n  second\n\n", 'block: "x"\n', id="block by a line"),
        pytest.param(("one",), LINES, '"a"  #', '"-----BEGIN-----\\nAAAA\\n-----END-----\\n"  #', id="line by a block"),
        pytest.param(("last",), "x", "last: |\n  end\n", 'last: "x"\n', id="block at the end"),
    ],
)
def test_one_value_changes_and_every_other_byte_stays(
    path: tuple[str, ...], value: str, before: str, after: str
) -> None:
    assert TEXT.count(before) == 1
    assert with_value(TEXT, path, value) == TEXT.replace(before, after)


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ("", ("a",), "1", 'a: "1"\n'),
        ("# Nothing yet.", ("a",), "1", '# Nothing yet.\na: "1"\n'),
        ("b: 2\n", ("a", "x"), "1", 'b: 2\na:\n  x: "1"\n'),
        ("b: 2", ("a",), LINES, "b: 2\na: |\n  -----BEGIN-----\n  AAAA\n  -----END-----\n"),
        ("a: {}\n", ("a", "x"), "1", 'a: {x: "1", }\n'),
    ],
)
def test_missing_value_is_added(text: str, path: tuple[str, ...], value: str, expected: str) -> None:
    assert with_value(text, path, value) == expected


def test_text_that_it_writes_it_can_change_again() -> None:
    text = with_value(with_value("", ("a", "x"), "1"), ("key",), LINES)
    text = with_value(with_value(text, ("a", "y"), LINES), ("a", "x"), "2")
    assert values_of(text) == {"a": {"x": "2", "y": LINES}, "key": LINES}


@pytest.mark.parametrize(
    ("key", "removed"),
    [
        ("one", 'one: "a"  # the first\n'),
        ("block", "block: |\n  first\n  second\n\n"),
        ("flow", "flow: {admin: old, other: 1}\n"),
        ("last", "last: |\n  end\n"),
        ("absent", ""),
    ],
)
def test_key_goes_and_every_other_byte_stays(key: str, removed: str) -> None:
    assert without_key(TEXT, key) == TEXT.replace(removed, "")


def test_last_key_without_a_line_break_goes_too() -> None:
    assert without_key("a: 1\nb: 2", "b") == "a: 1\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 'hunter2\nb: }", "It is not plain YAML, see line"),
        ("a: !vault |\n  hunter2\n", "It is not plain YAML, see line 1"),
        ("a: hunter2\x00", "It is not plain YAML"),
        ("- hunter2\n", "It is not a mapping"),
    ],
)
def test_unreadable_text_is_refused_without_showing_it(text: str, reason: str) -> None:
    with pytest.raises(TextError, match=reason) as refused:
        with_value(text, ("a",), "1")
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_member_of_what_is_no_mapping_is_refused() -> None:
    with pytest.raises(TextError, match="a is not a mapping of names to passwords"):
        with_value("a: text\n", ("a", "x"), "1")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param("{a: 1, b: 2}\n", ("c",), id="all in braces"),
        pytest.param("a: 1\n...\n", ("c",), id="end of document"),
        pytest.param("a: &x 1\nb: *x\n", ("a",), id="anchor"),
        pytest.param("a: 1\na: 2\n", ("a",), id="key given twice"),
    ],
)
def test_text_written_in_a_way_it_cannot_change_is_refused(text: str, path: tuple[str, ...]) -> None:
    with pytest.raises(TextError, match=f"{path[0]} cannot be changed the way it is written there"):
        with_value(text, path, "1")
