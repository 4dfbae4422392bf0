"""The Python language host of the Pulumi CLI: Pulumi's `LanguageRuntime` service for programs written in Python.

A CLI that was built from its Go module comes without one. `python -m paddock.language_host ENGINE_ADDRESS` serves on
loopback, prints its port, and runs each program in a process of the project's interpreter.
"""
