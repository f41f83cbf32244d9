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
  - Grafana takes its administrator's password from its configuration at the very first start only. This module logs in
    with the one in a file; when that is refused, it sets it by Grafana's own command, which reads it from its input, so
    that it is in no argument, environment or log.
  - Tries a password that is refused only once in a run, as five of these within five minutes lock the user.
options:
  url: {description: Address at which Grafana answers on its host., type: str, required: true}
  ca_file: {description: Authorities that may have issued the certificate of the service., type: path}
  username: {description: Login name of the administrator., type: str, default: admin}
  password_file: {description: File on the host that holds the password., type: path, required: true}
  user: {description: System user that Grafana runs as., type: str, default: grafana}
  homepath: {description: Directory of the active release., type: path, default: /opt/grafana}
  config: {description: Configuration of the service., type: path, default: /etc/grafana/grafana.ini}
attributes:
  check_mode:
    description: Logs in and sets nothing. A Grafana that does not answer yet is passed over.
    support: full
  diff_mode: {support: none, description: There is nothing to show.}
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
    """Set the password by Grafana's own command, as the user of the service. Raises OperatorError with its words."""
    options = module.params
    become = [module.get_bin_path("setpriv", required=True), f"--reuid={options['user']}", f"--regid={options['user']}"]
    program = [f"{options['homepath']}/bin/grafana", "cli", f"--homepath={options['homepath']}"]
    verb = [f"--config={options['config']}", "admin", "reset-admin-password", "--password-from-stdin"]
    words = [*become, "--init-groups", "--", *program, *verb]
    code, out, err = module.run_command(words, data=password, cwd=options["homepath"])
    if code:
        said = scrubbed("\n".join((out + err).strip().splitlines()[-5:]), [password])
        raise OperatorError(f"'grafana cli admin reset-admin-password' failed with exit code {code}. It says:\n{said}")


def outcome(module: AnsibleModule, api: Endpoint) -> bool:
    """Return whether the password was changed. Raises OperatorError."""
    if api.accepts():
        return False
    if not module.check_mode:
        reset(module, api.password())
        if not api.accepts():
            raise OperatorError(
                "the password was set and is refused all the same. Either five refused logins have locked the user for "
                "five minutes: wait, then run again; or this Grafana lets nobody in by name and password (auth.basic)"
            )
    return True


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "ca_file": {"type": "path"},
            "username": {"type": "str", "default": "admin"},
            # Says where the password lies; what is in it is not told.
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
        module.fail_json(msg=f"Cannot let {options['username']} of {options['url']} have its password: {error}.")


if __name__ == "__main__":
    main()
