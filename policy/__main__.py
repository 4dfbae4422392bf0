"""Pulumi's entry: `pulumi preview --policy-pack policy` runs this folder."""

from governance.pack import serve

serve()
