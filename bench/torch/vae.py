"""The recipe `vae` (Kingma & Welling 2013): Gaussian pixels with one deviation, log-variances bent into ±10 by a tanh."""

import math

import torch

from networks import adam, network


class Vae:
    def __init__(self, row, options):
        self.batch, self.latent, self.sigma = row["batch"], row["latent"], row["sigma"]
        height, width, channels = row["picture"]
        format = options.memory_format
        self.networks = {name: network(layers).to(memory_format=format) for name, layers in row["networks"].items()}
        self.pictures = [torch.rand(self.batch, channels, height, width).to(memory_format=format) for _ in range(4)]
        self.adam = adam([p for net in self.networks.values() for p in net.parameters()], row["adam"], options.fused)
        self.bound = options.compiled(self.bound)
        self.update = options.compiled(self.adam.step)

    def bound(self, x, eps):
        mean, raw = self.networks["encoder"](x * 2 - 1).chunk(2, dim=1)
        log_variance = 10 * torch.tanh(raw / 10)
        z = mean + torch.exp(0.5 * log_variance) * eps
        redrawn = torch.sigmoid(self.networks["decoder"](z))
        constant = math.log(self.sigma) + 0.5 * math.log(2 * math.pi)
        reconstruction = ((x - redrawn).square() / (2 * self.sigma**2) + constant).sum(dim=(1, 2, 3)).mean()
        kl = 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(dim=1).mean()
        return reconstruction, kl

    def step(self, index):
        reconstruction, kl = self.bound(self.pictures[index % 4], torch.randn(self.batch, self.latent))
        loss = reconstruction + kl
        self.adam.zero_grad()
        loss.backward()
        self.update()
        return {"loss": loss, "reconstruction": reconstruction, "kl": kl}
