# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.filebeat_settings import filebeat_settings


def inputs(given: dict[str, Any]) -> Any:
    """Return the inputs of a configuration."""
    return filebeat_settings({}, given)["filebeat.inputs"]


def test_files_are_known_by_their_content() -> None:
    (found,) = inputs({"shop": {"paths": ["/var/log/shop/*.log*"], "fields": {"service": "shop"}}})
    assert found == {
        "id": "shop",
        "type": "filestream",
        "paths": ["/var/log/shop/*.log*"],
        "fields": {"service": "shop"},
        "prospector.scanner.exclude_files": [r"\.(gz|xz|zst|bz2)$"],
        "file_identity.fingerprint": None,
        "prospector.scanner.fingerprint.enabled": True,
        "prospector.scanner.fingerprint.length": 256,
    }


@pytest.mark.parametrize(
    "options",
    [
        {"rotation.external.strategy.copytruncate.suffix_regex": r"\.\d$"},
        {"rotation": {"external": {"strategy": {"copytruncate": {"suffix_regex": r"\.\d$"}}}}},
        {"file_identity": {"native": None}},
    ],
)
def test_copies_are_known_by_their_inodes(options: dict[str, Any]) -> None:
    (found,) = inputs({"shop": {"paths": ["/shop.log*"], **options}})
    assert [option for option in found if "fingerprint" in option] == []


def test_option_of_the_user_overrides_that_of_the_role_in_either_form() -> None:
    scanner = {"prospector": {"scanner": {"fingerprint": {"length": 1024}, "exclude_files": []}}}
    (found,) = inputs({"shop": {"paths": ["/shop.log*"], **scanner}})
    assert (found["prospector.scanner.fingerprint.length"], found["prospector.scanner.exclude_files"]) == (1024, [])


def test_journal_has_no_options_of_files() -> None:
    assert inputs({"journal": {"type": "journald"}}) == [{"type": "journald", "id": "journal"}]


def test_setting_of_the_user_replaces_that_of_the_role_in_either_form_or_removes_it() -> None:
    base = {"output.logstash": {"hosts": ["logs:5044"], "loadbalance": True}, "queue.mem.flush.timeout": "1s"}
    own = {"output": {"logstash": {"loadbalance": False}}, "queue": {"mem.flush.timeout": None}}
    assert filebeat_settings(base, {}, own) == {
        "filebeat.inputs": [],
        "output.logstash.hosts": ["logs:5044"],
        "output.logstash.loadbalance": False,
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("/x", "filebeat_inputs.shop is '/x': write a mapping"),
        ({"id": "other", "paths": ["/x"]}, "filebeat_inputs.shop has an id"),
        ({"type": "filestream"}, "filebeat_inputs.shop has no paths"),
        ({"paths": "/x"}, "filebeat_inputs.shop has no paths"),
        (
            {
                "paths": ["/x*"],
                "rotation.external.strategy.copytruncate.suffix_regex": r"\.\d$",
                "file_identity.fingerprint": None,
            },
            "filebeat_inputs.shop has a fingerprint, which copies made by copytruncate share",
        ),
        (
            {"paths": ["/x"], "prospector.scanner.fingerprint.length": 63},
            "filebeat_inputs.shop has a fingerprint of 63 bytes: use 64 or more.",
        ),
    ],
)
def test_input_that_cannot_be_shipped_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=re.escape(message)):
        inputs({"shop": options})
