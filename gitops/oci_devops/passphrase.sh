# shellcheck shell=sh
# Sourced: the state's passphrase from OCI Vault, into the environment of this step and nowhere else.
if [ -n "${PASSPHRASE_SECRET:-}" ]; then
  PULUMI_CONFIG_PASSPHRASE="$(oci secrets secret-bundle get --secret-id "$PASSPHRASE_SECRET" \
    --query 'data."secret-bundle-content".content' --raw-output | base64 --decode)"
  export PULUMI_CONFIG_PASSPHRASE
fi
