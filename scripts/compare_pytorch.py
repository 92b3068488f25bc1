"""Training steps and inference of six networks, ours and PyTorch's in turn.

Two processes, one of each side, do a few steps alternately, so that both meet the same machine; the
ratio of a pair of neighbours is what is compared, and the median of the pairs is printed with their
quartiles. Memory is the peak of each process; PyTorch's includes its libraries, whose share is
printed apart (`import`), ours the program.

On a machine that others use, `--threads 1 --processor` counts seconds on the processor, which do not
depend on them as much; PyTorch's threads wait for each other in a loop and would be far too slow.

PyTorch: channels_last, `--threads` threads, SGD with momentum 0.9, cross-entropy; inference_mode and eval
for inference.
"""
import argparse
import os
import resource
import statistics
import subprocess
import sys
import time

# Name, size, batch.
NETWORKS = [
    ("resnet18", 64, 16), ("googlenet", 64, 16), ("resnet26-k1", 64, 16), ("lenet5", 64, 32),
    ("vgg16", 64, 8), ("resnet50", 128, 8),
]
CLASSES = 10


def peak_mebibytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def network(name, size):
    import torch
    import torchvision.models as models
    from torch import nn

    def lenet5():
        side = ((size - 4) // 2 - 4) // 2
        return nn.Sequential(
            nn.Conv2d(3, 6, 5), nn.Tanh(), nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
            nn.Linear(16 * side * side, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(),
            nn.Linear(84, CLASSES))

    class Unit(nn.Module):
        """Pre-activation bottleneck of Dai & Tong."""
        def __init__(self, channels, mid, stride):
            super().__init__()
            out = 4 * mid
            norm = lambda n: nn.BatchNorm2d(n, momentum=0.003)
            self.preact = nn.Sequential(norm(channels), nn.ReLU(inplace=True))
            self.body = nn.Sequential(
                nn.Conv2d(channels, mid, 1, bias=False), norm(mid), nn.ReLU(inplace=True),
                nn.Conv2d(mid, mid, 3, stride, 1, bias=False), norm(mid), nn.ReLU(inplace=True),
                nn.Dropout(0.2), nn.Conv2d(mid, out, 1))
            self.project = nn.Conv2d(channels, out, 1, stride) if channels != out else None
            self.pool = nn.MaxPool2d(1, stride) if stride > 1 else nn.Identity()

        def forward(self, x):
            active = self.preact(x)
            shortcut = self.project(active) if self.project else self.pool(x)
            return self.body(active) + shortcut

    def resnet26():
        layers, channels = [nn.ZeroPad2d((2, 3, 2, 3)), nn.Conv2d(3, 64, 6), nn.MaxPool2d(2)], 64
        for mid, stride in [(64, 2), (128, 2), (256, 2), (512, 1)]:
            for s in (1, stride):
                layers.append(Unit(channels, mid, s))
                channels = 4 * mid
        layers += [nn.BatchNorm2d(channels, momentum=0.003), nn.ReLU(inplace=True),
                   nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, CLASSES)]
        return nn.Sequential(*layers)

    torch.manual_seed(1)
    own = {"lenet5": lenet5, "resnet26-k1": resnet26}
    if name in own:
        return own[name]()
    more = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    return getattr(models, name)(weights=None, num_classes=CLASSES, **more)


def serve(name, size, batch, training):
    """PyTorch's side: answers a number of steps by their seconds, and the end by the memory."""
    import torch
    import torchvision  # noqa: F401, to count its memory
    imported = peak_mebibytes()
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    model = network(name, size).to(memory_format=torch.channels_last).train(training)
    images = torch.rand(batch, 3, size, size).mul(2).sub(1)
    images = images.to(memory_format=torch.channels_last)
    labels = torch.arange(batch) % CLASSES
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    criterion = torch.nn.CrossEntropyLoss()

    def learn():
        optimizer.zero_grad()
        criterion(model(images), labels).backward()
        optimizer.step()

    def predict():
        with torch.inference_mode():
            model(images)

    for line in sys.stdin:
        start, processor = time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            learn() if training else predict()
        print(time.perf_counter() - start, time.process_time() - processor, flush=True)
    print(peak_mebibytes(), imported)


class Side:
    def __init__(self, command, processor):
        self.processor = processor
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, steps):
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline().split()[self.processor])

    def memory(self):
        self.process.stdin.close()
        words = self.process.stdout.readline().split()
        self.process.wait()
        return [float(word) for word in words]


def compare(program, name, size, batch, training, pairs, seconds, processor):
    what = "train" if training else "infer"
    ours = Side([program, name, str(batch), str(size), what], processor)
    theirs = Side([sys.executable, __file__, "--serve", name, str(size), str(batch), what],
                  processor)
    for side in (ours, theirs):
        side.seconds(2)
    steps = [max(1, round(seconds / side.seconds(1))) for side in (ours, theirs)]
    speeds = []
    for pair in range(pairs):
        # Who goes first changes, so that a drift favours nobody.
        order = [(0, ours), (1, theirs)][:: 1 if pair % 2 == 0 else -1]
        result = [0.0, 0.0]
        for i, side in order:
            result[i] = steps[i] * batch / side.seconds(steps[i])
        speeds.append(result)
    ratios = sorted(a / b for a, b in speeds)
    low, middle, high = statistics.quantiles(ratios, n=4) if pairs > 1 else ratios * 3
    mine, other = (statistics.median(s[i] for s in speeds) for i in (0, 1))
    own, (peak, imported) = ours.memory()[0], theirs.memory()
    print(f"| {name} | {size}² | {batch} | {what} | {mine:.1f} | {other:.1f} | {middle:.2f} "
          f"({low:.2f}–{high:.2f}) | {own:.0f} | {peak:.0f} | {imported:.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", help="the benchmark `networks`")
    parser.add_argument("--only", help="names of networks, by commas")
    parser.add_argument("--what", choices=["train", "infer"], help="one of both")
    parser.add_argument("--pairs", type=int, default=7, help="neighbouring measurements")
    parser.add_argument("--seconds", type=float, default=1.0, help="of one measurement, about")
    parser.add_argument("--batch", type=int, help="another batch size than each network's")
    parser.add_argument("--size", type=int, help="another size than each network's")
    parser.add_argument("--threads", type=int, default=2, help="of each side")
    parser.add_argument("--processor", action="store_true", help="count the processor's seconds")
    parser.add_argument("--serve", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        name, size, batch, what = options.serve
        return serve(name, int(size), int(batch), what == "train")
    for variable in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[variable] = str(options.threads)
    print("| network | size | batch | what | ours, images/s | PyTorch | ratio (quartiles) "
          "| our peak, MiB | PyTorch's | of it import |\n|---|---|---|---|---|---|---|---|---|---|")
    wanted = options.only.split(",") if options.only else [name for name, _, _ in NETWORKS]
    for name, size, batch in NETWORKS:
        for what in ("train", "infer"):
            if name in wanted and options.what in (None, what):
                compare(options.program, name, options.size or size, options.batch or batch,
                        what == "train", options.pairs, options.seconds, options.processor)


main()
