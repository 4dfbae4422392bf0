"""Data Science: projects, the model catalog, model deployments (`/20190101`)."""
