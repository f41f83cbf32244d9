#!/usr/bin/python

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_certificates
short_description: Keep keys and certificates of services on a host
version_added: 1.0.0
description:
  - The part of M(vigil.observability.certificates) that runs on the host. Do not call it directly.
  - Creates keys and requests for the services whose certificate is due, and installs what the controller signed.
    The key never leaves the host. Certificates of services that are not listed are not changed.
author: Vigil contributors (@vigil-observability)
extends_documentation_fragment: [vigil.observability.lock]
attributes:
  check_mode:
    support: full
    description: Reports which certificates are due and issues none.
  diff_mode:
    support: full
    description: Shows names, issuer and validity of certificates, and digests of trusted authorities. No key.
requirements:
  - openssl (the command, on the host)
options:
  services:
    description: The services of this host.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: Name of the service., type: str, required: true}
      user:
        description:
          - System user that can read the key. Created if missing, with a group of the same name.
          - Defaults to the user of the active key, and for the first key to the name of the service.
        type: str
      uid: {description: UID of that user., type: int}
      names:
        description: Subject alternative names, each as C(DNS:), C(IP:) or C(URI:).
        type: list
        elements: str
        required: true
      keep_names:
        description: Whether to keep names of the active certificate that are not in O(services[].names).
        type: bool
        default: false
  host:
    description: Name of the host in the inventory.
    type: str
    required: true
  issuer:
    description: Identifier of the authority with its chain. A certificate of another authority is due.
    type: str
    required: true
  issuer_not_after:
    description: Expiry of the authority, in seconds since the epoch.
    type: int
    required: true
  chain:
    description: Certificates that services present after their own, as PEM.
    type: str
    default: ""
  bundle:
    description: The authorities to trust, as PEM.
    type: str
    required: true
  lifetime_days:
    description: Lifetime of certificates.
    type: int
    required: true
  renew:
    description: Services whose certificate to renew in any case.
    type: list
    elements: str
    default: []
  time:
    description: Time on the controller, in seconds since the epoch. Fails if the clock of this host is far off.
    type: float
    required: true
  signed:
    description: Certificates for the requests that an earlier call returned.
    type: list
    elements: dict
    default: []
    suboptions:
      service: {description: Name of the service., type: str, required: true}
      token: {description: The token of the request., type: str, required: true}
      certificate: {description: The certificate as PEM., type: str, required: true}
      not_before: {description: "Start of its validity, in seconds since the epoch.", type: int, required: true}
      not_after: {description: "Its expiry, in seconds since the epoch.", type: int, required: true}
  certificates_dir:
    description: Directory of the certificates.
    type: path
    default: /etc/vigil/certificates
  textfile_dir:
    description: Directory from which node_exporter reads metrics.
    type: path
    default: /var/lib/vigil/textfile
"""

EXAMPLES = r"""
- name: Show which certificates are due
  vigil.observability.host_certificates:
    services: [{name: prometheus, user: prometheus, names: ["DNS:monitoring1"]}]
    host: monitoring1
    issuer: 4f0c7d9a
    issuer_not_after: 2095200000
    bundle: "{{ lookup('ansible.builtin.file', 'authority.crt') }}"
    lifetime_days: 365
    time: "{{ now().timestamp() }}"
  check_mode: true
"""

RETURN = r"""
due:
  description: Reason why a certificate is due, by service.
  returned: success
  type: dict
requests:
  description: >-
    C(service), C(token), C(names) and C(request) of each request to sign. Empty in check mode and when nothing is due.
  returned: success
  type: list
  elements: dict
services:
  description: C(certificate_file), C(key_file) and C(not_after) of each listed service that has a certificate.
  returned: success
  type: dict
authority_file:
  {description: The authorities to trust., returned: success, type: str}
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._certificates.issuance import HostCertificates
from ansible_collections.vigil.observability.plugins.module_utils._deployment.lock import (
    LOCK_OPTIONS,
    locked,
)
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._staging.directory import reason_of

SERVICE = {
    "name": {"type": "str", "required": True},
    "user": {"type": "str"},
    "uid": {"type": "int"},
    "names": {"type": "list", "elements": "str", "required": True},
    "keep_names": {"type": "bool", "default": False},
}
SIGNED = {
    "service": {"type": "str", "required": True},
    "token": {"type": "str", "required": True, "no_log": False},
    "certificate": {"type": "str", "required": True},
    "not_before": {"type": "int", "required": True},
    "not_after": {"type": "int", "required": True},
}
SPEC = {
    "services": {"type": "list", "elements": "dict", "required": True, "options": SERVICE},
    "host": {"type": "str", "required": True},
    "issuer": {"type": "str", "required": True},
    "issuer_not_after": {"type": "int", "required": True},
    "chain": {"type": "str", "default": ""},
    "bundle": {"type": "str", "required": True},
    "lifetime_days": {"type": "int", "required": True},
    "renew": {"type": "list", "elements": "str", "default": []},
    "time": {"type": "float", "required": True},
    "signed": {"type": "list", "elements": "dict", "default": [], "options": SIGNED},
    "certificates_dir": {"type": "path", "default": "/etc/vigil/certificates"},
    "textfile_dir": {"type": "path", "default": "/var/lib/vigil/textfile"},
    **LOCK_OPTIONS,
}


def main() -> None:
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    directory = Path(module.params["certificates_dir"])
    try:
        # What the services share is locked under a name that no service has.
        with locked(module, ["certificates", *(service["name"] for service in module.params["services"])]):
            module.exit_json(**HostCertificates(module).brought_up_to_date())
    except OSError as error:
        module.fail_json(msg=f"Cannot store certificates in {directory}: {reason_of(error, directory)}")
    except OperatorError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
