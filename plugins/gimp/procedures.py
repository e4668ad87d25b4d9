"""HueDot's procedures in GIMP: declared for its menus and its database, and with every error a message of GIMP's."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gegl, Gimp, GLib, GObject  # noqa: E402 - only now

from .host import Host  # noqa: E402
from .image import Document  # noqa: E402
from .oneshot import OneShot  # noqa: E402
from .panel import words  # noqa: E402
from .panel.proposing import swatches_of  # noqa: E402
from .panel.settings import MOST_VIVID, Settings  # noqa: E402
from .panel.view import colors_of  # noqa: E402
from .protocol.errors import HueDotError  # noqa: E402

MENU = "<Image>/Colors/HueDot"
# The procedure that is there while a panel is open.
SHOW = "huedot-panel-show"
READWRITE = GObject.ParamFlags.READWRITE
INTERACTIVE, NONINTERACTIVE = Gimp.RunMode.INTERACTIVE, Gimp.RunMode.NONINTERACTIVE


class Call(NamedTuple):
    """What GIMP gives a procedure."""

    plugin: Gimp.PlugIn
    image: Gimp.Image | None
    is_interactive: bool
    arguments: Gimp.ProcedureConfig

    @property
    def document(self) -> Document:
        """Return the image, which is one that can be colored; raises HueDotError."""
        if self.image is None:
            raise HueDotError(words.NO_IMAGE)
        document = Document(self.image)
        if why := document.why_not():
            if not self.is_interactive:
                raise HueDotError(why, "Convert it: gimp-image-convert-rgb.")
            _convert(document, why)
        return document

    def argument(self, name: str) -> Any:
        """Return the value that a script gave; GIMP remembers those of menus, which no user could change."""
        return self.arguments.get_property(name)


class Cancelled(Exception):
    """The user thought better of it."""


class Command(NamedTuple):
    """A procedure: its menu item, what it is for, what it does, and what it takes and returns."""

    label: str
    purpose: str
    run: Callable[[Call], dict[str, Any]]
    declare: Callable[[Gimp.Procedure], None]
    needs_image: bool = True


def _convert(document: Document, why: str) -> None:
    from .dialogs import agreed

    if not agreed(f"{why} {words.CONVERT_ASK}"):
        raise Cancelled
    document.convert()


def _panel(call: Call) -> dict[str, Any]:
    if Gimp.get_pdb().procedure_exists(SHOW):
        _show_panel(call.image)
        return {}
    from .live import run

    run(call.plugin, call.image, SHOW)
    return {}


def _show_panel(image: Gimp.Image | None, x: int = -1, y: int = -1) -> None:
    procedure = Gimp.get_pdb().lookup_procedure(SHOW)
    config = procedure.create_config()
    for name, value in {"image": image, "x": x, "y": y}.items():
        config.set_property(name, value)
    procedure.run(config)


def _set_up(call: Call) -> dict[str, Any]:
    document = call.document
    document.make_layers()
    hints, result = document.layers()
    return {"hints": hints, "result": result}


def _dots(call: Call) -> dict[str, Any]:
    document = call.document
    if not document.has_layers():
        raise HueDotError(words.NOT_STARTED)
    document.hide_dots(not document.hides_dots())
    return {}


def _region(call: Call) -> dict[str, Any]:
    return {"region": call.document.make_region()}


def _refresh(call: Call) -> dict[str, Any]:
    document = call.document
    settings = Settings.of(document.load_state())
    if not call.is_interactive:
        saturation = call.argument("saturation")
        settings.saturation = saturation if saturation >= 0 else None
        vividness = call.argument("vividness")
        settings.vividness = vividness if vividness >= 0 else None
        settings.selection_only = call.argument("selection-only")
    return _colored(document, settings)


def _transfer(call: Call) -> dict[str, Any]:
    document = call.document
    reference = call.argument("reference")
    if call.is_interactive:
        from .dialogs import choose_image

        if not Host().others(document):
            raise HueDotError(words.NO_OTHER_IMAGE, words.OPEN_OTHER)
        reference = choose_image(document.image)
        if reference is None:
            raise Cancelled
    if reference is None:
        raise HueDotError("No image is given whose colors to take.", "Set the argument reference.")
    return _colored(document, Settings.of(document.load_state()), Document(reference).key)


def _colored(document: Document, settings: Settings, reference: str = "") -> dict[str, Any]:
    with _working(document) as once:
        once.color(settings, reference)
    return {"result": document.layers()[1]}


def _suggest(call: Call) -> dict[str, Any]:
    document = call.document
    place = (-1, -1) if call.is_interactive else (call.argument("x"), call.argument("y"))
    x, y = place if min(place) >= 0 else document.chosen_place() or (-1, -1)
    if x < 0:
        raise HueDotError(words.NO_CHOICE, words.CHOOSE)
    if call.is_interactive and Gimp.get_pdb().procedure_exists(SHOW) and document.has_layers():
        _show_panel(call.image, x, y)
        return {"colors": [], "percent": []}
    with _working(document) as once:
        reply = once.suggest(x, y)
    swatches = swatches_of(reply)
    if call.is_interactive:
        from .dialogs import show_suggestions

        show_suggestions(colors_of(swatches, float(reply.fields["lightness"])))
    percent = [f"{swatch.probability * 100:.1f}" for swatch in swatches]
    return {"colors": [words.name_of(swatch.color) for swatch in swatches], "percent": percent}


@contextmanager
def _working(document: Document) -> Iterator[OneShot]:
    """Show progress, until the work is done; dialogs come before it or after."""
    Gimp.progress_init(words.TITLE)
    try:
        with OneShot(document, _tell) as once:
            yield once
    finally:
        Gimp.progress_end()


def _tell(text: str, fraction: float) -> None:
    Gimp.progress_set_text(text)
    Gimp.progress_update(fraction)


def _declare_nothing(procedure: Gimp.Procedure) -> None:
    pass


def _declare_layers(procedure: Gimp.Procedure) -> None:
    for name, purpose in (("hints", "The layer to paint dots on"), ("result", "The layer that shows their colors")):
        procedure.add_layer_return_value(name, name.title(), purpose, False, READWRITE)


def _declare_region(procedure: Gimp.Procedure) -> None:
    procedure.add_layer_return_value("region", "Region", "The layer to paint the region's dots on", False, READWRITE)


def _declare_refresh(procedure: Gimp.Procedure) -> None:
    tip = "How colorful the whole is, 0 to 1; below 0, the network decides"
    procedure.add_double_argument("saturation", "_Saturation", tip, -1.0, 1.0, -1.0, READWRITE)
    tip = "Times which colors are strong where no dot reaches, 0 to 2; below 0, as usual"
    procedure.add_double_argument("vividness", "_Vividness", tip, -1.0, MOST_VIVID, -1.0, READWRITE)
    procedure.add_boolean_argument("selection-only", "_Only the selection", words.SELECTION_ONLY_TIP, False, READWRITE)
    _declare_result(procedure)


def _declare_transfer(procedure: Gimp.Procedure) -> None:
    procedure.add_image_argument("reference", "_Colors from", "The image whose colors to take", True, READWRITE)
    _declare_result(procedure)


def _declare_result(procedure: Gimp.Procedure) -> None:
    procedure.add_layer_return_value("result", "Result", "The layer that shows the colors", False, READWRITE)


def _declare_suggest(procedure: Gimp.Procedure) -> None:
    for axis in ("x", "y"):
        tip = "The place, in pixels; below 0, the selection's middle or else the last sample point"
        procedure.add_int_argument(axis, f"_{axis.upper()}", tip, -1, GLib.MAXINT32, -1, READWRITE)
    tip = "The likely colors, the likeliest first, as #rrggbb"
    procedure.add_string_array_return_value("colors", "Colors", tip, READWRITE)
    procedure.add_string_array_return_value("percent", "Percent", "How likely each of them is", READWRITE)


COMMANDS = {
    "huedot-panel": Command(
        "_Live panel…", "Color while you paint dots on a layer", _panel, _declare_nothing, needs_image=False
    ),
    "huedot-set-up": Command("Set _up layers", words.START_TIP, _set_up, _declare_layers),
    "huedot-region": Command("_New region from selection", words.NEW_REGION_TIP, _region, _declare_region),
    "huedot-refresh": Command("_Refresh", "Color the photograph from the dots, once", _refresh, _declare_refresh),
    "huedot-dots": Command("Show or hide _dots", words.HIDE_DOTS_TIP, _dots, _declare_nothing),
    "huedot-suggest": Command(
        "_Suggest colors here", "Likely colors for the selection's middle or a sample point", _suggest, _declare_suggest
    ),
    "huedot-transfer": Command(
        "_Transfer colors from image…", "Color the photograph with another's colors", _transfer, _declare_transfer
    ),
}


class HueDot(Gimp.PlugIn):
    """The plug-in."""

    def do_set_i18n(self, name: str) -> bool:
        """Tell GIMP that there are no translations."""
        return False

    def do_query_procedures(self) -> list[str]:
        """Name the procedures."""
        return list(COMMANDS)

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        """Declare one of them."""
        command = COMMANDS[name]
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, self._run, None)
        procedure.set_image_types("*")
        may = Gimp.ProcedureSensitivityMask
        anything = may.DRAWABLE | may.DRAWABLES | may.NO_DRAWABLES
        procedure.set_sensitivity_mask(anything if command.needs_image else anything | may.NO_IMAGE)
        procedure.set_documentation(command.purpose, command.purpose, name)
        procedure.set_attribution("HueDot", "MIT license", "2026")
        procedure.set_menu_label(command.label)
        procedure.add_menu_path(MENU)
        command.declare(procedure)
        return procedure

    def _run(
        self,
        procedure: Gimp.Procedure,
        run_mode: Gimp.RunMode,
        image: Gimp.Image | None,
        drawables: list[Gimp.Drawable],
        config: Gimp.ProcedureConfig,
        data: object,
    ) -> Gimp.ValueArray:
        """Do what is asked, and answer; no exception leaves here, for GIMP would say nothing of it."""
        Gegl.init(None)
        name = procedure.get_name()
        try:
            given = COMMANDS[name].run(Call(self, image, run_mode != NONINTERACTIVE, config))
        except Cancelled:
            return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, GLib.Error())
        except HueDotError as error:
            return _failed(procedure, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the user must see it
            traceback.print_exc(file=sys.stderr)
            return _failed(procedure, f"HueDot stumbled over {error!r}. {words.REPORT}\n\n{traceback.format_exc()}")
        return _succeeded(procedure, list(given.values()))


def _succeeded(procedure: Gimp.Procedure, given: list[Any]) -> Gimp.ValueArray:
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, GLib.Error())
    for i, value in enumerate(given, 1):
        values.remove(i)
        kind = GObject.TYPE_STRV if isinstance(value, list) else value.__gtype__
        values.insert(i, GObject.Value(kind, value))
    return values


def _failed(procedure: Gimp.Procedure, said: str) -> Gimp.ValueArray:
    error = GLib.Error.new_literal(Gimp.PlugIn.error_quark(), said, 0)
    return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, error)
