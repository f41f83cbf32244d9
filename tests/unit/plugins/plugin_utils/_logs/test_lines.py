# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import json
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.counts import Counts
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.lines import documents_in
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.values import (
    duration_of,
    milliseconds_of,
    name_of,
    text_of,
)

NOON = 1767268800000  # 2026-01-01T12:00:00Z


def read(path: Path) -> tuple[list[dict[str, Any]], Counts]:
    counts = Counts()
    return list(documents_in([str(path)], counts)), counts


def test_every_line_is_a_document_or_counted(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    lines = [
        b'\xef\xbb\xbf{"a": 1}\r',
        b"",
        b"{",
        b"[1]",
        b"7",
        b'{"a": NaN}',
        b"\xff\xfe",
        b'{"a": "\\ud800"}',
        b'{"a": 2}',
    ]
    file.write_bytes(b"\n".join(lines))
    documents, counts = read(file)
    assert documents == [{"a": 1}, {"a": 2}]
    assert (counts.read, counts.blank, counts.not_json, counts.not_objects) == (9, 1, 4, 2)
    assert counts.places == ["app.log:3", "app.log:4", "app.log:5", "app.log:6", "app.log:7"]


def test_of_a_key_that_is_there_twice_the_last_one_counts(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text('{"level": "info", "level": "error"}')
    assert read(tmp_path / "app.log")[0] == [{"level": "error"}]


def test_line_of_ten_megabytes_is_read_and_one_that_is_longer_than_sixteen_is_counted(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_text("\n".join(json.dumps({"a": "x" * size}) for size in (10 * 2**20, 17 * 2**20, 1)))
    documents, counts = read(file)
    assert [len(document["a"]) for document in documents] == [10 * 2**20, 1]
    assert (counts.read, counts.too_long, counts.places) == (3, 1, ["app.log:2"])


def test_compressed_file_is_read_like_a_plain_one(tmp_path: Path) -> None:
    file = tmp_path / "app.log.1"
    file.write_bytes(gzip.compress(b'{"a": 1}\n{"a": 2}\n'))
    assert read(file)[0] == [{"a": 1}, {"a": 2}]


def test_compressed_file_that_ends_too_early_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "app.log.1.gz"
    file.write_bytes(gzip.compress(b'{"a": 1}\n' * 1000)[:-20])
    with pytest.raises(OperatorError, match=r"Cannot read the log file .*app\.log\.1\.gz: .+\."):
        read(file)


@pytest.mark.parametrize(("name", "reason"), [("none.log", "No such file or directory"), ("folder", "Is a directory")])
def test_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OperatorError, match=f"Cannot read the log file .*{name}: {reason}"):
        read(tmp_path / name)


def test_file_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_text("{}\n")
    (tmp_path / "link.log").symlink_to(file)
    with pytest.raises(OperatorError, match=r"link\.log is listed twice"):
        list(documents_in([str(file), str(tmp_path / "link.log")], Counts()))


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-01T12:00:00Z",
        "2026-01-01T12:00:00.000000000Z",
        "2026-01-01 12:00:00",
        "2026-01-01T21:00:00,0+09:00",
        " 2026-01-01T07:00-0500 ",
        "20260101T120000Z",
        1767268800,
        1767268800.0,
        1767268800000,
        1767268800000000,
        1767268800000000000,
        "1767268800",
    ],
)
def test_time_is_read_in_any_usual_notation(value: Any) -> None:
    assert milliseconds_of(value, UTC) == NOON


def test_time_without_a_zone_is_in_the_zone_that_was_given() -> None:
    assert milliseconds_of("2026-01-01T13:00:00", ZoneInfo("Europe/Berlin")) == NOON
    assert milliseconds_of("2026-07-01T14:00:00", ZoneInfo("Europe/Berlin")) == milliseconds_of(
        "2026-07-01T12:00Z", UTC
    )


@pytest.mark.parametrize(
    "value", [True, None, "", "yesterday", "01/Jan/2026:12:00:00", -1, 1e300, float("nan"), [], {}, "12"]
)
def test_what_is_no_time_is_none(value: Any) -> None:
    assert milliseconds_of(value, UTC) is None


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (" shop ", "shop"),
        (7, "7"),
        (1.5, "1.5"),
        ("x" * 300, "x" * 200),
        ("", None),
        (True, None),
        ({}, None),
        ([], None),
    ],
)
def test_name_is_a_short_text_or_none(value: Any, name: str | None) -> None:
    assert name_of(value) == name


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3.0),
        ("2.5", 2.5),
        (0, 0.0),
        (-1, None),
        (True, None),
        ("fast", None),
        (float("inf"), None),
        ([1], None),
        (10**400, None),
    ],
)
def test_response_time_is_a_number_from_zero_or_none(value: Any, number: float | None) -> None:
    assert duration_of(value) == number


def test_message_that_is_no_text_is_read_as_json() -> None:
    assert text_of({"a": [1, None]}) == '{"a":[1,null]}'
    assert len(text_of("x" * 10**6)) == 2000
