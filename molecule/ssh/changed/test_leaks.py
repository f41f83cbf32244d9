"""What runs leave behind that were made to tell all they can: a check, the first run, the second, one with changes."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

PLACE = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
# What the deployer keeps: who may read it is not for runs to say.
KEPT = {"sudo", "webhook", "key", "own"}
# A hash of a password is no password, and yet nobody's business.
HASH = "$2b$10$"


@pytest.fixture(scope="session")
def values(secrets):
    """Return each secret of the inventory by its name; of the authority's key, each line but those every key has."""
    groups = [f"{service}_passwords" for service in ("prometheus", "alertmanager", "grafana", "jaeger")]
    found = {f"{group}.{user}": password for group in groups for user, password in secrets[group].items()}
    lines = secrets["certificates_authority_key"].splitlines()[1:-1]
    found |= {f"certificates_authority_key.{row}": line for row, line in enumerate(lines)}
    found |= {name: (PLACE / name).read_text() for name in ("sudo", "webhook")}
    found["grafana_secret_key"] = secrets["grafana_secret_key"]
    assert len(found) == 13 + 3 + 2 + 1
    assert all(len(value) > 20 for value in found.values())
    return found | {"hash": HASH}


def leaked(text: str, values: dict[str, str]) -> list[str]:
    """Return the names of the secrets that a text holds."""
    return [name for name, value in values.items() if value in text]


def test_no_run_tells_a_secret(values):
    told = (PLACE / "ansible.log").read_text()
    assert told.count("PLAY RECAP") >= 5
    assert '"secret_content": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"' in told
    assert "(secret, changed)" in told
    assert leaked(told, values) == []


def test_no_run_leaves_a_secret_on_the_controller(values):
    files = [path for path in PLACE.rglob("*") if path.is_file() and path.relative_to(PLACE).parts[0] not in KEPT]
    assert [(str(path), found) for path in files if (found := leaked(path.read_text(errors="replace"), values))] == []
    assert [path for path in (PLACE / "tmp").rglob("*") if path.is_file()] == []


def test_no_process_of_a_run_has_a_secret_among_its_arguments(values):
    seen = subprocess.run(["docker", "logs", "ssh-watch"], capture_output=True, text=True, check=True).stdout
    for process in ("ansible-playbook", "AnsiballZ_staged_config.py", "/opt/vigil/prometheus/"):
        assert process in seen
    assert leaked(seen, values) == []


def test_the_journal_holds_no_secret(host, values):
    journal = host.check_output("journalctl --all --output=verbose")
    assert "AnsiballZ_staged_config.py" in journal
    assert leaked(journal, values) == []


def test_secrets_lie_on_the_machine_only_where_their_service_reads_them(host, values):
    patterns = " ".join(f"-e '{value}'" for value in values.values())
    places = "/etc /home /opt /root /run /srv /tmp /usr/local /var"
    found = host.run(
        f"grep -rlF --devices=skip {patterns} {places} | xargs -d '\\n' stat --format '%a %U:%G %n'"
    ).stdout
    assert [
        line
        for line in found.splitlines()
        if not re.fullmatch(r"640 root:(\w+) /etc/vigil/\1/\w+/(web\.yml|htpasswd|secrets/\w+)", line)
    ] == []
    for service in ("prometheus", "alertmanager", "grafana", "jaeger"):
        assert f"root:{service}" in found


def test_the_home_of_the_deployer_is_as_it_was(host):
    assert host.check_output("find /home /root -path '*/.ansible/*' -type f") == ""
