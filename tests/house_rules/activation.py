"""The plays that activate and provision services, made from `services.yml`: their tags cannot be variables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import Service, described_in

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["PLAYBOOK", "outdated", "write"]

PLAYBOOK = "playbooks/parts/activate_services.yml"
_HEAD = """---
# Activates every service and provisions those that need it, in the order of services.yml, from which `make docs-tables`
# makes this file. So what a service provisions is there before the services after it.
"""
_PLAY = """\
- name: Activate {name}
  ansible.builtin.import_playbook: activate.yml
  vars: {{activate_service: {name}, activate_batches: [{batches}]}}
  tags: [{name}, {pillar}, activate]
"""
_LAST_PLAY = """\
- name: Start {name} if all of it is stopped
  ansible.builtin.import_playbook: start_{name}.yml
  tags: [{name}, {pillar}, activate]

- name: Activate {name}, except on the elected node
  ansible.builtin.import_playbook: activate.yml
  vars:
    activate_service: {name}
    activate_hosts: "{{{{ {name}_turns }}}}"
    activate_batches: [{batches}]
    {name}_elected_waits: true
  tags: [{name}, {pillar}, activate]

- name: Activate {name} on the elected node
  ansible.builtin.import_playbook: activate.yml
  vars:
    activate_service: {name}
    activate_hosts: "{{{{ {name}_waiting }}}}"
    activate_batches: [{batches}]
  tags: [{name}, {pillar}, activate]
"""
_PROVISION = """\

- name: Provision {name}
  ansible.builtin.import_playbook: provision_{name}.yml
"""


def outdated(tree: Tree) -> Iterator[str]:
    """Yield a sentence when the playbook is not what the services say."""
    if "services.yml" in tree.names and (PLAYBOOK not in tree.names or tree.text(PLAYBOOK) != _made(tree)):
        yield f"{PLAYBOOK}: is not up to date; run `make docs-tables`"


def write(tree: Tree) -> list[str]:
    """Renew the playbook and return its name if it changed."""
    if not list(outdated(tree)):
        return []
    (tree.root / PLAYBOOK).write_text(_made(tree), encoding="utf-8")
    return [PLAYBOOK]


def _made(tree: Tree) -> str:
    return _HEAD + "\n".join(map(_play, described_in(tree.text("services.yml")).values()))


def _play(service: Service) -> str:
    batches = ", ".join(map(str, service.batches))
    play = _LAST_PLAY if service.elected_last else _PLAY
    play += _PROVISION if service.provisioned else ""
    return play.format(name=service.name, pillar=service.pillar, batches=batches)
