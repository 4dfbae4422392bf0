"""The local stack's `oci` plugin: Pulumi's provider protocol on one side, Oracle's signed REST on the other.

It has the tokens, inputs, outputs and answers of the official pulumi-oci plugin for the kinds in `kinds/`, refuses the
others by name, and talks to loopback addresses only. `python -m oci_provider` starts it and prints its port.

Open, to change:
- what a kind has and does: `kinds/<kind>.py`; the words they are written in: `schema.py`
- the functions (data sources): the table in `functions.py`, what reading one means in `data_source.py`
- the answers to Check and Diff: `check.py`, `diff.py`; made-up names: `autonaming.py`; others' tags: `ignored_tags.py`
- what the state holds: `state.py`; what a request holds: `payload.py`
- how a request travels: `rest.py`, `endpoints.py`, `credentials.py`; how work is followed: `work_request.py`
- creations that are never doubled: `intents.py`
- Pulumi's gRPC service: `provider.py`, its messages `messages.py`; starting and ending: `__main__.py`
"""
