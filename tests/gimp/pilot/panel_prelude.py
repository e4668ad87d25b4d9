# What tests say to the live panel. It runs in the panel's own process, which has Gimp, Gtk, GLib and gc.
# ruff: noqa: F821 - the pilot brings the names


def panel():
    """The panel, once it is built."""
    found = [each for each in gc.get_objects() if type(each).__name__ == "Panel" and hasattr(each, "window")]
    return found[0] if found else None


def controller():
    return panel().controller


def sheet():
    return controller().sheet


def count():
    """How many results were shown."""
    return len(controller().milliseconds)


def said():
    return panel()._said.get_text()


def idle():
    return controller().is_idle()
