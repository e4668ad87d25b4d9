"""The live panel's life: one window at a time, which other procedures find by a temporary procedure of its own."""

from __future__ import annotations

from gi.repository import Gimp, GimpUi, GLib, GObject, Gtk

from .panel import words
from .protocol.errors import HueDotError
from .window import Panel


def run(plugin: Gimp.PlugIn, image: Gimp.Image | None, name: str) -> None:
    """Show the panel until the user closes it; raises HueDotError where there is no screen.

    name: of the procedure by which others may turn it to an image, and to a place in it.
    """
    is_there, _ = Gtk.init_check(None)
    if not is_there:
        raise HueDotError("The live panel needs a screen.", "Without one, use huedot-refresh.")
    GimpUi.init(words.TITLE)
    # An image that was closed just now is no news.
    plugin.set_pdb_error_handler(Gimp.PDBErrorHandler.PLUGIN)
    panel = Panel(closed=Gtk.main_quit)
    plugin.add_temp_procedure(_showing(plugin, panel, name))
    plugin.persistent_enable()
    panel.show()
    if image is not None:
        panel.turn_to(image)
    Gtk.main()
    plugin.remove_temp_procedure(name)


def _showing(plugin: Gimp.PlugIn, panel: Panel, name: str) -> Gimp.Procedure:
    def show(procedure: Gimp.Procedure, config: Gimp.ProcedureConfig, data: object) -> Gimp.ValueArray:
        image = config.get_property("image")
        if image is not None:
            panel.turn_to(image)
            panel.controller.ask_about(config.get_property("x"), config.get_property("y"))
        panel.show()
        return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, GLib.Error())

    procedure = Gimp.Procedure.new(plugin, name, Gimp.PDBProcType.TEMPORARY, show, None)
    purpose = "Turn the live panel to an image, and ask for colors at a place in it"
    procedure.set_documentation(purpose, purpose, name)
    procedure.set_attribution("HueDot", "MIT license", "2026")
    both = GObject.ParamFlags.READWRITE
    procedure.add_image_argument("image", "Image", "The image", True, both)
    for axis in ("x", "y"):
        tip = "The place, in pixels, or -1"
        procedure.add_int_argument(axis, axis.upper(), tip, -1, GLib.MAXINT32, -1, both)
    return procedure
