#!/usr/bin/python

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificates
short_description: Issue the certificates of a host's services
version_added: 1.0.0
description:
  - Issues each listed service a certificate, signed on the controller, for a key that is created on the host. The key
    never leaves the host; the key of the authority never leaves the controller.
  - A certificate is renewed when a third of its lifetime is left, when its names, its lifetime or the authority
    changed, or when its files were changed on the host. If nothing is due, this is one module call that writes nothing.
  - Key and certificate are C(tls.key) and C(tls.crt) in C(<certificates_dir>/<service>/), and change together. The
    authorities to trust are in C(<certificates_dir>/authorities.crt).
  - Each certificate names its service and host in a URI, C(vigil://<host>/<service>), and contains the
    name C(<service>.vigil.internal), which is the same on every host.
  - Certificates of services that are not listed are not changed. To delete one, remove its directory on the host.
author: Vigil contributors (@vigil-observability)
extends_documentation_fragment: [vigil.observability.lock]
attributes:
  check_mode:
    support: full
    description: Reports which certificates are due, without creating keys.
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
          - System user that can read the key. Created if missing, with a group of the same name.
          - Defaults to the user of the existing certificate, and for the first one to the name of the service.
        type: str
      uid:
        description: UID of that user.
        type: int
      names:
        description:
          - Further DNS names and IP addresses by which clients reach the service.
          - By default, those of the existing certificate are kept. An empty list removes them.
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
      - For an intermediate authority, put its certificate first, followed by those of the authorities above it.
        Services then present the chain, and clients trust the root.
    type: str
    required: true
  authority_key:
    description: Key of the authority as PEM, without a passphrase.
    type: str
    required: true
  trusted:
    description: Certificates of further authorities to trust, as PEM, while the authority is being replaced.
    type: str
    default: ""
  lifetime_days:
    description: Lifetime of certificates. At least 30, because renewal requires a run.
    type: int
    default: 365
  renew:
    description: Services whose certificate to renew in any case, or V(all) for every listed service.
    type: list
    elements: str
    default: []
  certificates_dir:
    description: Directory of the certificates on the host.
    type: path
    default: /etc/vigil/certificates
  textfile_dir:
    description: Directory on the host from which node_exporter reads metrics, such as the expiry of certificates.
    type: path
    default: /var/lib/vigil/textfile
seealso:
  - module: vigil.observability.inventory_secrets
    description: Creates an authority, and replaces it.
"""

EXAMPLES = r"""
- name: Issue the certificates of this host's services
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
  description: Reason why a certificate was issued, or would be in check mode, by service.
  returned: success
  type: dict
  sample: {"prometheus": "a third of its lifetime or less is left"}
services:
  description: The certificates of the listed services, by service.
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
      description: Its expiry, in seconds since the epoch.
      type: int
      sample: 1798761600
authority_file:
  description: The authorities to trust.
  returned: success
  type: str
  sample: /etc/vigil/certificates/authorities.crt
"""
