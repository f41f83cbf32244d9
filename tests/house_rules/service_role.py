"""What the roles of services have in common beside inputs: tasks, and variables of those that admit certificates alone.

`<service>` stands for the name of a service. A role of the latter kind adds to these, in its vars/main.yml, what it has
of its own: `__<service>_flags`, and where it needs them `_environment`, `_files` (beside web.yml), `_validate` and
`_hardening_overrides`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import Service

__all__ = ["parts_of", "readme_of"]

_MAIN = """\
- name: Check that the host can run the service
  vigil.observability.host_preflight:
    host: "{{ inventory_hostname }}"
    services: "{{ ['<service>'] | vigil.observability.role_services }}"

- name: Stage the release and the configuration
  ansible.builtin.import_tasks: stage.yml

- name: Activate the staged release and configuration
  ansible.builtin.import_tasks: activate.yml
"""
_RELEASE = """\
- name: Stage the release
  vigil.observability.staged_release:
    service: <service>
  environment: "{{ <service>_environment }}"
  register: __<service>_staged_release

"""
_PACKAGE = """\
- name: Stage the release
  vigil.observability.staged_venv:
    service: <service>
    requirements: "{{ lookup('ansible.builtin.file', __<service>_package ~ '/requirements.txt') }}"
    packages: ["{{ __<service>_package }}"]
  register: __<service>_staged_release

"""
_STAGE = """\
- name: Stage the configuration
  vigil.observability.staged_config:
    service: <service>
    files: "{{ __<service>_web_files + __<service>_files | default([]) }}"
    validate: "{{ __<service>_validate | default([]) }}"
  register: __<service>_staged_config
"""
_ACTIVATE = """\
- name: Activate <service>
  vigil.observability.active_service:
    name: <service>
    release: "{{ __<service>_staged_release | default({}) }}"
    config: "{{ __<service>_staged_config | default({}) }}"
    environment: >-
      {{ __<service>_environment | default({}) | combine(<service>_environment) }}
<program>\
    flags: >-
      {{ __<service>_web_flags
         | combine(__<service>_flags | default({}), <service>_flags) }}
    hardening_overrides: "{{ __<service>_hardening_overrides | default({}) }}"
<reload>\
    health: {path: <health_path>}
  register: __<service>_activation
"""
_RELOAD = """\
    reload: true
    reload_path: <reload_path>
"""
_PROGRAM = """\
    program: [bin/python, -m, <service>]
"""
_SOURCE = """\
__<service>_package: "{{ role_path }}/../../packages/<service>"
"""
_VARS = """\
__<service>_web_flags:
  web.config.file: /etc/<service>/web.yml
  web.listen-address: >-
    {{ <service>_listen_address | vigil.observability.host_port(<service>_port) }}
__<service>_web:
  tls_server_config: >-
    {{ vigil_tls_min_version | default('TLS13') | vigil.observability.server_tls(
       <service>_certificate_file, <service>_key_file, <service>_authority_file,
       <clients>) }}
__<service>_web_files:
  - "{{ __<service>_web | vigil.observability.configuration_file('web.yml') }}"
# The health check presents the service's own certificate.
__<service>_clients: >-
  {{ <service>_clients + <service>_more_clients + [<service>_identity] }}
"""
_SINCE = """\
__<service>_names_clients: >-
  {{ __<service>_staged_release.version is version('<names_clients_since>', '>=') }}
"""


_README = """\
# <service>

<sentences>

The playbook `vigil.observability.site` runs this role on the hosts of the group `<service>` and admits every
Prometheus of the inventory as a client. [On its own](../../docs/run-a-role-by-itself.md):

```yaml
- name: Deploy <service>
  hosts: <service>
  become: true
  vars:
    certificates_services: [{name: <service>}]
    <service>_clients: [vigil://monitor1/prometheus]
  roles:
    - role: vigil.observability.certificates
    - role: vigil.observability.<service>
```

To admit a Prometheus outside the inventory, name it: `<service>_more_clients: [vigil://other/prometheus]`.

## What a run restarts

| change | effect |
| --- | --- |
| release, flags, clients, addresses, environment, resources, user | restart; about a second without metrics |
| certificate renewed | none: it is read again for every connection |
| none | none; nothing is written |

If it does not respond within `<service>_start_timeout`, its release, configuration and unit are rolled back
([details](../../docs/how-a-service-is-deployed.md)).

## Troubleshooting, as root on the host

```sh
cd /etc/vigil/certificates
curl --cacert authorities.crt --cert <service>/tls.crt --key <service>/tls.key https://localhost:<port>/metrics
journalctl -u <service> -e
```

If Prometheus shows `up == 0` with "remote error: tls: bad certificate", this host does not admit that Prometheus: run
the playbook on this host, or, for a Prometheus outside the inventory, name it in `<service>_more_clients`.

## Inputs

<!-- inputs: made by `make docs-tables` -->
<!-- end of inputs -->
"""


def readme_of(service: Service, paragraphs: Sequence[str]) -> str:
    """Return the first README of a role, for people to go on from."""
    sentences = "\n\n".join(textwrap.fill(text, 120, break_on_hyphens=False) for text in paragraphs)
    text = _README.replace("<sentences>", sentences).replace("<port>", str(service.port))
    return _of(service, text)


def parts_of(service: Service) -> dict[str, str]:
    """Return the generated part of each file of a role, by its path in the role."""
    parts = {"tasks/main.yml": _MAIN}
    if service.access == "certificate":
        since = service.names_clients_since
        clients = "__<service>_names_clients | ternary(__<service>_clients, none)" if since else "__<service>_clients"
        parts |= {
            "tasks/stage.yml": (_PACKAGE if service.package else _RELEASE) + _STAGE,
            "tasks/activate.yml": _ACTIVATE.replace("<reload>", _RELOAD if service.reload_path else "").replace(
                "<program>", _PROGRAM if service.package else ""
            ),
            "vars/main.yml": _VARS.replace("<clients>", clients)
            + (_SINCE if since else "")
            + (_SOURCE if service.package else ""),
        }
    return {name: _of(service, part) for name, part in parts.items()}


def _of(service: Service, part: str) -> str:
    words = ("health_path", "reload_path", "names_clients_since")
    for word in words:
        part = part.replace(f"<{word}>", getattr(service, word))
    return part.replace("<service>", service.name)
