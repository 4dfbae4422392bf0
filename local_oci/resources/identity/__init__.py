"""Identity: one tenancy, one user, two compartments, one region; policies and dynamic groups (`/20160918`)."""
