"""A GPU without room. The machines that run these tests have none: the process is told that it has, and torch, whose
own errors these are, that there is no room on it. Everything else is real.
"""

import pytest

from huedot.protocol.client import Client
from huedot.protocol.messages import Hints

from ..daemon.conftest import Daemon
from .conftest import DOT, altered, normal_request, photograph

PRETENDED = """
import torch

torch.cuda.is_available = lambda: True
torch.cuda.is_bf16_supported = lambda: False
torch.cuda.empty_cache = lambda: None

def is_gpu(words):
    return any("cuda" in str(word) for word in words)

def without_room(original, dimensions):
    def to(self, *words, **more):
        if not is_gpu(words):
            return original(self, *words, **more)
        if getattr(self, "ndim", 0) in dimensions:
            raise {error}
        return self

    return to

torch.nn.Module.to = without_room(torch.nn.Module.to, {network})
torch.Tensor.to = without_room(torch.Tensor.to, (4,))
"""
ERRORS = {
    "torch's own": "torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 20.00 MiB.')",
    "the driver's": "RuntimeError('CUDA error: out of memory')",
    "cuBLAS's": "RuntimeError('CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)')",
}


@pytest.mark.parametrize(
    ("when", "network", "error"),
    [
        ("at load", "(0,)", "cuBLAS's"),
        ("at load", "(0,)", "the driver's"),
        ("at the first photograph", "()", "torch's own"),
    ],
)
def test_no_room_on_the_gpu(runtime, tiny_weights, tmp_path, figure, when, network, error):
    """The CPU takes over; that request and those after it are answered, and say so."""
    code = PRETENDED.replace("{error}", ERRORS[error]).replace("{network}", network)
    daemon = Daemon("--model", tiny_weights, "--device", "cuda").start(**altered(tmp_path, code, only_child=True))
    try:
        with Client("tests", "1", launch=False) as client:
            image = client.open_image(photograph(), 64, 48, 1)
            answer = client.colorize(image, Hints(dots=[DOT]))
            assert answer.device == "cpu"
            assert any("memory" in warning for warning in answer.warnings)
            again = client.colorize(image, Hints(dots=[DOT]))
        assert again.tiles[0].pixels.tobytes() == answer.tiles[0].pixels.tobytes()
        assert normal_request()
        assert "Traceback" not in daemon.read_said()
    finally:
        daemon.close()
    figure(f"no room on the GPU {when}: {error} error", "no request failed; colored on the CPU, which the answer says")
