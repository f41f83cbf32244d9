"""Elasticsearch as tests deploy it: Elastic's own small distribution of the same version, in the layout of the archive.

It is real: users, roles, TLS, indices, snapshots. What it lacks comes from test plugins in `sources/`, a folder for
each version, since the signatures they implement differ: what the index of native users needs, `GET /`, and, for 8.19,
lifecycle policies, which Elastic's own classes parse and which nothing runs. Ingest processors, painless and the data
stream API are missing.
"""
