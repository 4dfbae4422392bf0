"""`make bench`: figures of this machine, each as a ratio against something else in the same run."""
