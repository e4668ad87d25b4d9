"""Lets the tests drive this Krita: runs Python that comes over a Unix socket, on the GUI thread."""

import ast
import faulthandler
import json
import os
import pathlib
import signal
import socket
import traceback

from krita import Extension, Krita

try:
    from PyQt6 import QtCore, QtGui, QtWidgets
except ImportError:
    from PyQt5 import QtCore, QtGui, QtWidgets


# A crash of Krita then says in its log which Python ran.
faulthandler.enable()
# And so does one that hangs.
faulthandler.register(signal.SIGUSR1)


class Pilot(Extension):
    """Listens as soon as there is a window."""

    def setup(self):
        self._space = {"Krita": Krita, "app": Krita.instance(), "pilot": self}
        for module in (QtCore, QtGui, QtWidgets):
            self._space.update({name: value for name, value in vars(module).items() if name.startswith("Q")})

    def createActions(self, window):  # noqa: N802
        if hasattr(self, "_server"):
            return
        prelude = pathlib.Path(__file__).with_name("prelude.py")
        exec(compile(prelude.read_text(), str(prelude), "exec"), self._space)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(os.environ["HUEDOT_PILOT"])
        self._server.listen(1)
        self._notifier = QtCore.QSocketNotifier(self._server.fileno(), QtCore.QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._accept)

    def _accept(self, *_):
        self._peer, _ = self._server.accept()
        self._received = b""
        self._reader = QtCore.QSocketNotifier(self._peer.fileno(), QtCore.QSocketNotifier.Type.Read, self)
        self._reader.activated.connect(self._read)

    def _read(self, *_):
        data = self._peer.recv(1 << 20)
        if not data:
            self._reader.setEnabled(False)
            return
        self._received += data
        while b"\n" in self._received:
            line, self._received = self._received.split(b"\n", 1)
            answer = json.dumps(self._run(json.loads(line)), default=repr)
            self._peer.sendall(answer.encode() + b"\n")

    def _run(self, source):
        try:
            tree = ast.parse(source)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "<test>", "exec"), self._space)
            return {"value": eval(compile(ast.Expression(last.value), "<test>", "eval"), self._space) if last else None}
        except Exception:  # noqa: BLE001
            return {"error": traceback.format_exc()}


Krita.instance().addExtension(Pilot(Krita.instance()))
