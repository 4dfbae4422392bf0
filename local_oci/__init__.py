"""The local OCI: Oracle's REST on loopback, with a store, life cycles and real model servers behind it.

`daemon` starts and stops it, `credentials` names who may speak to it; both are light, for the command line. The server
itself is `python -m local_oci` (`server` → `edge` → `resources/<kind>.py` → `store`, with `conductor` for slow work).
"""
