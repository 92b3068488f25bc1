#!/usr/bin/env python3
"""Decodes and augments the same JPEG with Arclet's loader and torchvision's DataLoader, in turn.

    cargo bench --bench loader --no-run           # prints the path of the program
    scripts/compare_loader.py PROGRAM JPEG_FOLDER

Both give batches of 64 float32 images of 3 × 64 × 64, turned by any angle, cut, shrunk and mirrored
at random, and normalised. torchvision decodes with Pillow, RandomRotation, CenterCrop(300),
Resize(64, antialiased), both flips, ToTensor, Normalize, in as many worker processes as Arclet has
threads. Arclet cuts the same central 300 pixels, shrinks them with their margin and turns, zooms and
shifts them in one cubic resampling. A ratio above 1 means that Arclet is faster; each figure is the
median of the rounds, after one that is not counted, with the files in the system's cache and
DataLoader's processes kept between epochs. Needs Python with torch and torchvision.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

ROUNDS = 5
CROP, SIZE, BATCH = 300, 64, 64


class Pictures(Dataset):
    def __init__(self, folder):
        suffixes = {".jpg", ".jpeg"}
        self.files = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in suffixes)
        self.change = transforms.Compose([
            transforms.RandomRotation(180),
            transforms.CenterCrop(CROP),
            transforms.Resize(SIZE, antialias=True),
            transforms.RandomHorizontalFlip(),
            transforms.RandomVerticalFlip(),
            transforms.ToTensor(),
            transforms.Normalize([0.1] * 3, [0.2] * 3),
        ])

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        with Image.open(self.files[index]) as image:
            return self.change(image.convert("RGB"))


class Arclet:
    """The benchmark program, asked by lines: number of threads, and whether from memory."""

    def __init__(self, program, folder):
        self.process = subprocess.Popen(
            [program, "--serve", folder, str(CROP)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def speed(self, request):
        self.process.stdin.write(f"{request}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def epoch(loader, count):
    start = time.perf_counter()
    seen = sum(len(batch) for batch in loader)
    assert seen == count
    return count / (time.perf_counter() - start)


def main():
    program, folder = sys.argv[1:]
    torch.set_num_threads(1)
    arclet, pictures = Arclet(program, folder), Pictures(folder)
    print(f"{len(pictures)} JPEG, images per second, median of {ROUNDS} rounds")
    print(f"{'':<52} {'Arclet':>9} {'torch':>9}")
    for workers in (1, 2):
        keep = {"num_workers": workers, "persistent_workers": True}
        keep = {} if workers == 1 else keep  # one thread beside DataLoader's own process
        loader = DataLoader(pictures, BATCH, shuffle=True, **keep)
        name = "without workers" if workers == 1 else f"{workers} workers"
        rounds = []
        for number in range(ROUNDS + 1):
            figures = [arclet.speed(f"{workers} decode"), arclet.speed(f"{workers} memory"), epoch(loader, len(pictures))]
            rounds.extend([figures] if number else [])
        decode, memory, other = (statistics.median(values) for values in zip(*rounds))
        for what, ours in (("decode + augment", decode), ("augment from memory (later epochs)", memory)):
            print(f"{what + ', ' + name:<52} {ours:9.0f} {other:9.0f}  {ours / other:6.2f}x", flush=True)


if __name__ == "__main__":
    main()
