# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment import Deployment
from ansible_collections.vigil.observability.plugins.module_utils._record import Record

ONE = Deployment("/r/1", "t1", "/c/1", "u1", "[Unit]\n", {"/opt/demo": "/r/1"}, version="1", data_oldest_reader="1")
TWO = replace(ONE, release="/r/2", release_token="t2", version="2", data_oldest_reader="2")


def test_record_reads_back_as_it_was_written(tmp_path: Path) -> None:
    record = Record(TWO, ONE, proven=True, data_oldest_reader="2")
    record.write(tmp_path / "records/demo.json")
    assert Record.read(tmp_path / "records/demo.json") == record


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"active": 1}', '{"active": {"release": "/r"}, "proven": true}'])
def test_record_that_cannot_be_understood_proves_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "demo.json").write_text(text)
    assert Record.read(tmp_path / "demo.json") == Record()


def test_record_of_a_later_release_of_this_collection_is_understood(tmp_path: Path) -> None:
    Record(ONE, None, proven=True).write(tmp_path / "demo.json")
    data = json.loads((tmp_path / "demo.json").read_text())
    data["active"]["mood"] = "good"
    (tmp_path / "demo.json").write_text(json.dumps(data))
    assert Record.read(tmp_path / "demo.json") == Record(ONE, None, proven=True)


def test_previous_is_what_served_before_another_release_or_configuration() -> None:
    record = Record().with_proof(ONE)
    assert record.previous is None
    assert record.with_proof(TWO).previous == ONE
    assert record.with_proof(TWO).with_proof(replace(TWO, unit="[Unit]\n\n")).previous == ONE


@pytest.mark.parametrize(
    ("known", "coming", "reader"),
    [(None, None, None), (None, "2", "2"), ("2", None, "2"), ("2", "1", "2"), ("1", "2", "2")],
)
def test_data_may_be_that_of_the_newest_release_that_was_tried(
    known: str | None, coming: str | None, reader: str | None
) -> None:
    record = Record(ONE, None, proven=True, data_oldest_reader=known)
    tried = record.without_proof(replace(TWO, data_oldest_reader=coming))
    assert (tried.proven, tried.data_oldest_reader) == (False, reader)
