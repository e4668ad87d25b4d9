# What tests say to this GIMP. It runs in the pilot's own namespace, which has Gimp, Gegl, Gio, GLib and Babl.
# ruff: noqa: F821 - the pilot brings the names

U8 = "R'G'B'A u8"
_displays = []
# The one that `show` opened last.
image = None


def run_procedure(name, **arguments):
    """Run a procedure of the PDB; a list is an array of layers or the like. Returns its values, or raises."""
    pdb = Gimp.get_pdb()
    procedure = pdb.lookup_procedure(name)
    if procedure is None:
        raise LookupError(f"GIMP has no procedure {name!r}")
    config = procedure.create_config()
    for key, value in arguments.items():
        key = key.replace("_", "-")
        config.set_core_object_array(key, value) if isinstance(value, list) else config.set_property(key, value)
    values = procedure.run(config)
    if values.index(0) != Gimp.PDBStatusType.SUCCESS:
        raise RuntimeError(f"{name}: {values.index(0).value_nick}: {pdb.get_last_error()}")
    return [values.index(i) for i in range(1, values.length())]


def load(path):
    """Load a file as `image`, which no window shows."""
    global image
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))
    # Some files' plug-ins leave it off, unlike File > Open.
    if not image.undo_is_enabled():
        image.undo_enable()
    image.set_file(
        Gio.File.new_for_path(path.rpartition(".")[0] + ".xcf")
    )  # which gives it a name, as File > Open does
    return [image.get_width(), image.get_height()]


def show(path):
    """Load a file as `image`, in a window's tab."""
    size = load(path)
    image.clean_all()
    _displays.append(Gimp.Display.new(image))
    Gimp.displays_flush()
    return size


def close():
    """Close the window's tab that `show` made last, and with it the image, changed or not."""
    _displays.pop().delete()


def layer(name):
    return image.get_layer_by_name(name)


def add_layer(name):
    """Add a transparent layer as large as the image on top, and select it."""
    made = Gimp.Layer.new(
        image, name, image.get_width(), image.get_height(), Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL
    )
    image.insert_layer(made, None, 0)
    image.set_selected_layers([made])
    Gimp.displays_flush()


def pixels(drawable, x, y, width, height, form=U8):
    """Bytes of a part of a drawable, in the drawable's own coordinates."""
    area = Gegl.Rectangle.new(x, y, width, height)
    return bytes(drawable.get_buffer().get(area, 1.0, form, Gegl.AbyssPolicy.NONE))


def pixel(drawable, x, y):
    return list(pixels(drawable, x, y, 1, 1))


def checksum(drawable):
    import hashlib

    return hashlib.sha256(pixels(drawable, 0, 0, drawable.get_width(), drawable.get_height())).hexdigest()


def foreground(color):
    Gimp.context_set_foreground(Gegl.Color.new(color))


def at(drawable, x, y):
    """The pixel of a layer that lies at a place of the image."""
    _, left, top = drawable.get_offsets()
    return pixel(drawable, x - left, y - top)


def seen(x, y):
    """What the user sees at a place of the image."""
    shown = Gimp.Layer.new_from_visible(image, image, "seen")
    value = pixel(shown, x, y)
    shown.delete()
    return value


def fill(drawable, x, y, width, height, color):
    """Fill a part of a drawable, in its own coordinates, with an RGBA color; no undo step."""
    buffer = drawable.get_buffer()
    buffer.set(Gegl.Rectangle.new(x, y, width, height), U8, bytes(color) * (width * height))
    buffer.flush()
    drawable.update(x, y, width, height)


def names(layers=None):
    """The names of all layers, those of groups in lists after them."""
    found = []
    for each in image.get_layers() if layers is None else layers:
        found.append(each.get_name())
        if each.is_group():
            found.append(names(each.get_children()))
    return found


def huedot(name, **arguments):
    """Run one of HueDot's procedures on `image`, from a script."""
    return run_procedure(f"huedot-{name}", run_mode=Gimp.RunMode.NONINTERACTIVE, image=image, drawables=[], **arguments)
