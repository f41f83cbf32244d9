# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleActionFail, AnsibleError

from ansible_collections.vigil.observability.plugins.action import log_analysis
from ansible_collections.vigil.observability.plugins.action.log_analysis import SPEC, ActionModule
from ansible_collections.vigil.observability.plugins.doc_fragments import connection, elasticsearch
from ansible_collections.vigil.observability.plugins.modules import log_analysis as documented
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.fields import FIELDS

Result = dict[str, Any]
Act = Callable[..., Result]
LINES = [
    {"timestamp": "2026-01-09T12:00:00Z", "level": "info", "service": "shop", "message": "Order {{ 1 }} placed"},
    {"timestamp": "2026-01-08T12:00:00", "level": "info", "service": "shop", "message": "Order 2 placed"},
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "app.log"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in LINES))
    return file


@pytest.fixture
def act(log: Path) -> Act:
    """A function that runs the action on the log with these options."""

    def run(*, check: bool = False, **options: Any) -> Result:
        arguments = {"files": [str(log)], "end": "2026-01-10T00:00:00Z", **options}
        task = SimpleNamespace(args=arguments, async_val=0, check_mode=check, diff=False, action="log_analysis")
        connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
        action = ActionModule(task, connection, None, None, None, None)
        action._load_name = "log_analysis"
        result: Result = action.run(task_vars={})
        return result

    return run


def test_result_is_summarised_and_nothing_is_changed(act: Act) -> None:
    result = act()
    assert not result["changed"]
    assert result["msg"].startswith(
        "1 lines from 2026-01-09T00:00:00.000Z to 2026-01-10T00:00:00.000Z: 0 errors of 0 kinds"
    )
    assert result["analysis"]["messages"]["new"][0]["pattern"] == "Order {{ <number> }} placed"


def test_reports_are_written_once_and_only_for_their_owner(act: Act, tmp_path: Path) -> None:
    paths = {"json_path": str(tmp_path / "logs.json"), "page_path": str(tmp_path / "logs.html")}
    assert act(check=True, **paths)["changed"]
    assert not list(tmp_path.glob("logs.*"))
    first = act(**paths)
    assert first["changed"]
    assert json.loads((tmp_path / "logs.json").read_text()) == first["analysis"]
    assert (tmp_path / "logs.html").read_text().startswith("<!DOCTYPE html>")
    assert {file.stat().st_mode & 0o777 for file in tmp_path.glob("logs.*")} == {0o600}
    before = {file: file.stat().st_mtime_ns for file in tmp_path.glob("logs.*")}
    assert not act(check=True, **paths)["changed"]
    assert not act(**paths)["changed"]
    assert {file: file.stat().st_mtime_ns for file in tmp_path.glob("logs.*")} == before


def test_report_that_cannot_be_written_is_named_with_the_reason(act: Act, tmp_path: Path) -> None:
    with pytest.raises(AnsibleActionFail, match=r"Cannot write the report .*none/logs\.html: No such file"):
        act(page_path=str(tmp_path / "none" / "logs.html"))


def test_time_zone_is_that_of_times_without_one(act: Act) -> None:
    lines = act(timezone="Asia/Seoul", window="1h", baseline="2d", end="2026-01-08T04:00:00Z")["analysis"]["window"][
        "lines"
    ]
    assert lines == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"files": []}, "Set either files, or url to read logs from Elasticsearch"),
        ({"url": "https://es1:9200"}, "Set either files, or url"),
        ({"files": [], "url": "es1"}, "The URL 'es1' must be like https://host:port"),
        ({"files": ["/none/app.log"]}, r"Cannot read the log file /none/app\.log: No such file or directory"),
        (
            {"end": "2026-02-01T00:00:00Z"},
            r"No line of app\.log is in the window from 2026-01-31T.* Set end and window",
        ),
        ({"end": "tomorrow"}, "end 'tomorrow' must be a time"),
        ({"window": "a day"}, "window 'a day' must be a duration"),
        ({"timezone": "Mars/Olympus"}, "timezone 'Mars/Olympus' is unknown"),
        ({"timezone": "../etc"}, r"timezone '\.\./etc' is unknown"),
        ({"alerts": [{"name": "Down"}]}, "The alert 'Down' has no readable time"),
        ({"fields": {"srv": ["x"]}}, "srv"),
        ({"fields": {"service": ["srv"]}}, r"No line of app\.log has the field srv"),
    ],
)
def test_what_cannot_be_analysed_is_refused_in_a_sentence(
    act: Act, tmp_path: Path, options: Result, sentence: str
) -> None:
    with pytest.raises(AnsibleError, match=sentence):
        act(json_path=str(tmp_path / "logs.json"), **options)
    assert not (tmp_path / "logs.json").exists()


def test_elasticsearch_in_the_environment_is_left_alone_when_files_are_given(
    act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELASTICSEARCH_URL", "http://127.0.0.1:9")
    assert act()["analysis"]["source"] == "app.log"
    with pytest.raises(AnsibleActionFail, match=r"Could not open logs-\* for reading: .*127\.0\.0\.1:9"):
        act(files=[], retries=0)


def test_missing_libraries_are_named_with_what_to_install(act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(library: str) -> str:
        raise metadata.PackageNotFoundError(library)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(AnsibleActionFail, match="run .* -m pip install 'orjson>=3.10' 'polars>=2.1,<3'"):
        act()


def test_controller_without_the_libraries_can_load_the_action() -> None:
    loaded = f"import sys, {log_analysis.__name__}\nassert 'polars' not in sys.modules"
    blocked = "import sys\nsys.modules['polars'] = sys.modules['orjson'] = None\n"
    subprocess.run([sys.executable, "-c", blocked + f"import {log_analysis.__name__}"], check=True)
    subprocess.run([sys.executable, "-c", loaded], check=True)


def test_documentation_lists_the_options_with_their_types_and_defaults() -> None:
    options = yaml.safe_load(documented.DOCUMENTATION)["options"]
    for fragment in (elasticsearch, connection):
        options = {**yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"], **options}
    shown = {name: (option["type"], option.get("default")) for name, option in options.items()}
    assert shown == {name: (option["type"], option.get("default")) for name, option in SPEC.items()}
    assert set(options["fields"]["suboptions"]) == set(SPEC["fields"]["options"])


def test_documentation_names_the_default_of_every_field() -> None:
    fields = yaml.safe_load(documented.DOCUMENTATION)["options"]["fields"]["suboptions"]
    for field, names in FIELDS.items():
        text = (
            " ".join(fields[field]["description"])
            if isinstance(fields[field]["description"], list)
            else fields[field]["description"]
        )
        assert [name for name in names if f"C({name})" not in text] == []
