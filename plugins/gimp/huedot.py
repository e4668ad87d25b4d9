#!/usr/bin/env python3
"""HueDot in GIMP 3: what GIMP runs. What fails to load says so when the user asks for the panel."""

import sys
import traceback

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gimp, GLib  # noqa: E402 - only now

try:
    from huedot_gimp.procedures import HueDot
except Exception:  # noqa: BLE001 - whatever it is, the user must see it
    FAILURE = traceback.format_exc()

    class HueDot(Gimp.PlugIn):  # type: ignore[no-redef]
        """Says why HueDot cannot be used."""

        def do_set_i18n(self, name: str) -> bool:
            """GIMP asks for this."""
            return False

        def do_query_procedures(self) -> list[str]:
            """GIMP asks for this."""
            return ["huedot-panel"]

        def do_create_procedure(self, name: str) -> Gimp.Procedure:
            """GIMP asks for this."""
            procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, _say, None)
            procedure.set_menu_label("HueDot: _Live panel…")
            procedure.add_menu_path("<Image>/Colors")
            return procedure


def _say(procedure: Gimp.Procedure, *_: object) -> Gimp.ValueArray:
    text = f"HueDot could not be loaded. Install it again: huedot install gimp\n\n{FAILURE}"
    error = GLib.Error.new_literal(Gimp.PlugIn.error_quark(), text, 0)
    return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, error)


Gimp.main(HueDot.__gtype__, sys.argv)
