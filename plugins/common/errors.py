"""The one tree of HueDot's errors. Each has a stable `code`, which is also what travels on the wire."""

from __future__ import annotations

# Characters of a sentence: what a stranger or a file says of itself may be quoted, and has no end.
LONGEST = 5000


class HueDotError(Exception):
    """An error a user can act on.

    `message` says what happened, and to which file, layer or argument; `remedy` says what to do about it.
    """

    code = "internal"

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message, self.remedy = sayable(message), sayable(remedy)
        super().__init__(self.message, self.remedy)

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


def sayable(text: str) -> str:
    """Return a text that can be printed and sent: short enough, and in characters that UTF-8 has."""
    # The names of files may be no text at all.
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"


class ArgumentError(HueDotError, ValueError):
    """A value that the Python API or a request cannot work with; `argument` names it."""

    code = "bad_argument"

    def __init__(self, argument: str, message: str, remedy: str = "") -> None:
        super().__init__(f"{argument}: {message}", remedy)
        self.argument = argument


class FileError(HueDotError):
    """A file that is missing, unreadable, or not what its name promises."""

    code = "bad_file"

    @classmethod
    def unwritable(cls, path: object, error: Exception, remedy: str) -> FileError:
        """Return what is said of a file that cannot be written."""
        return cls(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}.", remedy)


class BadRequest(HueDotError):
    """A message that does not follow the protocol."""

    code = "bad_request"


class TooLarge(HueDotError):
    """A message, image or count above a stated limit."""

    code = "too_large"


class ImageUnknown(HueDotError):
    """The daemon no longer holds this image; send its pixels again with `open_image`."""

    code = "image_unknown"


class UnsupportedVersion(HueDotError):
    """The two sides speak protocol versions that do not fit."""

    code = "unsupported_version"


class Unauthorized(HueDotError):
    """A signature is missing or wrong, or an endpoint file cannot be trusted."""

    code = "unauthorized"


class Busy(HueDotError):
    """The daemon's queue is full; try again in a moment."""

    code = "busy"


class Cancelled(HueDotError):
    """The request was cancelled by its sender."""

    code = "cancelled"


class OutOfMemory(HueDotError):
    """Neither the GPU nor the CPU has the memory for this request."""

    code = "out_of_memory"


class WorkerCrashed(HueDotError):
    """The daemon's computing process ended in the middle of this request; another takes its place."""

    code = "worker_crashed"


class WeightsMissing(HueDotError):
    """The weights of the model asked for are not on this machine."""

    code = "weights_missing"


class WeightsCorrupt(HueDotError):
    """A weights file is damaged, unsafe, or of another architecture."""

    code = "weights_corrupt"


class DaemonUnreachable(HueDotError):
    """No daemon answers, or the one that did is gone."""

    code = "daemon_unreachable"


# What libraries say, each in words of its own.
NO_MEMORY = (
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "cannot allocate memory",
    "failed to map segment",
    "unable to allocate",
    "std::bad_alloc",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)


def is_memory_gone(error: BaseException) -> bool:
    """Return whether memory did not suffice, whatever raised that."""
    # PyTorch's own class is known by its name: this room has no PyTorch
    if isinstance(error, MemoryError) or "OutOfMemoryError" in [kind.__name__ for kind in type(error).__mro__]:
        return True
    return any(words.lower() in str(error).lower() for words in NO_MEMORY)


def out_of_memory() -> OutOfMemory:
    """Return the error for whoever has met a lack of memory."""
    return OutOfMemory("The memory does not suffice.", "Close other photographs and programs, then try again.")


def error_from_code(code: str, message: str, remedy: str) -> HueDotError:
    """Rebuild an error that came over the wire; a code this version does not know becomes a plain HueDotError."""
    for kind in HueDotError.__subclasses__():
        if kind.code == code:
            error = kind.__new__(kind)
            HueDotError.__init__(error, message, remedy)
            if isinstance(error, ArgumentError):
                error.argument = message.partition(":")[0]
            return error
    error = HueDotError(message, remedy)
    error.code = code
    return error
