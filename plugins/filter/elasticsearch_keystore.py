# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: elasticsearch_keystore
short_description: The keystore of an Elasticsearch node with these secure settings
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Returns the file C(elasticsearch.keystore), as C(elasticsearch-keystore) writes it without a password. The same
    settings always give the same file, so an unchanged run changes nothing.
  - A node replaces a keystore in the format of another release, which it cannot do in a directory that it may not write
    to. The format therefore follows the release.
positional: version
options:
  _input: {description: "Secure settings by name. Must contain C(keystore.seed).", type: dict, required: true}
  version: {description: Version of Elasticsearch., type: str, required: true}
"""

EXAMPLES = r"""
- name: Write a keystore
  vigil.observability.staged_config:
    service: elasticsearch
    files:
      - path: elasticsearch.keystore
        secret_base64: >-
          {{ {'keystore.seed': elasticsearch_keystore_seed} | vigil.observability.elasticsearch_keystore('8.19.20') }}
"""

RETURN = r"""
_value:
  description: Content of the file in Base64.
  type: str
"""

import base64
from collections.abc import Callable, Mapping

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.elasticsearch_keystore import keystore
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def elasticsearch_keystore(settings: Mapping[str, str], version: str) -> str:
    """Return the keystore in Base64; raise AnsibleFilterError for settings that it cannot hold."""
    try:
        return base64.b64encode(keystore(settings, version)).decode()
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter elasticsearch_keystore."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filter by its name."""
        return {"elasticsearch_keystore": elasticsearch_keystore}
