"""What the tests of all scenarios share: questions to hosts and their services, asked on the hosts themselves."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.vault import VaultLib, VaultSecret
from testinfra.backend.docker import DockerBackend

from ansible_collections.vigil.observability.tests.hosts.one_way import run_by_one_way

BUILD = Path(__file__).resolve().parent.parent / ".build"
CERTIFICATES = "/etc/vigil/certificates"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep the report of every verification: a scenario verifies several times, each in a process of its own."""
    if config.option.xmlpath:
        path = Path(config.option.xmlpath)
        config.option.xmlpath = str(path.with_name(f"{path.stem}-{os.getpid()}{path.suffix}"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """After the hosts restarted, make only the tests that a restart can change."""
    if (Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", "/")) / "restarted").exists():
        config.hook.pytest_deselected(items=[item for item in items if not item.get_closest_marker("restart")])
        items[:] = [item for item in items if item.get_closest_marker("restart")]


@dataclass(frozen=True)
class Answer:
    """What a service answered: status 0 when it did not, or refused the connection."""

    status: int
    body: str

    def json(self) -> Any:
        """Return the parsed body."""
        return json.loads(self.body)


class Secrets(dict[str, Any]):
    """Secrets by name, which the report of a failed test does not show."""

    def __repr__(self) -> str:
        return f"({len(self)} secrets)"


@pytest.fixture(scope="session", autouse=True)
def one_way() -> Iterator[None]:
    """Have every host asked by one way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DockerBackend, "run", run_by_one_way)
        yield


@pytest.fixture(scope="session")
def secrets() -> Secrets:
    """Return the secrets of the inventory."""
    vault = VaultLib([(DEFAULT_VAULT_ID_MATCH, VaultSecret((BUILD / "inventory.vault-password").read_bytes().strip()))])
    # A scenario may have secrets of its own.
    own = os.environ.get("VIGIL_SECRETS_FILE")
    file = Path(own) if own else BUILD / "inventory/group_vars/all/secrets.yml"
    return Secrets(yaml.safe_load(vault.decrypt(file.read_bytes())))


@pytest.fixture(scope="module")
def ask(host: Any) -> Callable[..., Answer]:
    """Return a function that asks a URL from the host: as a user, with a certificate of a service, or as nobody."""

    def asked(url: str, *options: str, user: str = "", password: str = "", service: str = "") -> Answer:
        words = [
            "curl",
            "-sS",
            "--max-time",
            "30",
            "--cacert",
            f"{CERTIFICATES}/authorities.crt",
            "-w",
            r"\n%{http_code}",
        ]
        words += ["-u", f"{user}:{password}"] if user else []
        folder = f"{CERTIFICATES}/{service}"
        words += ["--cert", f"{folder}/tls.crt", "--key", f"{folder}/tls.key"] if service else []
        done = host.run(shlex.join([*words, *options, url]))
        body, status = done.stdout.rsplit("\n", 1) if done.stdout else ("", "")
        return Answer(int(status or 0), body)

    return asked
