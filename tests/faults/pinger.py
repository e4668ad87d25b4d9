"""Ping the daemon, as an editor in a process of its own, until told to end; print how long each took."""

import select
import sys

from huedot.protocol.client import Client

EVERY_S = 0.02

if __name__ == "__main__":
    with Client("pinger", "1", launch=False) as client:
        client.connect()
        print("ready", flush=True)
        while not select.select([sys.stdin], [], [], EVERY_S)[0]:
            print(client.ping() * 1000)
