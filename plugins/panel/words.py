"""Every word that the panels show, so that Krita and GIMP say the same."""

TITLE = "HueDot"
IMAGE = "Image"

START = "Start"
START_TIP = "Add a layer for your dots and, beneath it, one for the result"
BRING_BACK = "Bring the dots back"
BRING_BACK_TIP = "Redo what took the layers away"
START_EMPTY = "Start with empty layers"
START_EMPTY_TIP = "Add what is missing, empty. What Redo would bring back, dots and all, is then lost"
REFRESH = "Refresh"
REFRESH_TIP = "Read the photograph and the dots again, and recolor"
LIVE = "Live"
LIVE_TIP = "Color again after every stroke"
SELECTION_ONLY = "Only the selection"
SELECTION_ONLY_TIP = "Change the result only where the image is selected, or was selected last"
CONFINED = "Only what is selected changes."
CONFINED_LAST = "Nothing is selected: only what was selected last changes. Uncheck this to change everything."
NOTHING_IS_SELECTED = "Nothing is selected."
NOTHING_SELECTED = "Nothing is selected, so nothing changes. Select a part, or uncheck “Only the selection”."
NEW_REGION = "New region from selection"
NEW_REGION_TIP = "Add a layer whose dots color only inside what is selected; paint on its mask to change where"
NEW_REGION_WHY_NOT = "Select a part of the image first: its dots will color only inside it"
REGIONS_UNKNOWN = "The running daemon is too old for regions, and colors without them. Restart it: huedot restart."
DRAFT = "Draft while painting"
DRAFT_TIP = "Color around the newest dot first, and the rest when you pause"

SUGGESTED = "Suggested colors"
SUGGESTED_TIP = "{color}, {percent:.0f} % likely here. Click to paint with it; Shift-click to repaint the dot."
NO_PLACE = "Paint a dot, or click on the overview."
GAMUT = "Possible colors"
GAMUT_TIP = "All colors that this place can have. Click to paint with one."
OUT_OF_GAMUT = "No screen shows that color at this lightness."
PLACE_IS_BLACK = "This place is black, and shows no color. These show where it is lighter."
PLACE_IS_WHITE = "This place is white, and shows no color. These show where it is darker."
RECENT = "Recently used"
RECENT_TIP = "{color}. Click to paint with it; Shift-click to repaint the dot."

NAMED = "Named colors"
NAMED_TIP = "{name}, {color}. Click to paint with it; Shift-click to repaint the dot."
SETS_TIP = "A set of colors, each as it looks at the lightness of this place; on its right, as the set has it"
NAME = "Name of this dot's color"
KEEP = "Keep"
KEEP_TIP = "Keep {color} under this name, for other photographs, too"
NOTHING_TO_KEEP = "Paint a dot: its color can be kept under a name."
KEPT = "“{name}” is {color}, in every photograph."
KEPT_INSTEAD = "“{name}” is {color} now; it was {before}."

POINTED_AT = "{across:.0f} % from the left, {down:.0f} % from the top. The arrow keys move, Space takes it."

OVERVIEW = "Overview"
OVERVIEW_TIP = "Click where you want colors suggested"
WHERE_NEXT = "Where next?"
WHERE_NEXT_TIP = "Mark the places where a dot would help most"
VARIATIONS = "Variations"
VARIATIONS_TIP = "Six plausible colorings to choose from; a click takes one, with its dots"
VARIATION_TAKEN = "Its dots are on the hint layer."
VARIATIONS_FOUND = "Click on one to take its dots; another replaces them."
VARIATIONS_STALE = "Found before your latest dots: press Variations to find others."

COLORS_FROM = "Colors from"
NO_OTHER = "The network's own"
SATURATION = "Saturation"
SATURATION_TIP = "How colorful the whole is, dots and all; asked of the network"
VIVIDNESS = "Vividness"
VIVIDNESS_TIP = "How strong colors are where no dot reaches; your dots keep theirs"
AUTOMATIC = "Automatic"

MODEL = "Network"
MODEL_TIP = "Which network colors. huedot weights fetch brings others"
MODELS = {
    "huedot": "HueDot",
    "siggraph17": "Zhang et al. 2017",
    "siggraph17-global": "Zhang et al. 2017, without dots",
}

RETRY = "Try again"
DIAGNOSTICS = "Copy diagnostics"
DIAGNOSTICS_COPIED = "Diagnostics copied."
REPORT = "Please copy the diagnostics into a bug report."
CONVERT = "Convert to RGB"
IS_GRAY = "This image is in grayscale, which shows no color."
IS_INDEXED = "This image has a fixed set of colors, which does not hold those to come."
CANCEL = "Cancel"
CONVERT_ASK = "Convert this image to RGB, at its own bit depth? You can undo it."

HINT_LAYER = "Color hints"
RESULT_LAYER = "Color (HueDot)"
GROUP = "HueDot"
REGION = "Region {number}"
REGION_MASK = "Region"
SELECT_FIRST = "Select a part of the image, and try again."

NO_IMAGE = "Open a photograph."
NOT_STARTED = "Press Start to color this photograph."
CONNECTING = "Starting HueDot…"
READING = "Reading the photograph…"
OPENING = "Looking at the photograph…"
READY = "Ready on {device}."
COLORED = "Colored on {device} in {time}."
COLORING = "Coloring…"
LOOKING = "Looking for the places…"
TRYING_COLORS = "Trying colors…"
SAVED = "The result is as it was saved; it follows from the next dot on."
PAUSED = "Live is off: press Refresh."
LAYERS_GONE = "The hint layer or the result layer is gone. Redo, or undo, brings it back with its dots."
LAYERS_UNDONE = "The hint layer or the result layer was undone. Redo brings it back with its dots."
SEVERAL_RESULTS = "Several layers may be the result, so HueDot writes to none. Press Start for another."
RESULT_PAINTED = "“{layer}” was changed by hand, so HueDot does not write to it."
UNDO_OR_START = "Undo that, or press Start for a new result layer."
NOTHING_BENEATH = "There is no photograph beneath the layer “Color (HueDot)”."
MOVE_ABOVE = "Move the group “HueDot” above the photograph, make sure that the photograph is visible, and try again."
ON_RESULT = "The result is selected, on which HueDot paints. Select “Color hints” to paint dots."
ON_PHOTOGRAPH = (
    "You painted on “{layer}”, which the result covers. Undo brings it back; select “Color hints” to paint dots."
)
NOT_READ = "“{layer}” is selected, where HueDot looks for no dots. It reads those on “{hints}”."
RESULT_UNLOCKED = "“{layer}” is unlocked, so what is on it is yours, and HueDot does not write to it."
LOCK_OR_COPY = "Duplicate it if you want to keep what you painted, lock it again, and try again."
UNDO_STROKE = "Undo the stroke"
UNDO_STROKE_TIP = "Bring the photograph back as it was"
HIDE_DOTS = "Hide dots"
HIDE_DOTS_TIP = "Hide the hint layer, as before you export; its dots still count"
RESULT_IS_GRAY = "The result layer is in grayscale, which shows no color."
UNDO_OR_DELETE = "Undo its conversion, or delete it and press Start."
HINTS_LOCKED = "The pixels of the hint layer are locked."
UNLOCK_HINTS = "Unlock it in the list of layers, and try again."
HINTS_CHANGING = "The hint layer was being changed meanwhile."
WAIT_AND_TRY = "Try again when the stroke is done."
REFERENCE_FORGOTTEN = "The borrowed colors are no longer there."
CHOOSE_AGAIN = "Choose the image under “Colors from” again."
IMAGE_CLOSED = "The image was closed meanwhile."
OPEN_IT = "Open it, and try again."
IMAGE_CHANGED = "The image changed meanwhile."
TRY_AGAIN = "Try again."
RESULT_LOCKED = "The pixels of the result layer are locked."
UNLOCK = "Unlock “Color (HueDot)” in the list of layers, and try again."
NO_CHOICE = "No place is chosen."
CHOOSE = "Select it, or set a sample point there, and try again."
NO_OTHER_IMAGE = "No other image is open."
OPEN_OTHER = "Open the one whose colors you want, and try again."


def device_of(name: str) -> str:
    """Return a device's name for people."""
    kind = name.partition(":")[0]
    return {"cpu": "the CPU", "cuda": "the GPU", "mps": "the GPU", "auto": "this computer"}.get(
        kind, name or "the daemon"
    )


def model_of(name: str) -> str:
    """Return a network's name for people; one that is a path goes by its file."""
    return MODELS.get(name) or name.replace("\\", "/").rpartition("/")[2]


def name_of(rgb: tuple[int, int, int]) -> str:
    """Return a color as people write it."""
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def duration(milliseconds: float) -> str:
    """Return how long something took, as people read it."""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def percent(share: float) -> str:
    """Return a share, 0..1, as people write it."""
    return f"{share * 100:.0f} %"
