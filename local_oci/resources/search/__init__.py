"""Resource Search: what there is, found by its fields (`/20180409`)."""
