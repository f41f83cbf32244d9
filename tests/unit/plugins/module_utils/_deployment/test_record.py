# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment.definition import Deployment
from ansible_collections.vigil.observability.plugins.module_utils._deployment.record import (
    PendingCopy,
    Record,
    RecordError,
)

ONE = Deployment("/r/1", "t1", "/c/1", "u1", "[Unit]\n", {"/opt/demo": "/r/1"}, version="1", data_oldest_reader="1")
TWO = replace(ONE, release="/r/2", release_token="t2", version="2", data_oldest_reader="2")


def test_record_reads_back_as_it_was_written(tmp_path: Path) -> None:
    record = Record(TWO, ONE, known_good=True, data_oldest_reader="2")
    record.write(tmp_path / "records/demo.json")
    assert Record.read(tmp_path / "records/demo.json") == record


def test_only_a_file_that_is_not_there_is_no_record(tmp_path: Path) -> None:
    assert Record.read(tmp_path / "nowhere/demo.json") == Record()
    (tmp_path / "demo.json").mkdir()
    with pytest.raises(RecordError, match="demo.json cannot be read: Is a directory"):
        Record.read(tmp_path / "demo.json")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "\0\0",
        '{"active": 1, "previous": null, "proven": true, "data_oldest_reader": null}',
        '{"active": {"release": "/r"}, "previous": null, "proven": true, "data_oldest_reader": null}',
        '{"active": null, "previous": null, "proven": "yes", "data_oldest_reader": null}',
        '{"active": null, "previous": null, "proven": true, "data_oldest_reader": null, "copy": {"path": "/p"}}',
        '{"schema": "new", "active": null, "previous": null, "proven": true, "data_oldest_reader": null}',
    ],
)
def test_damaged_record_is_refused_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "demo.json").write_text(text)
    with pytest.raises(RecordError, match=f"{tmp_path}/demo.json is damaged .* or move it away and run again"):
        Record.read(tmp_path / "demo.json")


def test_record_with_links_that_are_none_is_damaged(tmp_path: Path) -> None:
    Record(ONE, None, known_good=True).write(tmp_path / "demo.json")
    change(tmp_path / "demo.json", "active", {**ONE.to_json(), "links": "/opt/demo"})
    with pytest.raises(RecordError, match="is damaged"):
        Record.read(tmp_path / "demo.json")


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("schema", 2, r"schema 2 \(this release reads up to 1\)"),
        ("mood", "good", "the field mood"),
        ("active", {**ONE.to_json(), "mood": "good"}, "the field active.mood"),
        ("previous", {**ONE.to_json(), "mood": "good"}, "the field previous.mood"),
        ("copy", {"path": "/p", "coming": "/r/2", "mood": "good"}, "the field copy.mood"),
    ],
)
def test_record_of_a_newer_release_of_this_collection_is_refused_and_not_taken_for_none(
    tmp_path: Path, key: str, value: object, named: str
) -> None:
    Record(ONE, None, known_good=True).write(tmp_path / "demo.json")
    change(tmp_path / "demo.json", key, value)
    with pytest.raises(
        RecordError, match=f"written by a newer release .*, with {named}. Use that release or a newer one"
    ):
        Record.read(tmp_path / "demo.json")


@pytest.mark.parametrize("copy", [None, {"path": "/p", "coming": "/r/2", "restoring": True}, "absent"])
def test_record_from_before_there_were_numbers_is_read(tmp_path: Path, copy: object) -> None:
    one = {key: value for key, value in ONE.to_json().items() if key != "parts"}
    data = {"active": one, "previous": None, "proven": False, "data_oldest_reader": "2", "time": "2026-01-01T00:00:00Z"}
    (tmp_path / "demo.json").write_text(json.dumps(data if copy == "absent" else {**data, "copy": copy}))
    pending = PendingCopy("/p", "/r/2", restoring=True) if isinstance(copy, dict) else None
    assert Record.read(tmp_path / "demo.json") == Record(ONE, None, data_oldest_reader="2", copy=pending)


def change(path: Path, key: str, value: object) -> None:
    """Give the record another value at the key."""
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))


def test_previous_is_what_served_before_another_release_or_configuration() -> None:
    record = Record().with_known_good(ONE)
    assert record.previous is None
    assert record.with_known_good(TWO).previous == ONE
    assert record.with_known_good(TWO).with_known_good(replace(TWO, unit="[Unit]\n\n")).previous == ONE


@pytest.mark.parametrize(
    ("known", "coming", "reader"),
    [(None, None, None), (None, "2", "2"), ("2", None, "2"), ("2", "1", "2"), ("1", "2", "2")],
)
def test_data_may_be_that_of_the_newest_release_that_was_tried(
    known: str | None, coming: str | None, reader: str | None
) -> None:
    record = Record(ONE, None, known_good=True, data_oldest_reader=known)
    tried = record.while_switching_to(replace(TWO, data_oldest_reader=coming))
    assert (tried.known_good, tried.data_oldest_reader) == (False, reader)
