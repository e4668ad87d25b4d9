"""What listens: the server, its queue, and the daemon's life from start to end."""
