# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._python.requirements import locked

ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


def test_lock_is_read_as_pip_compile_and_uv_write_it() -> None:
    text = f"""
# This file was made
anyio==4.12.1 ; python_full_version < '3.10' \\
    --hash={ONE} \\
    --hash={TWO}
    # via starlette
uvicorn[standard]==0.40.0 --hash={TWO}  # the server
"""
    anyio, uvicorn = locked(text)
    assert (anyio.name, anyio.digests, anyio.line()) == (
        "anyio",
        (ONE, TWO),
        f"anyio==4.12.1 --hash={ONE} --hash={TWO}",
    )
    assert (uvicorn.name, uvicorn.line()) == ("uvicorn", f"uvicorn==0.40.0 --hash={TWO}")


def test_marker_is_evaluated_for_the_python_of_the_host() -> None:
    old = locked(f"tomli==2.0 ; python_version < '3.11' --hash={ONE}")[0]
    assert [old.wanted_by({"python_version": version}) for version in ("3.9", "3.10", "3.11", "3.13")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The requirements name no package."),
        ("# nothing\n", "The requirements name no package."),
        ("starlette==1.0", "'starlette==1.0' has no digest"),
        (f"starlette --hash={ONE}", "'starlette' does not pin one version with =="),
        (f"starlette>=1.0 --hash={ONE}", "'starlette>=1.0' does not pin one version"),
        (f"starlette==1.* --hash={ONE}", "does not pin one version"),
        (f"starlette==1.0,<2 --hash={ONE}", "does not pin one version"),
        (f"starlette @ https://example.com/x.whl --hash={ONE}", "does not pin one version"),
        (f"--index-url https://example.com\nstarlette==1.0 --hash={ONE}", "Options of pip and files are not supported"),
        (f"./own.whl --hash={ONE}", "Options of pip and files are not supported"),
        ("starlette==1.0 --hash=md5:abc", "is not NAME==VERSION with digests"),
    ],
)
def test_what_is_not_locked_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(OperatorError) as refused:
        locked(text)
    assert sentence in str(refused.value)
