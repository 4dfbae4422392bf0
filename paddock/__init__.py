"""The command line of Paddock, the toolchain it brings, and the summaries that people and pipelines read."""
