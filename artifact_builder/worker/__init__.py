"""What runs in the clean child process: everything that imports scikit-learn or loads a pickle."""
