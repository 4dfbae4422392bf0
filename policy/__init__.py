"""The policy pack: Pulumi runs this folder (`--policy-pack policy`); tests import its rules from here."""
