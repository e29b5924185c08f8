"""
PyTorch's side of the benchmark: one row of bench/table.json in one process.

    side.py ROW THREADS [compile] [channels_last] [fused] [inverts]

Prints a line of facts, then answers `steps N` and `peak N` on stdin, each with a line of JSON.
"""

import json
import resource
import sys
import time
from pathlib import Path

import torch

READ_EVERY = 10


class Options:
    """How PyTorch is asked to run a row."""

    def __init__(self, names):
        self.compile = "compile" in names
        self.memory_format = torch.channels_last if "channels_last" in names else torch.contiguous_format
        self.fused = "fused" in names
        self.inverts = "inverts" in names

    def compiled(self, function):
        return torch.compile(function) if self.compile else function


def build(row, options):
    if row["kind"] == "gan":
        from gan import Gan as Row
    elif row["kind"] == "vae":
        from vae import Vae as Row
    elif row["kind"] == "vae-gan":
        from vae_gan import VaeGan as Row
    elif row["kind"] == "likelihood":
        from language import Likelihood as Row
    elif row["kind"] == "sampling":
        from language import Sampling as Row
    elif row["kind"] == "rollouts":
        from rollouts import Rollouts as Row
    else:
        raise ValueError(f"there is no row of kind {row['kind']}")
    return Row(row, options)


def numbers(network):
    """Numbers in all parameters, but for the LSTM's second bias, which adds to the first and which nobody else has."""
    return sum(p.numel() for name, p in network.named_parameters() if "bias_hh" not in name)


def peak(count):
    """GFLOP/s of a square matrix product, by run."""
    side = 2048
    a, b = torch.rand(side, side), torch.rand(side, side)
    rates = []
    for _ in range(count):
        start = time.perf_counter()
        a @ b
        rates.append(2 * side**3 / (time.perf_counter() - start) / 1e9)
    return {"rates": rates}


def main():
    name, threads, *options = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    table = json.loads(Path(__file__).parent.parent.joinpath("table.json").read_text(encoding="utf8"))
    row = build(table[name], Options(options))
    parameters = {name: numbers(net) for name, net in row.networks.items()}
    reply({"version": torch.__version__, "isa": torch.backends.cpu.get_cpu_capability(), "parameters": parameters})
    done = 0
    for line in sys.stdin:
        what, count = line.split()
        if what == "peak":
            reply(peak(int(count)))
            continue
        times, losses = [], {}
        for _ in range(int(count)):
            start = time.perf_counter()
            parts = row.step(done)
            done += 1
            if done % READ_EVERY == 0:
                losses = {part: value.item() for part, value in parts.items()}
            times.append(1000 * (time.perf_counter() - start))
        # Kilobytes on Linux, bytes on macOS.
        unit = 1 if sys.platform == "darwin" else 1024
        peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
        reply({"times": times, "losses": losses, "peakBytes": peak_bytes})


def reply(answer):
    print(json.dumps(answer), flush=True)


main()
