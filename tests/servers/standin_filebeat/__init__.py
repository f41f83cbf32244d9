"""A stand-in for Filebeat, and not Filebeat: a shipper for tests that takes its command line and its configuration.

It reproduces what Elastic documents of Filebeat 8.16 (https://www.elastic.co/guide/en/beats/filebeat/8.16/):

- filestream input ("filebeat-input-filestream"): files by glob, a registry of offsets by the identity of a file (inode,
  or fingerprint of its content, which waits for files that are too short), rotation by rename and by copytruncate,
  parsers ndjson and multiline, partial lines left until they end;
- journald input ("filebeat-input-journald"), by journalctl, with a cursor in the registry;
- Logstash output ("logstash-output"): the Beats protocol (https://github.com/elastic/go-lumber), TLS with a certificate
  of its own, batches that are acknowledged or sent again, back-off, one host or load balancing;
- a line counts as shipped once it is acknowledged ("how-filebeat-works"), so each arrives at least once;
- the HTTP endpoint ("http-endpoint"): / and the part of /stats on events, files and output.

Whatever it does not execute it refuses by name, `filebeat test config` included. The file of the registry, the text of
the log and the order of events between files are its own.
"""
