"""A GAN's two players with the non-saturating loss (Goodfellow et al. 2014), each on noise of its own as in algorithm 1."""

import torch
from torch.nn.functional import softplus

from networks import adam, freeze, network


class Gan:
    def __init__(self, row, options):
        self.batch, self.latent = row["batch"], row["latent"]
        height, width, channels = row["picture"]
        format = options.memory_format
        self.networks = {name: network(layers).to(memory_format=format) for name, layers in row["networks"].items()}
        self.pictures = [
            (torch.rand(self.batch, channels, height, width) * 2 - 1).to(memory_format=format) for _ in range(4)
        ]
        self.critic_adam = adam(self.networks["critic"].parameters(), row["adam"], options.fused)
        self.generator_adam = adam(self.networks["generator"].parameters(), row["adam"], options.fused)
        self.critic_loss = options.compiled(self.critic_loss)
        self.generator_loss = options.compiled(self.generator_loss)
        self.update_critic = options.compiled(self.critic_adam.step)
        self.update_generator = options.compiled(self.generator_adam.step)

    def critic_loss(self, real, made):
        logits = self.networks["critic"](torch.cat([real, made]))
        return softplus(-logits[: self.batch]).mean() + softplus(logits[self.batch :]).mean()

    def generator_loss(self, noise):
        return softplus(-self.networks["critic"](self.networks["generator"](noise))).mean()

    def step(self, index):
        generator, critic = self.networks["generator"], self.networks["critic"]
        with torch.no_grad():
            made = generator(torch.randn(self.batch, self.latent))
        freeze(critic, False)
        critic_loss = self.critic_loss(self.pictures[index % 4], made)
        self.critic_adam.zero_grad()
        critic_loss.backward()
        self.update_critic()

        freeze(critic, True)
        generator_loss = self.generator_loss(torch.randn(self.batch, self.latent))
        self.generator_adam.zero_grad()
        generator_loss.backward()
        self.update_generator()
        return {"critic": critic_loss, "generator": generator_loss}
