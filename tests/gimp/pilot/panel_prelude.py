# What tests say to the live panel. It runs in the panel's own process, which has Gimp, Gtk, GLib and gc.
# ruff: noqa: F821 - the pilot brings the names


def panel():
    """The panel, once it is built."""
    found = [each for each in gc.get_objects() if type(each).__name__ == "Panel" and hasattr(each, "window")]
    return found[0] if found else None


def controller():
    return panel().controller


def state():
    return controller().state


def count():
    """How many results were shown."""
    return len(state().result.times)


def said():
    return panel()._said.get_text()


def idle():
    return controller().is_idle()


def cut_off():
    """What is on buttons and labels that have less room than they ask for."""
    found, waiting = [], [panel().window]
    while waiting:
        widget = waiting.pop()
        if isinstance(widget, Gtk.Container):
            waiting += widget.get_children()
        if isinstance(widget, (Gtk.Label, Gtk.Button)) and widget.get_mapped():
            asked, _ = widget.get_preferred_width()
            if widget.get_allocated_width() < asked:
                found.append(widget.get_property("label"))
    return found


def where(widget, part=0.5):
    """The place on the screen of a widget's middle, or of another part of it."""
    _, x, y = widget.get_window().get_origin()
    area = widget.get_allocation()
    if not widget.get_has_window():
        x, y = x + area.x, y + area.y
    return x + int(area.width * part), y + int(area.height * part)
