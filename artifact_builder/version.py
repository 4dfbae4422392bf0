"""The builder's own version, recorded in each manifest (never in a member: it must not change a digest)."""

BUILDER_VERSION = "0.1.0"
