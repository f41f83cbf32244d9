# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shop.__main__ import main
from shop.configuration import Configuration, ConfigurationError


def written(folder: Path, **changed: Any) -> Path:
    told = {
        "database": {"url": "postgresql+psycopg://shop@db/shop", "password_file": "secrets/database"},
        "carts": {"url": "redis://cache:6379/0"},
        "payment": {"url": "https://localhost:8445/"},
        "faults": {"token_file": "secrets/faults", "ballast": "/var/log/shop-1/ballast"},
        **changed,
    }
    (folder / "secrets").mkdir()
    for name in ("database", "faults"):
        (folder / "secrets" / name).write_text(f"secret of {name}\n")
    file = folder / "shop.json"
    file.write_text(json.dumps({key: value for key, value in told.items() if value is not None}))
    return file


def test_secrets_are_in_files_beside_the_configuration(tmp_path: Path) -> None:
    found = Configuration.read(written(tmp_path))
    assert (found.database.password, found.faults_token) == ("secret of database", "secret of faults")
    assert (found.payment, found.tls, found.pool.size) == ("https://localhost:8445", None, 5)
    assert "secret" not in str(found.database)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"carts": None}, "KeyError: 'carts'"),
        ({"database": {"url": "nonsense"}}, "Could not parse SQLAlchemy URL"),
        ({"tls": {"cert": "a"}}, "unexpected keyword argument 'cert'"),
        ({"faults": {"token_file": "secrets/absent", "ballast": "b"}}, "No such file or directory"),
    ],
)
def test_configuration_that_cannot_be_used_is_refused_with_its_file(
    tmp_path: Path, changed: dict[str, Any], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, **changed)
    with pytest.raises(ConfigurationError, match=f"Cannot use {file}: .*{reason}"):
        Configuration.read(file)
    assert main(["--check", f"--config.file={file}"]) == 1
    assert f"shop: Cannot use {file}" in capsys.readouterr().err


def test_configuration_can_be_checked_without_starting(tmp_path: Path) -> None:
    assert main(["--check", f"--config.file={written(tmp_path)}"]) == 0
