"""Logging: log groups, logs, their lines and the search over them (`/20200531`, `/20190909`)."""
