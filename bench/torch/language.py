"""A language model on an LSTM, as SeqGAN's generator (Yu et al. 2017): its likelihood, and drawing from it. Time first."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from networks import adam


class Generator(nn.Module):
    """Tokens are numbers below `vocabulary`; a sequence begins after token 0."""

    def __init__(self, table, inverts=False):
        super().__init__()
        self.inverts = inverts
        self.length, self.vocabulary = table["length"], table["vocabulary"]
        self.tokens = nn.Embedding(table["vocabulary"], table["embedding"])
        self.lstm = nn.LSTM(table["embedding"], table["hidden"])
        self.logits = nn.Linear(table["hidden"], table["vocabulary"])

    def nll(self, tokens):
        begin = tokens.new_zeros(1, tokens.shape[1])
        h, _ = self.lstm(self.tokens(torch.cat([begin, tokens[:-1]])))
        return cross_entropy(self.logits(h).flatten(0, 1), tokens.flatten())

    def choose(self, probabilities):
        """A token for each row. PyTorch's own draws a number for each token, the inversion one for each row."""
        if not self.inverts:
            return torch.multinomial(probabilities, 1).squeeze(1)
        up_to = probabilities.cumsum(dim=1)
        wanted = torch.rand(len(up_to), 1) * up_to[:, -1:]
        return torch.searchsorted(up_to, wanted, right=True).squeeze(1).clamp_(max=self.vocabulary - 1)

    def draw(self, count):
        """Sequences, [length, count]."""
        token = torch.zeros(count, dtype=torch.long)
        state = (torch.zeros(1, count, self.lstm.hidden_size), torch.zeros(1, count, self.lstm.hidden_size))
        drawn = []
        for _ in range(self.length):
            h, state = self.lstm(self.tokens(token).unsqueeze(0), state)
            token = self.choose(torch.softmax(self.logits(h[0]), dim=1))
            drawn.append(token)
        return torch.stack(drawn)


class Likelihood:
    """Maximum likelihood with the true tokens before each (teacher forcing)."""

    def __init__(self, row, options):
        generator = Generator(row["generator"])
        self.networks = {"generator": generator}
        shape = (generator.length, row["batch"])
        self.texts = [torch.randint(generator.vocabulary, shape) for _ in range(4)]
        self.adam = adam(generator.parameters(), row["adam"], options.fused)
        self.nll = options.compiled(generator.nll)
        self.update = options.compiled(self.adam.step)

    def step(self, index):
        nll = self.nll(self.texts[index % 4])
        self.adam.zero_grad()
        nll.backward()
        self.update()
        return {"nll": nll}


class Sampling:
    """A batch of whole sequences."""

    def __init__(self, row, options):
        generator = Generator(row["generator"], options.inverts)
        self.networks, self.batch = {"generator": generator}, row["batch"]
        self.draw = options.compiled(generator.draw)

    @torch.no_grad()
    def step(self, index):
        return {"tokens": self.draw(self.batch)[0, 0]}
