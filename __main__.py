"""Pulumi's entry: `pulumi up` runs this file."""

from infra.program import declare

declare()
