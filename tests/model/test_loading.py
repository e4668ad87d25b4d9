import os
import pickle
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from huedot.model import loading
from huedot.model.networks.siggraph17 import GlobalHints, LocalHints
from huedot.protocol.errors import ArgumentError, FileError, WeightsCorrupt, WeightsMissing
from huedot.weights import files


def tiny_network():
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.BatchNorm2d(2))


def tiny_weights():
    torch.manual_seed(7)
    return {name: torch.rand(t.shape).to(t.dtype) for name, t in tiny_network().state_dict().items()}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A file like the published one: in the pickled format of 2018, without `num_batches_tracked`."""
    torch.manual_seed(3)
    weights = {k: v for k, v in LocalHints().state_dict().items() if not k.endswith("num_batches_tracked")}
    path = tmp_path_factory.mktemp("published") / "siggraph17-df00044c.pth"
    torch.save(OrderedDict(weights), path, _use_new_zipfile_serialization=False)
    return path


class Bomb:
    def __init__(self, canary: Path):
        self.canary = canary

    def __reduce__(self):
        return os.mkdir, (str(self.canary),)


def assert_holds(tensors, expected):
    assert tensors.keys() == expected.keys()
    for name, tensor in tensors.items():
        torch.testing.assert_close(tensor, expected[name], atol=0, rtol=0)


@pytest.mark.parametrize("zipped", [True, False])
def test_pth_and_pt_are_read(tmp_path, zipped):
    for name in ("a.pth", "a.pt"):
        torch.save(tiny_weights(), tmp_path / name, _use_new_zipfile_serialization=zipped)
        tensors, metadata = loading.read_weights(tmp_path / name)
        assert_holds(tensors, tiny_weights())
        assert metadata == {}


def test_safetensors_are_read_with_their_metadata(tmp_path):
    save_file(tiny_weights(), tmp_path / "a.safetensors", {"architecture": "huedot"})
    tensors, metadata = loading.read_weights(str(tmp_path / "a.safetensors"))
    assert_holds(tensors, tiny_weights())
    assert metadata == {"architecture": "huedot"}


def test_the_prefix_of_data_parallel_and_the_metadata_of_a_state_dict_do_no_harm(tmp_path):
    network = nn.DataParallel(tiny_network())
    state = network.state_dict()
    assert state._metadata
    assert all(name.startswith("module.") for name in state)
    torch.save(state, tmp_path / "a.pth")
    tensors, _ = loading.read_weights(tmp_path / "a.pth")
    assert_holds(tensors, network.module.state_dict())


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("wrap", [lambda bomb: bomb, lambda bomb: {**tiny_weights(), "0.weight": bomb}])
def test_a_pickle_bomb_is_refused_and_does_not_go_off(tmp_path, wrap, zipped):
    canary = tmp_path / "canary"
    torch.save(wrap(Bomb(canary)), tmp_path / "bomb.pth", _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightsCorrupt, match=r"bomb\.pth.*refused.*huedot weights fetch"):
        loading.read_weights(tmp_path / "bomb.pth")
    assert not canary.exists()


def test_a_bare_pickle_bomb_does_not_go_off_under_any_suffix(tmp_path):
    canary = tmp_path / "canary"
    for suffix in (*files.SUFFIXES, ".pkl"):
        path = tmp_path / f"bomb{suffix}"
        path.write_bytes(pickle.dumps(Bomb(canary)))
        with pytest.raises(WeightsCorrupt, match=f"bomb{suffix}"):
            loading.read_weights(path)
    assert not canary.exists()


@pytest.mark.parametrize("kept", [0, 5, 100, 0.5, 0.99])
@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_a_truncated_or_empty_file_is_named(tmp_path, kind, kept):
    path = tmp_path / ("a.safetensors" if kind == "safetensors" else "a.pth")
    if kind == "safetensors":
        save_file(tiny_weights(), path)
    else:
        torch.save(tiny_weights(), path, _use_new_zipfile_serialization=kind == "zip")
    content = path.read_bytes()
    path.write_bytes(content[: kept if isinstance(kept, int) else int(kept * len(content))])
    with pytest.raises(WeightsCorrupt, match=rf"{path.name}.*huedot weights fetch NAME"):
        loading.read_weights(path)


@pytest.mark.parametrize("content", [b"<html>404 Not Found</html>", b"\x89PNG\r\n\x1a\n" + bytes(64), bytes(999)])
@pytest.mark.parametrize("suffix", files.SUFFIXES)
def test_a_file_of_something_else_is_named(tmp_path, content, suffix):
    path = tmp_path / f"page{suffix}"
    path.write_bytes(content)
    with pytest.raises(WeightsCorrupt, match=f"page{suffix}"):
        loading.read_weights(path)


@pytest.mark.parametrize("content", [torch.zeros(3), {}, [torch.zeros(3)], {"state": 3}, {1: torch.zeros(3)}])
def test_a_pth_of_something_else_than_named_tensors_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(WeightsCorrupt, match=r"a\.pth holds"):
        loading.read_weights(tmp_path / "a.pth")


def test_a_missing_file_is_missing_and_a_folder_is_unreadable(tmp_path):
    with pytest.raises(WeightsMissing, match=r"none\.pth.*Check the path"):
        loading.read_weights(tmp_path / "none.pth")
    (tmp_path / "folder.pth").mkdir()
    with pytest.raises(FileError, match=r"folder\.pth cannot be read"):
        loading.read_weights(tmp_path / "folder.pth")


def test_half_precision_becomes_single():
    network = tiny_network()
    half = {name: t.half() if t.is_floating_point() else t for name, t in tiny_weights().items()}
    loading.load_into(network, half, "half.safetensors")
    state = network.state_dict()
    assert state["0.weight"].dtype == torch.float32
    torch.testing.assert_close(state["0.weight"], tiny_weights()["0.weight"].half().float(), atol=0, rtol=0)


def test_missing_unexpected_and_misshapen_tensors_are_named_and_nothing_is_loaded():
    network = tiny_network()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    tensors = tiny_weights()
    del tensors["2.running_var"], tensors["2.num_batches_tracked"]
    tensors |= {f"extra{i}": torch.zeros(1) for i in range(9)} | {"0.weight": torch.zeros(2, 3, 3, 3)}
    with pytest.raises(WeightsCorrupt) as caught:
        loading.load_into(network, tensors, "odd.pth")
    message = str(caught.value)
    assert "odd.pth does not fit" in message
    assert "missing: 2.running_var;" in message
    assert "unexpected: extra0, extra1, extra2, extra3 and 5 more" in message
    assert "of the wrong shape: 0.weight (2, 3, 3, 3) for (2, 1, 3, 3)" in message
    assert_holds(network.state_dict(), before)


def test_the_architecture_is_in_the_metadata_or_in_the_keys():
    with torch.device("meta"):
        local, globally = LocalHints().state_dict(), GlobalHints().state_dict()
    assert loading.architecture_of(local, {}) == "siggraph17"
    assert loading.architecture_of(globally, {"format": "pt"}) == "siggraph17-global"
    assert loading.architecture_of({"hints4.weight": torch.zeros(1)}, {}) == "huedot"
    assert loading.architecture_of({}, {"architecture": "siggraph17"}) == "siggraph17"
    with pytest.raises(WeightsCorrupt, match=r"begin 0\.weight, 0\.bias"):
        loading.architecture_of(tiny_weights(), {})
    with pytest.raises(WeightsCorrupt, match="'eccv16'"):
        loading.architecture_of(local, {"architecture": "eccv16"})


def test_the_mask_center_is_in_the_metadata_or_in_the_name():
    assert loading.mask_center_of("pytorch.pth", {"mask_center": "0.0"}) == 0.0
    assert loading.mask_center_of("a.safetensors", {"mask_center": "0.5"}) == 0.5
    assert loading.mask_center_of(Path("models/pytorch_trained.pth"), {}) == 0.5
    assert loading.mask_center_of("models/pytorch/caffemodel.pth", {}) == 0.0
    with pytest.raises(WeightsCorrupt, match="mask_center 'half'"):
        loading.mask_center_of("a.safetensors", {"mask_center": "half"})


def test_published_weights_survive_conversion(published, tmp_path):
    destination = tmp_path / "new" / "siggraph17.safetensors"
    loading.convert(published, destination)
    tensors, metadata = loading.read_weights(destination)
    assert metadata == {"architecture": "siggraph17", "mask_center": "0.0", "ab_scale": "110.0", "format": "pt"}
    assert_holds(tensors, loading.read_weights(published)[0])
    assert list(destination.parent.iterdir()) == [destination]
    network = LocalHints()
    loading.load_into(network, tensors, destination)
    assert_holds({name: network.state_dict()[name] for name in tensors}, tensors)


def test_conversion_takes_the_mask_center_of_the_family_or_the_one_given(published, tmp_path):
    (tmp_path / "pytorch_trained.pth").symlink_to(published)
    for given, expected in ((None, "0.5"), (0.0, "0.0")):
        loading.convert(tmp_path / "pytorch_trained.pth", tmp_path / "a.safetensors", given)
        assert loading.read_weights(tmp_path / "a.safetensors")[1]["mask_center"] == expected


def test_a_failed_conversion_leaves_the_destination_as_it_was(published, tmp_path):
    torch.save(tiny_weights(), tmp_path / "other.pth")
    destination = tmp_path / "a.safetensors"
    destination.write_bytes(b"kept")
    with pytest.raises(WeightsCorrupt, match=r"other\.pth holds weights for no network"):
        loading.convert(tmp_path / "other.pth", destination)
    assert destination.read_bytes() == b"kept"
    with pytest.raises(FileError, match="cannot be written"):
        loading.convert(published, destination / "below-a-file.safetensors")
    assert sorted(tmp_path.iterdir()) == [destination, tmp_path / "other.pth"]


def test_a_conversion_that_stops_half_way_leaves_nothing_behind(published, tmp_path, monkeypatch):
    def full_disk(tensors, path, metadata):
        Path(path).write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(loading, "save_file", full_disk)
    destination = tmp_path / "a.safetensors"
    destination.write_bytes(b"kept")
    with pytest.raises(FileError, match=r"a\.safetensors cannot be written: no space left.*Make room"):
        loading.convert(published, destination)
    assert destination.read_bytes() == b"kept"
    assert list(tmp_path.iterdir()) == [destination]


def test_names_are_found_in_the_weights_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HUEDOT_WEIGHTS", str(tmp_path))
    path = tmp_path / "siggraph17.safetensors"
    path.touch()
    assert files.find("siggraph17") == path
    monkeypatch.delenv("HUEDOT_WEIGHTS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert files.weights_folder().parts[-2:] == ("huedot", "weights")


@pytest.mark.parametrize("given", ["here.pth", "here.PT", f"folder{os.sep}huedot", "huedot.safetensors"])
def test_a_path_is_found_where_it_says(given):
    assert files.find(given) == files.find(Path(given)) == Path(given)


def test_absent_published_weights_come_with_the_way_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setenv("HUEDOT_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsMissing) as caught:
        files.find("siggraph17")
    assert str(tmp_path / "siggraph17.safetensors") in caught.value.message
    assert "huedot weights fetch siggraph17, or" in caught.value.remedy
    assert "huedot weights import FILE" in caught.value.remedy
    with pytest.raises(WeightsMissing, match="huedot weights fetch siggraph17-global"):
        files.find("siggraph17-global")


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ArgumentError, match=r"'eccv16'.*huedot, siggraph17, siggraph17-global"):
        files.find("eccv16")
