"""The wire between editors and the daemon: protocol, client and errors. Standard library only, Python 3.10."""
