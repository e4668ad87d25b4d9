# What tests say to this Krita. It runs in the pilot's own namespace, which has `app` and all of Qt.
# ruff: noqa: F821 - the pilot brings the names

app.setBatchmode(True)


def show(path):
    document = app.openDocument(path)
    app.activeWindow().addView(document)
    app.setActiveDocument(document)


def window():
    return app.activeWindow().qwindow()


def canvas():
    sub = window().findChild(QMdiArea).activeSubWindow()
    kinds = ("KisOpenGLCanvas2", "KisQPainterCanvas")
    shown = [w for w in sub.findChildren(QWidget) if w.metaObject().className() in kinds]
    return shown[0] if shown else None


def on_screen(x, y):
    # Krita 5.1 has no flakeToCanvasTransform: the middle of the scroll bars is the middle of the image
    sub = window().findChild(QMdiArea).activeSubWindow()
    areas = sub.findChildren(QAbstractScrollArea)
    control = next(w for w in areas if w.metaObject().className() == "KisCanvasController")
    document, view, widget = app.activeDocument(), app.activeWindow().activeView(), canvas()
    zoom = view.canvas().zoomLevel() * 72.0 / document.resolution()

    def middle(bar, size):
        return size / 2 + (bar.value() - (bar.minimum() + bar.maximum()) / 2) / zoom

    right = (x - middle(control.horizontalScrollBar(), document.width())) * zoom
    down = (y - middle(control.verticalScrollBar(), document.height())) * zoom
    place = QPoint(round(widget.width() / 2 + right), round(widget.height() / 2 + down))
    shown = widget.mapToGlobal(place)
    ratio = widget.devicePixelRatioF()
    return shown.x() * ratio, shown.y() * ratio


def pixel(node, x, y):
    return list(bytes(node.pixelData(x, y, 1, 1)))


def node(name, root=None):
    for child in (root or app.activeDocument().rootNode()).childNodes():
        found = child if child.name() == name else node(name, child)
        if found:
            return found


def brush(color, size):
    view = app.activeWindow().activeView()
    preset = app.resources("preset").get("b) Basic-1")
    if preset:
        view.setCurrentBrushPreset(preset)
    from krita import ManagedColor

    managed = ManagedColor("RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc")
    red, green, blue = color
    managed.setComponents([blue / 255, green / 255, red / 255, 1.0])
    view.setForeGroundColor(managed)
    view.setBrushSize(size)


def leave():
    def quit():
        for document in app.documents():
            document.setModified(False)
            document.close()
        window().close()

    QTimer.singleShot(50, quit)


def question():
    box = QApplication.activeModalWidget()
    return box if isinstance(box, QMessageBox) else None


def dress(width, height):
    # room for the docker, and the same window every time; without a window manager nobody else does it
    for docker in app.dockers():
        if docker.objectName() in ("PresetDocker", "ColorSelectorNg", "sharedtooldocker"):
            docker.setVisible(False)
    docker = huedot()
    docker.setVisible(True)
    docker.raise_()
    window().setGeometry(0, 0, width, height)
    window().resizeDocks([docker], [300], Qt.Orientation.Horizontal)
    window().resizeDocks([docker], [height - 250], Qt.Orientation.Vertical)


def huedot():
    return next(docker for docker in app.dockers() if docker.objectName() == "huedot")


def controller():
    return huedot().controller


def state():
    return controller().state


def count():
    return len(state().result.times)


def rgb_at(node, x, y):
    blue, green, red, alpha = bytes(node.pixelData(x, y, 1, 1))
    return [red, green, blue, alpha]


def shown_at(x, y):
    return list(QColor(app.activeDocument().projection(x, y, 1, 1).pixel(0, 0)).getRgb())[:3]


def checksum(node):
    import hashlib

    document = app.activeDocument()
    return hashlib.sha256(node.pixelData(0, 0, document.width(), document.height())).hexdigest()


def undo():
    app.action("edit_undo").trigger()
    app.activeDocument().waitForDone()


def redo():
    app.action("edit_redo").trigger()
    app.activeDocument().waitForDone()


def layers():
    return [child.name() for child in app.activeDocument().topLevelNodes()]


def close_all():
    for document in app.documents():
        document.setModified(False)
        document.close()
