"""The resident process: server, computing process, files, installation, command line."""

import os
import sys

# While a user paints, the editor computes, too. Torch's threads, which spin as they wait for each other, then hold up
# the very one they wait for: with two busy programs beside it on two cores, a refresh of a megapixel took 0.8 s (9.6 s
# at worst), and 0.3 s with short spins. Alone it takes 6 % longer; without any spin it would take twice as long.
# Read when torch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def keep_strays_out() -> None:
    """Import nothing from the folder of the program, or from the current one, in this process and those it starts.

    For programs of ours, as they begin: a stray random.py in the user's folders would be taken for Python's own.
    """
    if not sys.flags.safe_path:
        del sys.path[0]
    os.environ["PYTHONSAFEPATH"] = "1"


if sys.argv[:1] == ["-m"] and any(word.startswith("huedot.daemon") for word in sys.orig_argv):
    # This is python -m huedot.daemon.cli, which has come no further than to look for it here.
    keep_strays_out()
