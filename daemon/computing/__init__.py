"""What computes: operations, open photographs, and the child process in which they live."""
