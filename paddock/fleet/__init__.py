"""A fleet: so many models that one stack would be slow, split by `shard` in model.yaml, on one platform stack."""
