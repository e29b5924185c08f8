"""
VAE-GAN (Larsen et al. 2016, eq. 8 and algorithm 1), a phase for each network: the decoder's pictures are judged by how the
critic's third convolution sees them, the critic by the GAN's loss. The phases follow each other, each on the others' newest
weights, so each computes its own forward pass.
"""

import torch
from torch.nn.functional import softplus

from networks import adam, freeze, network


def unlikeness(seen, of_real):
    return 0.5 * (seen - of_real).square().sum(dim=(1, 2, 3)).mean()


class VaeGan:
    def __init__(self, row, options):
        self.batch, self.latent, self.gamma = row["batch"], row["latent"], row["gamma"]
        height, width, channels = row["picture"]
        format = options.memory_format
        self.networks = {name: network(layers).to(memory_format=format) for name, layers in row["networks"].items()}
        self.pictures = [
            (torch.rand(self.batch, channels, height, width) * 2 - 1).to(memory_format=format) for _ in range(4)
        ]
        self.phases = [
            self.phase(["encoder"], self.encoder_loss, row, options),
            self.phase(["decoder"], self.decoder_loss, row, options),
            self.phase(["features", "verdict"], self.critic_loss, row, options),
        ]

    def phase(self, trains, loss, row, options):
        optimizer = adam([p for name in trains for p in self.networks[name].parameters()], row["adam"], options.fused)
        return trains, options.compiled(loss), optimizer, options.compiled(optimizer.step)

    def encode(self, x):
        mean, raw = self.networks["encoder"](x).chunk(2, dim=1)
        return mean, 10 * torch.tanh(raw / 10)

    def latents(self, x, eps):
        mean, log_variance = self.encode(x)
        return mean + torch.exp(0.5 * log_variance) * eps

    def encoder_loss(self, x, eps, z):
        mean, log_variance = self.encode(x)
        redrawn = self.networks["decoder"](mean + torch.exp(0.5 * log_variance) * eps)
        prior = 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(dim=1).mean()
        see = self.networks["features"]
        return prior + unlikeness(see(redrawn), see(x))

    def decoder_loss(self, x, eps, z):
        see = self.networks["features"]
        seen = see(self.networks["decoder"](torch.cat([self.latents(x, eps), z])))
        likeness = unlikeness(seen[: self.batch], see(x))
        return self.gamma * likeness + 2 * softplus(-self.networks["verdict"](seen)).mean()

    def critic_loss(self, x, eps, z):
        made = self.networks["decoder"](torch.cat([self.latents(x, eps), z]))
        logits = self.networks["verdict"](self.networks["features"](torch.cat([x, made])))
        return softplus(-logits[: self.batch]).mean() + 2 * softplus(logits[self.batch :]).mean()

    def step(self, index):
        losses = {}
        for trains, loss_of, optimizer, update in self.phases:
            for name, net in self.networks.items():
                freeze(net, name not in trains)
            eps, z = torch.randn(self.batch, self.latent), torch.randn(self.batch, self.latent)
            loss = loss_of(self.pictures[index % 4], eps, z)
            optimizer.zero_grad()
            loss.backward()
            update()
            losses[trains[0]] = loss
        return losses
