"""Lets the tests drive this GIMP: runs Python that comes over a Unix socket, in a plug-in process of its own."""

# GIMP's Python batch interpreter runs this text; Gimp, Gegl, Gio and GLib are already there.
# ruff: noqa: F821

import ast
import json
import os
import pathlib
import socket
import traceback

import gi

gi.require_version("Babl", "0.1")
from gi.repository import Babl  # noqa: E402 - only now

Gegl.init(None)
_space = {"Gimp": Gimp, "Gegl": Gegl, "Gio": Gio, "GLib": GLib, "Babl": Babl}


def _run(source):
    try:
        tree = ast.parse(source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<test>", "exec"), _space)
        return {"value": eval(compile(ast.Expression(last.value), "<test>", "eval"), _space) if last else None}
    except Exception:  # noqa: BLE001 - whatever the test's source raises is its answer
        return {"error": traceback.format_exc()}


def _serve():
    prelude = pathlib.Path(os.environ["HUEDOT_PILOT_PRELUDE"])
    exec(compile(prelude.read_text(), str(prelude), "exec"), _space)
    server = socket.socket(socket.AF_UNIX)
    place = pathlib.Path(os.environ["HUEDOT_PILOT"])
    server.bind(str(place))
    server.listen(1)
    peer, _ = server.accept()
    place.unlink()
    for line in peer.makefile("rb"):
        peer.sendall(json.dumps(_run(json.loads(line)), default=repr).encode() + b"\n")


try:
    _serve()
finally:
    # The tests hung up, or died: this GIMP is nobody's any more.
    _space["run_procedure"]("gimp-quit", force=True)
