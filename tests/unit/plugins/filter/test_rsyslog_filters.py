# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of rsyslog, of data."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.rsyslog_configuration import rsyslog_configuration
from ansible_collections.vigil.observability.plugins.filter.rsyslog_inputs import rsyslog_inputs


def test_objects_are_written_with_their_parameters_and_texts_as_they_are() -> None:
    parts: list[str | dict[str, Any]] = [
        {"module": {"load": "imfile", "interval": 1, "absent": None}},
        "if $a == 'b' then stop\n",
        {"ruleset": {"name": "r"}, "do": [{"action": {"server": ["a", "b"], "usehttps": True, "x": False}}]},
    ]
    assert rsyslog_configuration(parts).splitlines() == [
        'module(load="imfile" interval="1")',
        "if $a == 'b' then stop",
        'ruleset(name="r") {',
        '  action(server=["a", "b"] usehttps="on" x="off")',
        "}",
    ]


def test_values_are_quoted_so_that_none_ends_early() -> None:
    assert rsyslog_configuration([{"input": {"Tag": 'a" ruleset="x\\'}}]) == 'input(Tag="a\\" ruleset=\\"x\\\\")\n'


def test_value_of_the_environment_is_not_in_the_text() -> None:
    assert rsyslog_configuration([{"action": {"pwd": {"environment": "PASSWORD"}}}]) == "action(pwd=`echo $PASSWORD`)\n"


def test_control_character_is_refused_by_the_name_of_its_parameter() -> None:
    with pytest.raises(AnsibleFilterError, match="The parameter File of rsyslog contains a control character"):
        rsyslog_configuration([{"input": {"File": "/a\n"}}])


def test_files_are_read_under_the_names_that_they_have_before_and_after_they_are_rotated() -> None:
    files = [{"path": "/a/*.log"}, {"path": "/b", "rotated": "/old/b", "service": "shop"}]
    found = [(one["input"]["File"], one["input"]["Tag"]) for one in rsyslog_inputs(files)]
    assert found == [("/a/*.log", "unnamed"), ("/a/*.log.1", "unnamed"), ("/b", "shop"), ("/old/b", "shop")]
