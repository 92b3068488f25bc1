#!/usr/bin/env python3
"""Reads the same files with Arclet and with Pillow or astropy, in turn, and prints ratios.

    cargo bench --bench reading --no-run          # prints the path of the program
    scripts/compare_reading.py PROGRAM JPEG_FOLDER FITS_FILE...

A ratio above 1 means that Arclet is faster. Each figure is the median of several rounds in which
the two take turns, with the files in the system's cache. Of JPEG both give the bytes of the colours, or
planes of float32; of FITS the physical values of the first image as float32. Needs Python
with numpy, Pillow and astropy; Arclet itself needs none of them.
"""

import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from astropy.io import fits
from PIL import Image

ROUNDS = 7


class Arclet:
    """The benchmark program, asked by lines."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def seconds(self, request):
        self.process.stdin.write(f"{request}\n")
        self.process.stdin.flush()
        seconds, good = self.process.stdout.readline().split()
        if int(good) == 0:
            raise RuntimeError(f"Arclet cannot read {request}")
        return float(seconds)


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def read_jpeg(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def read_numbers(path):
    """Planes of float32 from 0 to 1, as Arclet gives them."""
    return np.ascontiguousarray(np.moveaxis(read_jpeg(path), -1, 0), dtype=np.float32) / np.float32(255)


def read_fits(path):
    with fits.open(path, memmap=False) as hdus:
        for hdu in hdus:
            if hdu.is_image and hdu.data is not None and hdu.data.size:
                return np.asarray(hdu.data, dtype=np.float32)
    raise RuntimeError(f"astropy finds no image in {path}")


def compare(name, ours, theirs):
    ours(), theirs()
    pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
    arclet, other = (statistics.median(values) for values in zip(*pairs))
    print(f"{name:<60} {arclet * 1e3:10.2f} ms {other * 1e3:10.2f} ms  {other / arclet:6.2f}x", flush=True)
    return other / arclet


def main():
    program, folder, *files = sys.argv[1:]
    arclet = Arclet(program)
    jpegs = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in {".jpg", ".jpeg"})
    print(f"{'':<60} {'Arclet':>13} {'Python':>13}")
    loop = lambda read: timed(lambda: [read(path) for path in jpegs])
    name = f"{len(jpegs)} JPEG, "
    for what, word, read in (("bytes", "bytes ", read_jpeg), ("float32 planes", "", read_numbers)):
        compare(f"{name}{what}, one thread each", lambda: arclet.seconds(word + folder), lambda: loop(read))
        with ThreadPoolExecutor() as pool:
            pooled = lambda: timed(lambda: list(pool.map(read, jpegs)))
            compare(f"{name}{what}, all threads each", lambda: arclet.seconds(f"all {word}{folder}"), pooled)
        compare(f"{name}{what}, all threads and a loop", lambda: arclet.seconds(f"all {word}{folder}"), lambda: loop(read))
    ratios = []
    for file in files:
        try:
            theirs = lambda: timed(lambda: read_fits(file))
            ratios.append((compare(Path(file).name, lambda: arclet.seconds(file), theirs), file))
        except Exception as error:  # a file that one of the two refuses is named, not compared
            print(f"{Path(file).name:<60} not compared: {error}")
    if ratios:
        slowest = min(ratios)
        print(f"{len(ratios)} FITS, slowest ratio {slowest[0]:.2f} ({Path(slowest[1]).name})")


if __name__ == "__main__":
    main()
