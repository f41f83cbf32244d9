#!/usr/bin/python

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificates
short_description: Give the services of a host their certificates
version_added: 1.0.0
description:
  - Gives each listed service a key of its own, made on its host, and a certificate for it, signed on the controller.
    The key never leaves the host; the key of the authority never leaves the controller.
  - A certificate is renewed when a third of its lifetime is left, and when its names, its lifetime or the authority
    changed, or its files were changed on the host. When nothing is due this is one module call that writes nothing.
  - Key and certificate lie in C(<certificates_dir>/<service>/) as C(tls.key) and C(tls.crt), and change together.
    The authorities to trust lie in C(<certificates_dir>/authorities.crt).
  - Each certificate names its service and host in a URI, C(vigil://<host>/<service>), and carries the name
    C(<service>.vigil.internal), which is the same on every host.
  - Certificates of services which are not listed are left alone. To drop one, remove its directory on the host.
author: Vigil contributors (@vigil-observability)
extends_documentation_fragment: [vigil.observability.lock]
attributes:
  check_mode:
    support: full
    description: Reports which certificates are due, without making keys.
  diff_mode:
    support: full
    description: Shows names, issuer and validity of certificates, and digests of trusted authorities. No key.
requirements:
  - cryptography >= 42 (on the controller)
  - openssl (the command, on the host)
options:
  services:
    description: The services of this host.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the service.
        type: str
        required: true
      user:
        description:
          - System user that may read the key, made when missing. Its group has the same name.
          - Without it, the user of the certificate that is there, and for the first one the name of the service.
        type: str
      uid:
        description: UID of that user.
        type: int
      names:
        description:
          - Further DNS names and IP addresses by which clients reach the service.
          - Without it, those of the certificate that is there stay. An empty list takes them away.
        type: list
        elements: str
  host:
    description: Name of the host in the inventory.
    type: str
    required: true
  address:
    description: DNS name or IP address by which clients reach the services of this host.
    type: str
    required: true
  authority_certificate:
    description:
      - Certificate of the authority as PEM.
      - With an intermediate authority, its certificate comes first, and those of the authorities above it follow.
        Services then serve the chain, and clients trust the root.
    type: str
    required: true
  authority_key:
    description: Key of the authority as PEM, without a passphrase.
    type: str
    required: true
  trusted:
    description: Certificates of further authorities to trust, as PEM. For the time in which authorities change.
    type: str
    default: ""
  lifetime_days:
    description: Lifetime of certificates. At least 30, as renewal needs a run.
    type: int
    default: 365
  renew:
    description: Services whose certificate is renewed in any case, V(all) for every one that is listed.
    type: list
    elements: str
    default: []
  certificates_dir:
    description: Directory of the certificates on the host.
    type: path
    default: /etc/vigil/certificates
  textfile_dir:
    description: Directory on the host that node_exporter reads metrics from. The expiry of certificates is put there.
    type: path
    default: /var/lib/vigil/textfile
seealso:
  - module: vigil.observability.inventory_secrets
    description: Makes an authority, and replaces it.
"""

EXAMPLES = r"""
- name: Give the services of this host their certificates
  vigil.observability.certificates:
    services:
      - name: prometheus
        names: [prometheus.example.org]
      - name: node_exporter
    host: "{{ inventory_hostname }}"
    address: "{{ ansible_host | default(inventory_hostname) }}"
    authority_certificate: "{{ certificates_authority_certificate }}"
    authority_key: "{{ certificates_authority_key }}"

- name: Renew the certificate of Prometheus now
  vigil.observability.certificates:
    services:
      - name: prometheus
    host: "{{ inventory_hostname }}"
    address: 192.0.2.10
    authority_certificate: "{{ certificates_authority_certificate }}"
    authority_key: "{{ certificates_authority_key }}"
    renew: [prometheus]
"""

RETURN = r"""
due:
  description: Why each service that got a certificate, or in check mode would get one, needed it.
  returned: success
  type: dict
  sample: {"prometheus": "a third of its lifetime or less is left"}
services:
  description: The certificate of each listed service that has one, by service.
  returned: success
  type: dict
  contains:
    certificate_file:
      description: The certificate with its chain.
      type: str
      sample: /etc/vigil/certificates/prometheus/tls.crt
    key_file:
      description: Its key.
      type: str
      sample: /etc/vigil/certificates/prometheus/tls.key
    not_after:
      description: When it expires, in seconds since the epoch.
      type: int
      sample: 1798761600
authority_file:
  description: The authorities to trust.
  returned: success
  type: str
  sample: /etc/vigil/certificates/authorities.crt
"""
