"""The resident process: server, sessions, worker, lifecycle, command line."""
