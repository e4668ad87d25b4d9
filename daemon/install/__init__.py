"""What is put on a machine and taken away again: plugins, the systemd units, published weights."""
