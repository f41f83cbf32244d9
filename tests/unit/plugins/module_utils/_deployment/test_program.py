# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment.program import (
    command_line,
    health_options,
    reload_url,
)


def options(**changed: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {"name": "demo", "program": None, "flags": {}, "listen_address": "", "port": 9}
    return {**usual, "health": {"path": "/ready"}, "reload": True, "reload_path": "/reload", **changed}


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"web.enable-lifecycle": True}, ["--web.enable-lifecycle"]),
        ({"web.enable-lifecycle": False}, ["--no-web.enable-lifecycle"]),
        ({"cluster.peer": ["a:1", "b:1"]}, ["--cluster.peer=a:1", "--cluster.peer=b:1"]),
        ({"log.level": None}, []),
        ({"log.level": "info", "a": 1}, ["--log.level=info", "--a=1"]),
    ],
)
def test_flags_are_words_of_a_command_line(flags: dict[str, Any], words: list[str]) -> None:
    assert command_line(options(flags=flags), "/opt/demo") == ["/opt/demo/demo", *words]


def test_program_lies_below_the_release_and_may_take_words_before_its_flags() -> None:
    found = command_line(options(program=["bin/demo", "server"], flags={"a": "b"}), "/opt/demo")
    assert found == ["/opt/demo/bin/demo", "server", "--a=b"]


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("", "localhost"),
        ("0.0.0.0", "localhost"),
        ("::", "localhost"),
        ("10.0.0.1", "10.0.0.1"),
        ("fd00::1", "[fd00::1]"),
        ("[fd00::1]", "[fd00::1]"),
    ],
)
def test_service_is_asked_where_its_own_host_reaches_it(address: str, host: str) -> None:
    assert health_options(options(listen_address=address)) == {"url": f"http://{host}:9/ready"}
    assert reload_url(options(listen_address=address)) == f"http://{host}:9/reload"


def test_service_with_an_authority_is_asked_over_https() -> None:
    asked = options(health={"path": "/ready", "progress_path": "/progress", "ca_file": "/ca", "username": None})
    base = "https://localhost:9"
    assert health_options(asked) == {"ca_file": "/ca", "url": f"{base}/ready", "progress_url": f"{base}/progress"}
    assert reload_url(asked) == f"{base}/reload"


def test_what_has_to_answer_too_is_asked_at_a_port_of_its_own_and_otherwise_at_that_of_the_service() -> None:
    also = [{"port": 10, "path": "/status", "ca_file": "/ca", "key": None}, {"path": "/live"}]
    assert health_options(options(health={"path": "/ready", "username": "a", "also": also})) == {
        "url": "http://localhost:9/ready",
        "username": "a",
        "also": [{"url": "https://localhost:10/status", "ca_file": "/ca"}, {"url": "http://localhost:9/live"}],
    }


def test_service_that_cannot_be_asked_has_no_addresses() -> None:
    unasked = options(health=None, port=None, reload=False)
    assert (health_options(unasked), reload_url(unasked)) == ({}, None)
    assert reload_url(options(reload_path=None)) is None
