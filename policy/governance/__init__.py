"""The rules, as pure functions from declared resources to violations, and the pack that Pulumi runs them in.

Modules import each other relatively: the pack is run as a folder (`governance`), its tests import `policy.governance`.
"""
