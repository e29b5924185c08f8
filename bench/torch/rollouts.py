"""
SeqGAN's roll-outs (Yu et al. 2017, eq. 4): each sequence of a batch is drawn to its end several times, and the mean of what the
critic says of them is the reward. Here from the first token on: a generator's update repeats it from every later one.
"""

import torch
from torch import nn

from language import Generator


class Critic(nn.Module):
    """Convolutions over time, their largest value each, a highway layer and a verdict (Kim 2014; Yu et al. 2017, appendix C)."""

    def __init__(self, vocabulary, table):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, table["embedding"])
        self.convolutions = nn.ModuleList(
            nn.Conv1d(table["embedding"], maps, window) for window, maps in zip(table["windows"], table["maps"])
        )
        features = sum(table["maps"])
        self.transform, self.carry = nn.Linear(features, features), nn.Linear(features, features)
        self.verdict = nn.Linear(features, 1)

    def forward(self, tokens):
        x = self.tokens(tokens.t()).transpose(1, 2)
        seen = torch.cat([torch.relu(convolution(x)).amax(dim=2) for convolution in self.convolutions], dim=1)
        gate = torch.sigmoid(self.carry(seen))
        return self.verdict(gate * torch.relu(self.transform(seen)) + (1 - gate) * seen)


class Rollouts:
    def __init__(self, row, options):
        generator = Generator(row["generator"], options.inverts)
        critic = Critic(generator.vocabulary, row["critic"])
        self.networks = {"generator": generator, "critic": critic}
        self.batch, self.rollouts = row["batch"], row["rollouts"]
        self.draw, self.judge = options.compiled(generator.draw), options.compiled(critic.forward)

    @torch.no_grad()
    def step(self, index):
        tokens = self.draw(self.rollouts * self.batch)
        likely = torch.sigmoid(self.judge(tokens))
        return {"reward": likely.view(self.rollouts, self.batch).mean(0)[0]}
