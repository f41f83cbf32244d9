# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment.unit import MARK, Unit, quote, render
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError


def unit(**changed: Any) -> Unit:
    return Unit(**{"name": "demo", "user": "demo", "command": ["/opt/demo/demo"], **changed})


def lines(**changed: Any) -> list[str]:
    return render(unit(**changed)).splitlines()


def test_unit_says_who_manages_it_in_its_first_line() -> None:
    assert lines()[0] == MARK


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("--config.file=/etc/demo.yml", "--config.file=/etc/demo.yml"),
        ("", '""'),
        ("two words", '"two words"'),
        ("100%", "100%%"),
        ("$HOME", "$HOME"),
        ('say "hi"', '"say \\"hi\\""'),
        (r"\d+", '"\\\\d+"'),
        ("a\nb", '"a\\nb"'),
        ("tab\t", '"tab\\t"'),
        (";", '";"'),
        ("'", '"\'"'),
        ("모니터링", '"모니터링"'),
    ],
)
def test_word_is_written_so_that_systemd_reads_it_back(word: str, written: str) -> None:
    assert quote(word) == written


def test_word_with_a_variable_is_not_replaced() -> None:
    assert quote("--label=$HOME", variables=True) == "--label=$$HOME"


def test_control_character_is_refused() -> None:
    with pytest.raises(OperatorError, match=r"A word of the unit contains a control character \('a\\x00b'\): remove"):
        quote("a\0b")


def test_command_is_quoted_word_by_word() -> None:
    command = ["/opt/my demo/demo", "--regex=^a.*$", "--title=50% of it"]
    assert 'ExecStart="/opt/my demo/demo" "--regex=^a.*$$" "--title=50%% of it"' in lines(command=command)


@pytest.mark.parametrize("command", [[], ["demo"]])
def test_command_without_an_absolute_path_is_refused(command: list[str]) -> None:
    with pytest.raises(OperatorError, match="must start with the absolute path"):
        render(unit(command=command))


def test_writable_paths_are_waited_for_and_can_be_written() -> None:
    found = lines(writable_paths=["/var/lib/my data"])
    assert 'RequiresMountsFor="/var/lib/my data"' in found
    assert 'ReadWritePaths="/var/lib/my data"' in found


def test_environment_is_quoted_and_sorted() -> None:
    found = lines(environment={"NO_PROXY": "a, b", "GOGC": 75})
    assert [line for line in found if line.startswith("Environment")] == [
        "Environment=GOGC=75",
        'Environment="NO_PROXY=a, b"',
    ]


def test_name_that_no_variable_can_have_is_refused() -> None:
    with pytest.raises(OperatorError, match="'A B' of demo is not a valid name for an environment variable"):
        render(unit(environment={"A B": "1"}))


def test_password_in_the_environment_is_refused_without_telling_it() -> None:
    with pytest.raises(OperatorError, match="'HTTP_PROXY' of demo contains a password") as refused:
        render(unit(environment={"HTTP_PROXY": "http://me:battery@proxy:3128"}))
    assert "battery" not in str(refused.value)


def test_resources_take_the_place_of_defaults_and_may_repeat() -> None:
    found = lines(resources={"RestartSec": 1, "BindPaths": ["/a", "/b"], "Delegate": True})
    assert {"RestartSec=1", "BindPaths=/a", "BindPaths=/b", "Delegate=true"} <= set(found)
    assert "RestartSec=5" not in found


@pytest.mark.parametrize("value", ["a\nExecStartPre=/bin/sh", "ends with \\"])
def test_value_that_would_reach_into_the_next_line_is_refused(value: str) -> None:
    with pytest.raises(OperatorError, match="must be one line"):
        render(unit(resources={"Slice": value}))


def test_key_that_is_none_is_refused() -> None:
    with pytest.raises(
        OperatorError, match="'Memory Max' in the resources of demo is not a key of a systemd unit: write"
    ):
        render(unit(resources={"Memory Max": 1}))


def test_line_of_a_key_that_a_role_made_up_is_refused() -> None:
    with pytest.raises(OperatorError, match="'protect-home' of a unit is not a valid key of a systemd unit"):
        render(unit(hardening_overrides={"protect-home": {"value": "true", "reason": "misspelt"}}))


def test_user_that_no_system_has_is_refused() -> None:
    with pytest.raises(OperatorError, match="The user of demo is 'a b', which is not a valid user name"):
        render(unit(user="a b"))


def test_exception_from_the_hardening_tells_its_reason_in_the_unit() -> None:
    found = lines(hardening_overrides={"ProtectHome": {"value": "read-only", "reason": "reports\nfile systems"}})
    place = found.index("ProtectHome=read-only")
    assert found[place - 1] == "# reports file systems"
    assert "ProtectHome=true" not in found


def test_exception_may_add_a_key_that_the_baseline_lacks() -> None:
    assert "IPAddressDeny=any" in lines(hardening_overrides={"IPAddressDeny": {"value": "any", "reason": "local only"}})


def test_reload_needs_no_program_of_its_own_on_the_host() -> None:
    assert 'ExecReload=/bin/sh -c "kill -HUP $MAINPID"' in lines(reload=True)
    assert not [line for line in lines() if line.startswith("ExecReload")]


def test_description_and_documentation_are_told_as_they_are() -> None:
    found = lines(description="100% of it", documentation="https://example.org/a%20b")
    assert {"Description=100%% of it", "Documentation=https://example.org/a%%20b"} <= set(found)
    assert "Description=demo" in lines()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze, which is systemd's own parser")
def test_systemd_finds_nothing_wrong_with_a_unit_that_uses_everything(tmp_path: Path) -> None:
    path = tmp_path / "demo.service"
    everything = unit(
        user="root",
        command=[str(shutil.which("sleep")), "100%", "$HOME", 'a "b"', ";", "\\d"],
        documentation="https://example.org/",
        writable_paths=[str(tmp_path)],
        reload=True,
        environment={"A": "b c%"},
        resources={"MemoryMax": "1G"},
    )
    path.write_text(render(everything))
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True, check=False
    )
    assert not [line for line in found.stderr.splitlines() if str(path) in line or "demo.service" in line]
