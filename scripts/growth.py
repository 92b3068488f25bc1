#!/usr/bin/env python3
"""How training and prediction on the CPU grow with the batch and with the size of the images.

Images per second (the median of a few short rounds) and the peak memory of the process, for one
network: training, training with values computed again, prediction. The program is the benchmark
`networks`, built before: `cargo bench --bench networks --no-run` prints where it is.
"""

import argparse
import statistics
import subprocess

WHAT = ("train", "recompute", "infer")


def measure(program, network, batch, size, what, seconds, rounds):
    """Images per second and MiB."""
    command = [program, network, str(batch), str(size), what]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(steps):
        process.stdin.write(f"{steps}\n")
        process.stdin.flush()
        return float(process.stdout.readline().split()[0])

    run(1)
    steps = max(1, round(seconds / max(run(1), 1e-6)))
    speeds = [batch * steps / run(steps) for _ in range(rounds)]
    process.stdin.close()
    peak = float(process.stdout.readline())
    process.wait()
    return statistics.median(speeds), peak


def table(arguments, title, cases):
    print(f"\n| {title} | " + " | ".join(f"{what}, images/s | MiB" for what in WHAT) + " |")
    print("|---" * (1 + 2 * len(WHAT)) + "|")
    for name, batch, size in cases:
        cells = []
        for what in WHAT:
            found = measure(
                arguments.program, arguments.network, batch, size, what, arguments.seconds, arguments.rounds
            )
            cells += [f"{found[0]:.4g}", f"{found[1]:.0f}"]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, help="the built benchmark `networks`")
    parser.add_argument("--network", default="resnet18")
    parser.add_argument("--batches", default="1,2,4,8,16,32,64")
    parser.add_argument("--sizes", default="32,64,96,128,224")
    parser.add_argument("--batch", type=int, default=8, help="batch of the table of sizes")
    parser.add_argument("--size", type=int, default=64, help="size of the table of batches")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a round")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    batches = [int(batch) for batch in arguments.batches.split(",") if batch]
    sizes = [int(size) for size in arguments.sizes.split(",") if size]
    table(arguments, "batch", [(str(batch), batch, arguments.size) for batch in batches])
    table(arguments, "size", [(f"{size}²", arguments.batch, size) for size in sizes])


if __name__ == "__main__":
    main()
