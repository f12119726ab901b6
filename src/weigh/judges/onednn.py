"""Matrix products by oneDNN, with each weight laid out once in the order in which the processor reads it.

torch gives fp32 products to MKL, which does not use the full width of AMD's vectors: on such a machine oneDNN's are
2.4 times as fast, and as exact. bf16 products are oneDNN's already and gain the few per cent of the layout.
"""

from __future__ import annotations

from typing import Any

from weigh.core.errors import need

# Rows of input for which the layout is chosen; products of any other number of rows use it too.
ROWS = 1024


def is_there(device: str) -> bool:
    """Whether torch was built with oneDNN's products and this device is a CPU."""
    torch = need("torch", "llm")
    return device == "cpu" and torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def packed(layer: Any) -> Any:
    """A module that computes what a linear layer computes.

    Parameters
    ----------
    layer : torch.nn.Linear
        In fp32 or bf16, on the CPU; it is not changed.

    Raises
    ------
    RuntimeError
        oneDNN cannot multiply this type on this processor.
    """
    torch = need("torch", "llm")

    class PackedLinear(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.in_features, self.out_features = layer.in_features, layer.out_features
            self.weight_packed = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), ROWS)
            self.bias = layer.bias

        def forward(self, x: Any) -> Any:
            return torch.ops.mkldnn._linear_pointwise(x, self.weight_packed, self.bias, "none", [], "")

    return PackedLinear().eval()


def pack_layers(model: Any) -> dict[str, Any]:
    """Replace all linear layers of a model, and give the old ones by name, for `put_back`."""
    torch = need("torch", "llm")
    old = {name: layer for name, layer in model.named_modules() if type(layer) is torch.nn.Linear}
    new: dict[int, Any] = {}  # all of them first, so that a failure changes nothing
    with torch.inference_mode():
        for layer in old.values():
            if id(layer) not in new:
                new[id(layer)] = packed(layer)
    for name, layer in old.items():
        model.set_submodule(name, new[id(layer)])
    return old


def put_back(model: Any, layers: dict[str, Any]) -> None:
    """Undo `pack_layers`."""
    for name, layer in layers.items():
        model.set_submodule(name, layer)
