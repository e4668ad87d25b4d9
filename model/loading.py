"""Weight files: where they are, what is in them, and reading them without ever running code from them."""

from __future__ import annotations

import math
import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from huedot.model import caffe
from huedot.model.networks.siggraph17 import AB_SCALE, CAFFE_AB_SCALE, CaffeLocalHints, GlobalHints, LocalHints
from huedot.protocol.errors import FileError, WeightsCorrupt, WeightsMissing
from huedot.protocol.paths import writing_whole
from huedot.weights.files import MODELS, PICKLED, SUFFIXES, refused

# One key of each architecture that the others lack, for files without metadata.
_TELLING_KEYS = {
    "siggraph17": "model_class.0.weight",
    "siggraph17-global": "glob_conv1.weight",
    "huedot": "hints4.weight",
}
_NAMES_SHOWN, _NAME_LENGTH = 4, 80
# Counts are whole.
DTYPES = {torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64}


def read_weights(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors of a file, on the CPU and of its own dtypes, and its metadata: none of .pth and .pt.

    A pickled file is read as tensors only: whatever else it asks for is refused, never run. A `module.` in
    front of every key, which `DataParallel` leaves there, is dropped. A Caffe file comes with metadata
    (`caffe.read`). Raises `WeightsMissing` for no file, `FileError` for one that may not be read, and
    `WeightsCorrupt` for one that is damaged, unsafe, or holds no weights.
    """
    path = Path(path)
    if not path.exists():
        raise WeightsMissing(f"There is no weights file {path}.", "Check the path, or name a model that is installed.")
    # It may be a folder; or a pipe, at which one would wait forever.
    if not path.is_file():
        raise FileError(f"{path} cannot be read: it is not a file.", "Name a weights file: huedot weights list.")
    try:
        if path.suffix.lower() == ".safetensors":
            return _read_safetensors(path)
        if path.suffix.lower() in PICKLED:
            return _read_pickled(path), {}
        if path.suffix.lower() == ".caffemodel":
            return caffe.read(path)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.", "Check its permissions.") from error
    raise refused(path, "is not a weights file", f"Those end in {', '.join(SUFFIXES)}.")


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is not a dict)
            metadata = dict(file.metadata() or {})
    except SafetensorError as error:
        raise refused(path, f"is damaged, or no safetensors file ({error})") from error
    return _checked(tensors, path), metadata


def _read_pickled(path: Path) -> dict[str, Tensor]:
    tensors = _checked(_unpickled(path), path)
    if all(name.startswith("module.") for name in tensors):
        tensors = {name.removeprefix("module."): tensor for name, tensor in tensors.items()}
    return tensors


def _unpickled(path: Path) -> object:
    """Read what may be hostile: a boundary, for no list of exceptions covers all that bad bytes can raise."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except pickle.UnpicklingError as error:
        raise refused(path, "is damaged, or asks for more than tensors, which was refused") from error
    except Exception as error:
        raise refused(path, f"is damaged ({type(error).__name__})") from error


def _checked(content: object, path: Path) -> dict[str, Tensor]:
    if not isinstance(content, Mapping) or not content:
        raise refused(path, f"holds no weights but {type(content).__name__}")
    for name, tensor in content.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise refused(path, f"holds more than named tensors: {name!r:.80}", "Of your own, save only a state_dict.")
        if tensor.layout != torch.strided or tensor.dtype not in DTYPES or tensor.is_meta:
            raise refused(path, f"holds {_some([name])} as {tensor.dtype}, {tensor.layout}, on {tensor.device}")
    return {name: tensor.detach() for name, tensor in content.items()}


def architecture_of(tensors: Mapping[str, Tensor], metadata: Mapping[str, str], path: str | Path = "The file") -> str:
    """Return which of `MODELS` the weights are for: by the metadata or, without it, by the keys.

    Raises `WeightsCorrupt`, naming the file and its first keys, if they are for none of them.
    """
    claimed = metadata.get("architecture")
    if claimed in MODELS:
        return claimed
    if claimed is not None:
        known = f"This HueDot knows {', '.join(MODELS)}; a newer one may know more."
        raise refused(path, f"holds weights for {claimed!r:.40}", known)
    for architecture, key in _TELLING_KEYS.items():
        if key in tensors:
            return architecture
    raise refused(path, f"holds weights for no network of HueDot's; their keys begin {_some(list(tensors))}")


def mask_center_of(path: str | Path, metadata: Mapping[str, str]) -> float:
    """Return the `mask_center` of Local Hints weights: from the metadata or, without it, the name.

    A .pth says nothing about it, and guessing wrong makes hints color only a blob. The authors call the one
    family that needs 0.5 `pytorch.pth`, saved as `pytorch_trained.pth`: so `pytorch*.pth` means 0.5 and any
    other name 0.0. Raises `WeightsCorrupt` if the metadata holds no number.
    """
    name = Path(path).name.lower()
    return _number(metadata, "mask_center", 0.5 if name.startswith("pytorch") and name.endswith(".pth") else 0.0, path)


def _number(metadata: Mapping[str, str], name: str, default: float, path: str | Path) -> float:
    claimed = metadata.get(name, default)
    try:
        number = float(claimed)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise refused(path, f"has {name} {claimed!r}")
    return number


def published_network(
    architecture: str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str], path: str | Path
) -> nn.Module:
    """Build the network of the authors' that weights are for, its tensors not yet set. Raises `WeightsCorrupt`."""
    if architecture == "siggraph17-global":
        return GlobalHints(_number(metadata, "ab_scale", CAFFE_AB_SCALE, path))
    kind = CaffeLocalHints if "pred_313.weight" in tensors else LocalHints
    return kind(mask_center_of(path, metadata), _number(metadata, "ab_scale", AB_SCALE, path))


def load_into(network: nn.Module, tensors: Mapping[str, Tensor], path: str | Path) -> None:
    """Copy the tensors into the network, which keeps its own dtype: half precision becomes single.

    `num_batches_tracked` may be absent, as it is from files of 2018. Raises `WeightsCorrupt`, naming the
    first keys that are missing, unexpected, of the wrong shape or not finite, and then leaves the network as it was.
    """
    own = network.state_dict()
    check_fit(own, tensors, path)
    _check_finite(tensors, Path(path))
    network.load_state_dict({**own, **tensors})


def check_fit(own: Mapping[str, Tensor], tensors: Mapping[str, Tensor], path: str | Path) -> None:
    """Raise `WeightsCorrupt` unless the tensors are those of a network, whose state is `own`, in name and shape."""
    required = [name for name in own if not name.endswith("num_batches_tracked")]
    shared = [name for name in own if name in tensors and tensors[name].shape != own[name].shape]
    problems = {
        "missing": [name for name in required if name not in tensors],
        "unexpected": [name for name in tensors if name not in own],
        "of the wrong shape": [f"{n} {tuple(tensors[n].shape)} for {tuple(own[n].shape)}" for n in shared],
    }
    found = [f"{what}: {_some(names)}" for what, names in problems.items() if names]
    if found:
        raise refused(path, f"does not fit the network. {'; '.join(found)}")


def _check_finite(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Refuse weights that would color every picture black."""
    broken = [name for name, tensor in tensors.items() if not bool(tensor.isfinite().all())]
    if broken:
        raise refused(path, f"holds NaN or infinity: {_some(broken)}")


def _some(names: list[str]) -> str:
    more = len(names) - _NAMES_SHOWN
    return ", ".join(name[:_NAME_LENGTH] for name in names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def convert(source: str | Path, destination: str | Path, mask_center: float | None = None) -> None:
    """Write published weights as safetensors, whose metadata say their architecture and what else they need.

    Without a `mask_center` it is `mask_center_of` the source. The destination appears whole or not at all.
    Raises what `read_weights` does, `WeightsCorrupt` for weights of another network, and `FileError` if it
    cannot write.
    """
    source, destination = Path(source), Path(destination)
    tensors, metadata = read_weights(source)
    described = _described(tensors, metadata, source, mask_center)
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        with writing_whole(destination) as part:
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, part, described)
    except (OSError, SafetensorError) as error:
        raise FileError.unwritable(destination, error, "Check the folder and the free space.") from error


def _described(
    tensors: Mapping[str, Tensor], metadata: Mapping[str, str], source: Path, mask_center: float | None
) -> dict[str, str]:
    """Return the metadata of published weights, once it is sure that they are."""
    architecture = architecture_of(tensors, metadata, source)
    if architecture == "huedot":
        raise WeightsCorrupt(f"{source} is for the network huedot.", f"Use it where it is: --model {source}")
    # Only the keys and shapes are wanted.
    with torch.device("meta"):
        network = published_network(architecture, tensors, metadata, source)
    check_fit(network.state_dict(), tensors, source)
    _check_finite(tensors, source)
    described = {"architecture": architecture, "ab_scale": str(network.ab_scale), "format": "pt"}
    if isinstance(network, LocalHints):
        described["mask_center"] = str(float(network.mask_center if mask_center is None else mask_center))
    return described
