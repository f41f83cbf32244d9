# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A key and the request for its certificate, created by the host's own openssl so that the key never leaves it."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from .._errors.sentence import OperatorError

__all__ = ["make_request"]

# A host may have no openssl.cnf, or one that adds extensions that do not belong in a request.
_CONFIG = "[req]\nprompt = no\ndistinguished_name = name\n[name]\nCN = {service}\n"


def _openssl(module: AnsibleModule) -> str:
    """Return the path of openssl. Raises OperatorError when this host has none."""
    program = module.get_bin_path("openssl")
    if program is None:
        raise OperatorError(
            "Cannot create keys on this host, because it has no openssl command. Install the package openssl and "
            "run again."
        )
    return str(program)


def make_request(module: AnsibleModule, service: str, key: Path) -> str:
    """Make a P-256 key in that file, readable by its owner alone, and return the request for its certificate as PEM.

    Raises OperatorError or OSError.
    """
    config = key.with_name("request.cnf")
    command = [_openssl(module), "req", "-new", "-batch", "-nodes", "-config", str(config), "-newkey", "ec"]
    command += ["-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", str(key)]
    config.write_text(_CONFIG.format(service=service))
    code, out, err = module.run_command(command, umask=0o077)
    config.unlink()
    if code or "BEGIN CERTIFICATE REQUEST" not in out:
        raise OperatorError(f"Cannot create a key for {service} in {key.parent}. openssl failed with: {err.strip()}")
    return str(out)
