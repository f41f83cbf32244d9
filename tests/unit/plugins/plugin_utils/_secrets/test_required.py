# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._pki.authority import make_authority, read_authority
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.required import (
    Changes,
    Secret,
    missing,
    next_phase,
    rotated,
)
from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils.authorities import NOW

AUTHORITY = Secret("certificates_authority", "authority")
PASSWORDS = Secret("prometheus_passwords", "passwords", ("admin", "prometheus"))
PASSWORD = Secret("grafana_password", "password")
WANTED = [AUTHORITY, PASSWORDS, PASSWORD]


def applied(values: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """Return the values after changes to keys of the top level."""
    after = {**values, **{path[0]: value for path, value in changes.items()}}
    return {key: value for key, value in after.items() if value is not None}


@pytest.fixture
def values() -> dict[str, Any]:
    certificate, key = make_authority(NOW)
    return {"certificates_authority_certificate": certificate, "certificates_authority_key": key}


def trusts(values: dict[str, Any]) -> set[str]:
    """Return the names of the authorities that hosts trust with these values."""
    read = read_authority(
        values["certificates_authority_certificate"],
        values["certificates_authority_key"],
        values.get("certificates_trusted", ""),
        NOW,
    )
    return {certificate.subject.rfc4514_string() for certificate in read.trusted}


def test_everything_wanted_is_made_for_an_empty_file() -> None:
    made = missing(WANTED, {}, [], NOW)
    assert list(made) == [
        ("certificates_authority_certificate",),
        ("certificates_authority_key",),
        ("prometheus_passwords", "admin"),
        ("prometheus_passwords", "prometheus"),
        ("grafana_password",),
    ]
    read_authority(str(made["certificates_authority_certificate",]), str(made["certificates_authority_key",]), "", NOW)


def test_passwords_are_32_characters_safe_in_urls_and_all_different() -> None:
    made = [missing([PASSWORD], {}, [], NOW)["grafana_password",] for time in range(50)]
    assert all(re.fullmatch("[A-Za-z0-9_-]{32}", str(password)) for password in made)
    assert len(set(made)) == 50


def test_only_what_is_missing_is_made(values: dict[str, Any]) -> None:
    present = {**values, "prometheus_passwords": {"admin": "kept"}, "grafana_password": "kept"}
    assert list(missing(WANTED, present, [], NOW)) == [("prometheus_passwords", "prometheus")]


def test_empty_mapping_of_passwords_is_filled() -> None:
    assert len(missing([PASSWORDS], {"prometheus_passwords": {}}, [], NOW)) == 2
    assert len(missing([PASSWORDS], {"prometheus_passwords": None}, [], NOW)) == 2


def test_what_is_defined_elsewhere_is_not_made() -> None:
    elsewhere = ["prometheus_passwords", "certificates_authority_certificate", "certificates_authority_key"]
    assert list(missing(WANTED, {}, elsewhere, NOW)) == [("grafana_password",)]


@pytest.mark.parametrize("half", ["certificate", "key"])
def test_half_an_authority_is_refused(values: dict[str, Any], half: str) -> None:
    del values[f"certificates_authority_{half}"]
    with pytest.raises(OperatorError, match=f"certificates_authority_{half} is missing, but the other half"):
        missing(WANTED, values, [], NOW)


def test_passwords_that_are_no_mapping_are_refused_without_being_shown() -> None:
    with pytest.raises(OperatorError, match="prometheus_passwords is not a mapping") as refused:
        missing([PASSWORDS], {"prometheus_passwords": "hunter2"}, [], NOW)
    assert "hunter2" not in str(refused.value)


def test_named_passwords_and_no_others_are_rotated() -> None:
    present = {"prometheus_passwords": {"admin": "old", "prometheus": "old"}, "grafana_password": "old"}
    changes = rotated(WANTED, present, ["prometheus_passwords.admin", "grafana_password"])
    assert set(changes) == {("prometheus_passwords", "admin"), ("grafana_password",)}
    assert "old" not in changes.values()


@pytest.mark.parametrize("name", ["prometheus_passwords", "prometheus_passwords.nobody", "certificates_authority_key"])
def test_what_cannot_be_rotated_is_refused_with_what_can(name: str) -> None:
    with pytest.raises(
        OperatorError, match=f"Cannot rotate {name}: the secrets that can be rotated are grafana_password, prometheus"
    ):
        rotated(WANTED, {}, [name])


def test_key_is_made_once_and_never_rotated() -> None:
    key = Secret("grafana_secret_key", "key")
    made = missing([key], {}, (), NOW)
    assert list(made) == [("grafana_secret_key",)]
    with pytest.raises(OperatorError, match="Cannot rotate grafana_secret_key: a service has encrypted"):
        rotated([*WANTED, key], {"grafana_secret_key": "a"}, ["grafana_secret_key"])


def test_password_that_the_file_does_not_hold_is_not_rotated() -> None:
    with pytest.raises(OperatorError, match="Cannot rotate grafana_password: this file does not contain it"):
        rotated(WANTED, {}, ["grafana_password"])


def test_authority_is_replaced_in_phases_with_both_trusted_in_between(values: dict[str, Any]) -> None:
    (old,) = trusts(values)
    prepared = applied(values, next_phase("prepare", values, NOW))
    assert prepared["certificates_authority_key"] == values["certificates_authority_key"]
    assert len(trusts(prepared)) == 2

    switched = applied(prepared, next_phase("switch", prepared, NOW))
    assert switched["certificates_authority_key"] == prepared["secrets_next_authority_key"]
    assert trusts(switched) == trusts(prepared)
    assert values["certificates_authority_key"] not in switched.values()

    finished = applied(switched, next_phase("finish", switched, NOW))
    assert len(trusts(finished)) == 1
    assert old not in trusts(finished)
    assert set(finished) == set(values)


def test_phase_that_was_done_changes_nothing(values: dict[str, Any]) -> None:
    for phase in ("prepare", "switch", "finish"):
        values = applied(values, next_phase(phase, values, NOW))
        assert next_phase(phase, values, NOW) == {}


def test_other_authorities_that_the_user_trusts_stay_trusted(values: dict[str, Any]) -> None:
    values["certificates_trusted"] = company = make_authority(NOW)[0]
    for phase in ("prepare", "switch", "finish"):
        values = applied(values, next_phase(phase, values, NOW))
        assert company in values["certificates_trusted"]
    assert values["certificates_trusted"] == company


@pytest.mark.parametrize(
    ("done", "phase", "reason"),
    [
        ([], "switch", "run secrets_authority=prepare first"),
        (["prepare"], "finish", "run secrets_authority=switch first"),
        (["prepare", "switch"], "prepare", "run the site playbook on all hosts, then secrets_authority=finish"),
    ],
)
def test_phase_out_of_order_is_refused(values: dict[str, Any], done: list[str], phase: str, reason: str) -> None:
    for each in done:
        values = applied(values, next_phase(each, values, NOW))
    with pytest.raises(OperatorError, match=reason):
        next_phase(phase, values, NOW)


def test_authority_that_is_defined_elsewhere_is_not_replaced() -> None:
    with pytest.raises(OperatorError, match="this file does not contain one"):
        next_phase("prepare", {}, NOW)
