#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_admin_password
short_description: Set the password of a Grafana administrator from a file on its host
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Grafana reads its administrator's password from the configuration only at its very first start. This module logs in
    with the password in a file. If Grafana refuses it, the module sets it with Grafana's own command, on standard
    input, so that the password appears in no argument, environment or log.
  - A refused password is tried only once per run, because five failed logins within five minutes lock the user.
options:
  url: {description: Address of Grafana on its host., type: str, required: true}
  ca_file: {description: File with the authorities that are trusted to sign the certificate of the service., type: path}
  username: {description: Login name of the administrator., type: str, default: admin}
  password_file: {description: File on the host with the password., type: path, required: true}
  user: {description: System user that Grafana runs as., type: str, default: grafana}
  homepath: {description: Directory of the active release., type: path, default: /opt/grafana}
  config: {description: Configuration of the service., type: path, default: /etc/grafana/grafana.ini}
attributes:
  check_mode:
    description: Logs in, but sets nothing. A Grafana that does not answer yet is skipped.
    support: full
  diff_mode: {support: none, description: A password is never shown.}
seealso:
  - module: vigil.observability.active_service
"""

EXAMPLES = r"""
- name: Set the Grafana administrator's password
  vigil.observability.grafana_admin_password:
    url: https://localhost:3000
    ca_file: /etc/vigil/certificates/authorities.crt
    password_file: /etc/grafana/secrets/admin
"""

RETURN = r"""
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._deployment.health import Endpoint
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._staging.validation import scrubbed


def reset(module: AnsibleModule, password: str) -> None:
    """Set the password with Grafana's own command, as the user of the service. Raises OperatorError with its output."""
    options = module.params
    become = [module.get_bin_path("setpriv", required=True), f"--reuid={options['user']}", f"--regid={options['user']}"]
    program = [f"{options['homepath']}/bin/grafana", "cli", f"--homepath={options['homepath']}"]
    verb = [f"--config={options['config']}", "admin", "reset-admin-password", "--password-from-stdin"]
    words = [*become, "--init-groups", "--", *program, *verb]
    code, out, err = module.run_command(words, data=password, cwd=options["homepath"])
    if code:
        output = scrubbed("\n".join((out + err).strip().splitlines()[-5:]), [password])
        raise OperatorError(f"'grafana cli admin reset-admin-password' failed with exit code {code}:\n{output}")


def outcome(module: AnsibleModule, api: Endpoint) -> bool:
    """Return whether the password was changed. Raises OperatorError."""
    if api.accepts():
        return False
    if not module.check_mode:
        reset(module, api.password())
        if not api.accepts():
            raise OperatorError(
                "the password was set, but Grafana still refuses it. Either five failed logins have locked the user "
                "for five minutes: wait, then run again; or logins with a password are disabled: check auth.basic"
            )
    return True


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "ca_file": {"type": "path"},
            "username": {"type": "str", "default": "admin"},
            # The path of the password file, which may be logged.
            "password_file": {"type": "path", "required": True, "no_log": False},
            "user": {"type": "str", "default": "grafana"},
            "homepath": {"type": "path", "default": "/opt/grafana"},
            "config": {"type": "path", "default": "/etc/grafana/grafana.ini"},
        },
        supports_check_mode=True,
    )
    options = module.params
    api = Endpoint.from_options({**options, "url": f"{options['url'].rstrip('/')}/api/user"})
    try:
        module.exit_json(changed=outcome(module, api))
    except OperatorError as error:
        if module.check_mode:
            module.exit_json(changed=False)
        module.fail_json(msg=f"Could not set the password of {options['username']} at {options['url']}: {error}.")


if __name__ == "__main__":
    main()
