"""Lets the tests drive the live panel: Python's site module loads this in every plug-in of the tests' profile.

Python that comes over a Unix socket runs in the panel's own main loop. Nothing of the plug-in knows of this.
"""

import os
import sys
import threading
import time


def serve():
    # Otherwise two threads would import at once.
    while not hasattr(sys.modules.get("huedot_gimp.live"), "run"):
        time.sleep(0.05)
    import ast
    import gc
    import json
    import socket
    import traceback
    from pathlib import Path

    from gi.repository import Gimp, GLib, Gtk

    space = {"Gimp": Gimp, "Gtk": Gtk, "GLib": GLib, "gc": gc}
    prelude = Path(os.environ["HUEDOT_PILOT_PRELUDE"]).with_name("panel_prelude.py")
    exec(compile(prelude.read_text(), str(prelude), "exec"), space)

    def run(source, answered):
        try:
            tree = ast.parse(source)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "<test>", "exec"), space)
            value = eval(compile(ast.Expression(last.value), "<test>", "eval"), space) if last else None
            answered.append({"value": value})
        except Exception:  # noqa: BLE001 - whatever the test's source raises is its answer
            answered.append({"error": traceback.format_exc()})
        done.set()

    place, done = Path(os.environ["HUEDOT_PANEL"]), threading.Event()
    place.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(place))
    server.listen(1)
    while True:
        peer, _ = server.accept()
        for line in peer.makefile("rb"):
            answered = []
            done.clear()
            GLib.idle_add(run, json.loads(line), answered, priority=GLib.PRIORITY_DEFAULT)
            done.wait()
            peer.sendall(json.dumps(answered[0], default=repr).encode() + b"\n")


if "HUEDOT_PANEL" in os.environ and any(word.endswith("/huedot.py") for word in sys.orig_argv):
    threading.Thread(target=serve, daemon=True).start()
