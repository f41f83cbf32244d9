# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import bcrypt
import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.elasticsearch_users import elasticsearch_users

PASSWORDS = {"admin": "alpha-alpha-alpha", "writer": "bravo-bravo-bravo", "reader": "charlie-charlie"}
ROLES = {"admin": ["superuser"], "writer": ["logs_writer", "monitoring"], "reader": ["monitoring"]}


def test_users_log_in_with_their_passwords_and_have_their_roles() -> None:
    users, roles = elasticsearch_users(PASSWORDS, ROLES, "harbour")
    assert (users["path"], roles["path"]) == ("users", "users_roles")
    hashes = dict(line.split(":") for line in users["secret_content"].splitlines())
    assert hashes.keys() == PASSWORDS.keys()
    for user, password in PASSWORDS.items():
        # Elasticsearch takes no hash that begins otherwise.
        assert hashes[user].startswith("$2a$10$")
        assert bcrypt.checkpw(password.encode(), hashes[user].encode())
    assert roles["content"].splitlines() == ["logs_writer:writer", "monitoring:reader,writer", "superuser:admin"]


def test_users_are_the_same_in_every_run_and_differ_between_clusters() -> None:
    assert elasticsearch_users(PASSWORDS, ROLES, "harbour") == elasticsearch_users(PASSWORDS, ROLES, "harbour")
    assert elasticsearch_users(PASSWORDS, ROLES, "harbour")[0] != elasticsearch_users(PASSWORDS, ROLES, "other")[0]


@pytest.mark.parametrize(
    ("passwords", "message"),
    [({"admin": "short"}, "The password of admin must have"), ({}, "The user admin has roles, but no password")],
)
def test_user_that_cannot_log_in_is_refused(passwords: dict[str, str], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        elasticsearch_users(passwords, {"admin": ["superuser"]}, "harbour")
