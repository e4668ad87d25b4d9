"""The resident process: server, sessions, worker, lifecycle, command line."""

import os

# While a user paints, the editor computes, too. Torch's threads, which spin as they wait for each other, then hold up
# the very one they wait for: with two busy programs beside it on two cores, a refresh of a megapixel took 0.8 s (9.6 s
# at worst), and 0.3 s with short spins. Alone it takes 6 % longer; without any spin it would take twice as long.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # read when torch is loaded
