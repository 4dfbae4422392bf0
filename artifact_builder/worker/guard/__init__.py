"""What stands between a user's file and the builder: what may be loaded, and what the process that loads it may do."""
