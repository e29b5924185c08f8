"""The networks of bench/table.json in PyTorch: NCHW inside, kernels 4 × 4, stride 2."""

import torch
from torch import nn

ACTIVATIONS = {
    "relu": lambda: nn.ReLU(),
    "leakyRelu": lambda: nn.LeakyReLU(0.2),
    "tanh": lambda: nn.Tanh(),
    "flatten": lambda: nn.Flatten(),
}


def layer(spec):
    if isinstance(spec, str):
        return ACTIVATIONS[spec]()
    (kind, sizes), = spec.items()
    if kind == "dense":
        return nn.Linear(*sizes)
    if kind == "conv":
        return nn.Conv2d(*sizes, kernel_size=4, stride=2, padding=1)
    if kind == "convTranspose":
        return nn.ConvTranspose2d(*sizes, kernel_size=4, stride=2, padding=1)
    if kind == "shape":
        height, width, channels = sizes
        return nn.Unflatten(1, (channels, height, width))
    raise ValueError(f"there is no layer {kind}")


def network(layers):
    return nn.Sequential(*map(layer, layers))


def adam(parameters, rates, fused):
    """PyTorch's own Adam with the table's rates."""
    return torch.optim.Adam(
        parameters,
        lr=rates["learningRate"],
        betas=(rates["beta1"], rates["beta2"]),
        fused=fused,
    )


def freeze(module, frozen):
    """A frozen network costs no gradients of its own weights, and still hands gradients to its input."""
    for parameter in module.parameters():
        parameter.requires_grad_(not frozen)
