"""The panel's logic, free of any editor: what the user does, and what follows. A timer calls `tick`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ..protocol.client import Client
from . import words
from .coloring import Coloring
from .context import Context, Task
from .diagnostics import diagnostics_of
from .hint_parts import recolored
from .host import RGB, Document, Host, Other
from .palettes import NamedColors, Palettes, color_to_name
from .proposing import Proposing
from .repainting import change_hints
from .settings import Settings
from .state import DocumentState
from .view import Status, View, model_of, status_of, view_of

# Pixels on the longer side of the picture by which a result is found to hold something.
GLANCE = 64
# How often `tick` wants to be called.
TICK_S = 0.02
# How long a tick may work before it lets the editor go on.
SLICE_S = 0.012


class Controller:
    """The panel's logic. All its methods return at once; `changed` is called when something is to be redrawn."""

    def __init__(self, host: Host, client: Client, changed: Callable[[], None]) -> None:
        """Prepare; nothing is read or asked before there is a document with its layers."""
        self.context = Context(host, client, changed)
        self._proposing = Proposing(self.context)
        self._coloring = Coloring(self.context, self._proposing.ask_palette)
        self._palettes = Palettes()
        self._states: dict[str, DocumentState] = {}

    # What is to be shown

    @property
    def state(self) -> DocumentState | None:
        """The document that is shown, and what is known of it."""
        return self.context.state

    @property
    def status(self) -> Status:
        """How things are, in words."""
        return status_of(self.context)

    @property
    def view(self) -> View | None:
        """All that the panel shows; None where there is no document."""
        return view_of(self.context, self._proposing.gamut)

    @property
    def named(self) -> NamedColors | None:
        """The sets of named colors; None where there is no document."""
        return self._palettes.view(self.state) if self.state else None

    def others(self) -> list[Other]:
        """Return the documents whose colors may be borrowed, with the one whose colors are, though it was closed."""
        if self.state is None:
            return []
        lender, found = self.state.reference.lender, self.context.host.others(self.state.document)
        return found if lender is None or lender.key in [each.key for each in found] else [*found, lender]

    def diagnostics(self) -> str:
        """Return what a bug report needs; no file names, no pixels."""
        return diagnostics_of(self.context)

    # What the user does

    def show_document(self, document: Document | None) -> None:
        """Turn to another document, or to none."""
        self._states = {key: state for key, state in self._states.items() if state.document.is_open()}
        if document is not None and document.key not in self._states:
            settings = Settings.of(document.load_state())
            self._states[document.key] = DocumentState(document, settings, is_saved=_holds_result(document))
        self.context.state = self._states[document.key] if document is not None else None
        self.context.changed()

    def start(self) -> None:
        """Set up the layers, and color."""
        state = self.state
        if state is not None and not state.document.why_not():
            state.trouble.clear()
            state.result.want()
            state.document.make_layers()
            self._coloring.read_all(state)
            self._keep_settings()

    def convert(self) -> None:
        """Make the image one that can be colored. The editor asks the user first."""
        if self.state and self.state.document.is_open():
            self.state.document.convert()
            self.context.changed()

    def act(self, agreed: Callable[[str], bool]) -> None:
        """Do what the button beside an error says: try again, or convert the image, if the user agrees when asked."""
        state, view = self.state, self.view
        if view is None or view.action != words.CONVERT:
            self.retry()
        # Not another that came meanwhile.
        elif agreed(words.CONVERT_ASK) and state is self.state:
            self.convert()
            self.retry()

    def refresh(self) -> None:
        """Read the photograph and the hints again, and color."""
        if self.state and self.state.document.has_layers():
            self.state.trouble.clear()
            self.state.result.refresh()
            self._coloring.read_all(self.state)

    def retry(self) -> None:
        """Try again after an error."""
        if self.state:
            self.state.photograph.served()
            self.context.want(self.state)

    def reload_settings(self) -> None:
        """Go on with the settings that another panel kept in the document, if it has written to the result."""
        state = self.state
        if state is None or not state.document.has_layers():
            return
        if state.result.others_wrote(state.document.others_wrote()):
            state.settings = Settings.of(state.document.load_state())
            self.retry()

    def choose(self, **chosen: Any) -> None:
        """Change settings of the document: live, selection_only, draft, saturation, vividness."""
        state = self.state
        if state is None:
            return
        if chosen.get("selection_only", state.settings.selection_only) != state.settings.selection_only:
            self.context.withdraw(state, "colorize", "write")
            state.result.confine(None)
            state.proposals.select(state.document.selection_bounds())
        for name, value in chosen.items():
            setattr(state.settings, name, value)
        self.context.want(state)
        self._keep_settings()

    def choose_model(self, model: str | None) -> None:
        """Color with another network from now on."""
        if self.state and model != model_of(self.context):
            self.state.settings.model = model
            self._keep_settings()
            self.refresh()

    def use_reference(self, key: str | None) -> None:
        """Take the colors of another document, or no longer."""
        if self.state:
            self._proposing.use_reference(self.state, key)

    def ask_about(self, x: int, y: int) -> None:
        """Suggest colors for a place that the user pointed at."""
        if self.state and 0 <= x < self.state.document.width and 0 <= y < self.state.document.height:
            self.state.proposals.point_to((x, y))
            self._proposing.ask_palette(self.state)
            self.context.changed()

    def ask_about_share(self, x: float, y: float) -> None:
        """Suggest colors for a place that the user pointed at on the overview, in 0..1 of its width and height."""
        if self.state:
            self.ask_about(int(x * self.state.document.width), int(y * self.state.document.height))

    def take_color(self, color: RGB, repaint: bool = False) -> None:
        """Paint with a color from now on, or repaint the newest dot with it, unless that lies in a region."""
        state = self.state
        if state is None:
            return
        place = state.proposals.place
        if not repaint or (place and state.regions.color_at(place)):
            self.context.host.set_brush_color(color)
        elif place:
            self.context.run(state, self._repaint(state, place, color))
        self.context.changed()

    def choose_palette(self, key: str) -> None:
        """Show another set of named colors."""
        self._palettes.choose(key)
        self.context.changed()

    def name_color(self, name: str) -> None:
        """Give the dot's color a name, under which it is there in other photographs."""
        if self.state and (color := color_to_name(self.state)):
            self._palettes.name(name, color)
            self.context.changed()

    def where_next(self) -> None:
        """Ask where a dot would help most."""
        if self.state:
            self._proposing.where_next(self.state)

    def vary(self) -> None:
        """Ask for different colorings."""
        if self.state:
            self._proposing.vary(self.state)

    def take_variation(self, index: int) -> None:
        """Let the dots of one of the variations be on the hint layer, instead of another's."""
        if self.state:
            self._proposing.take_variation(self.state, index)

    def new_region(self) -> None:
        """Make a region of what is selected: its dots color inside it alone."""
        state = self.state
        if state is not None and state.document.has_layers():
            state.document.make_region()
            state.hints.read_again()

    def hide_dots(self, hidden: bool) -> None:
        """Hide the hints, or show them."""
        if self.state:
            self.state.document.hide_dots(hidden)
            self.look_at_painting()

    def undo_stroke(self) -> None:
        """Bring the photograph back as it was before the user painted on it."""
        if self.state:
            self.state.document.undo_stroke()
            self.look_at_painting()

    # What goes on meanwhile

    def look_at_painting(self) -> None:
        """See whether the user paints elsewhere than on the hints, or has hidden them. Called as often as is cheap."""
        if self.state and self.state.see_painting():
            self.context.changed()

    def tick(self, seconds: float = SLICE_S) -> None:
        """Do a little of what is to do, for so many seconds. Called by the editor's timer, every TICK_S."""
        self.context.client.deliver()
        now = time.monotonic()
        until = now + seconds
        if self._palettes.look(now):
            self.context.changed()
        if self.state and not self.context.tasks:
            self._coloring.look(self.state)
        self.context.work(until)

    def is_idle(self) -> bool:
        """Return whether nothing is under way."""
        due = self.state is not None and self.state.result.is_due and self._coloring.may_color(self.state)
        return not self.context.tasks and self.context.client.is_idle() and not due

    def safely(self, then: Callable[..., None], *arguments: object) -> None:
        """Do something that the editor asks for; whatever goes wrong, the panel says it, and nothing is raised."""
        try:
            then(*arguments)
        except Exception as error:  # noqa: BLE001 - whatever it is
            self.stumbled(error)

    def stumbled(self, error: Exception) -> None:
        """Tell the user what went wrong, instead of disturbing the editor."""
        self.context.stumbled(self.state, error)

    def close(self) -> None:
        """End; the daemon stays."""
        self.context.tasks.clear()
        self.context.client.close()

    def _repaint(self, state: DocumentState, place: tuple[int, int], color: RGB) -> Task:
        change = yield from change_hints(state, lambda parts: recolored(parts, place, color))
        if change is not None:
            state.proposals.changed_hints(change.after)
            state.settings.painted_with(color)
            self._keep_settings()

    def _keep_settings(self) -> None:
        if self.state and self.state.document.has_layers():
            self.state.document.save_state(self.state.settings.as_json())


def _holds_result(document: Document) -> bool:
    """Whether a document came with a result."""
    small = document.thumbnail(GLANCE) if document.has_layers() else None
    return small is not None and any(small.pixels[small.channels - 1 :: small.channels])
