"""The verbs of the command `huedot`, one module each, whose docstring is what --help says.

Each has `configure(parser)`, which declares its arguments, and `run(arguments)`, which returns the exit code. torch and
zmq are imported inside functions: bad usage, and questions to a daemon that runs, do not wait for them.
"""
