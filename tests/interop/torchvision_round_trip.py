#!/usr/bin/env python3
"""Weights to and from torchvision: both programs must give the same probabilities.

Needs Python 3.10 or later with torch, torchvision, safetensors, numpy and pillow:
    python3 -m venv venv && venv/bin/pip install torch torchvision safetensors numpy pillow
Run with the program to test:
    venv/bin/python tests/interop/torchvision_round_trip.py target/release/arclet

1. resnet18 and googlenet with random weights and random moving statistics, saved as .pth, as a
   .pth of before PyTorch 1.6, as a checkpoint of DataParallel and as safetensors:
   `arclet predict --weights` gives torch's probabilities of 20 images to 1e-4.
   (torchvision's pretrained GoogLeNet has `transform_input=True`, which moves ImageNet's
   normalisation to another one inside the model; with `weights=None` it is off, as here.)
2. A network trained by Arclet from torch's weights for ten other classes, written by
   `arclet weights RUN --out`, loads into torchvision with `strict=True` and gives the
   probabilities of `arclet predict RUN` to 1e-4.

The pictures are as large as the networks' input, so nothing is resampled: both sides only divide
by 255 and normalise.
"""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib

import numpy as np
import torch
import torchvision
from PIL import Image
from safetensors.torch import load_file, save_file

TOLERANCE = 1e-4
IMAGES, CLASSES = 20, ["edge", "lens", "ring"]
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def pictures(folder: pathlib.Path, side: int) -> list[pathlib.Path]:
    """Pictures with a class each by their folder: a bright patch whose place depends on it."""
    draw = np.random.default_rng(side)
    paths = []
    for number in range(IMAGES):
        label = number % len(CLASSES)
        values = draw.integers(0, 120, (side, side, 3))
        values[:, label * side // 3 : (label + 1) * side // 3, label] += 110
        path = folder / CLASSES[label] / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values.astype(np.uint8)).save(path)
        paths.append(path)
    return paths


def tensor(paths, mean, std) -> torch.Tensor:
    stack = np.stack([np.asarray(Image.open(path), np.float32) / 255 for path in paths])
    return torch.from_numpy((stack - np.float32(mean)) / np.float32(std)).permute(0, 3, 1, 2)


def model(name: str, classes: int, **options) -> torch.nn.Module:
    build = getattr(torchvision.models, name)
    if name == "googlenet":
        options = {"init_weights": False, **options}
    return build(weights=None, num_classes=classes, **options)


def randomised(network: torch.nn.Module) -> torch.nn.Module:
    """Moving statistics and scales as training leaves them, not 0 and 1, and outputs that
    differ between the pictures."""
    torch.manual_seed(11)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 1.5)
            layer.weight.data.uniform_(0.8, 1.2)
            layer.bias.data.normal_(0, 0.1)
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(layer.weight)
    return network.eval()


def probabilities(network: torch.nn.Module, images: torch.Tensor) -> np.ndarray:
    with torch.no_grad():
        return torch.softmax(network.eval()(images), 1).numpy()


def arclet(program: str, *arguments) -> dict:
    done = subprocess.run([program, *map(str, arguments), "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"arclet {' '.join(map(str, arguments))}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def table(path: pathlib.Path, files) -> np.ndarray:
    with open(path, newline="") as opened:
        rows = {pathlib.Path(row["file"]).name: row for row in csv.DictReader(opened)}
    order = [rows[path.name] for path in files]
    return np.array([[float(row[name]) for name in CLASSES] for row in order])


def compare(what: str, ours: np.ndarray, theirs: np.ndarray) -> bool:
    worst, spread = np.abs(ours - theirs).max(), np.ptp(theirs, axis=0).max()
    good = worst <= TOLERANCE and spread > 100 * TOLERANCE
    word = "agrees" if good else "DIFFERS"
    print(f"{what:<44} {word}: largest difference {worst:.1e}, over pictures {spread:.3f}")
    return good


def into_arclet(program, home: pathlib.Path, name: str, side: int, options: dict) -> bool:
    files = pictures(home / f"{name}-images", side)
    network = randomised(model(name, len(CLASSES), **options))
    theirs = probabilities(network, tensor(files, MEAN, STD))
    state = network.state_dict()
    wrapped = {"epoch": 7, "state_dict": {f"module.{key}": value for key, value in state.items()}}
    torch.save(state, home / "new.pth")
    torch.save(state, home / "old.pth", _use_new_zipfile_serialization=False)
    torch.save(wrapped, home / "checkpoint.pt")
    save_file(state, home / "safe.safetensors", metadata={"format": "pt"})
    good = True
    for file in ["new.pth", "old.pth", "checkpoint.pt", "safe.safetensors"]:
        out = home / "predictions.csv"
        arclet(program, "predict", "--weights", home / file, "--network", name,
               "--classes", ",".join(CLASSES), "--size", side,
               "--mean", ",".join(map(str, MEAN)), "--std", ",".join(map(str, STD)),
               "--data", home / f"{name}-images", "--out", out, "--device", "flex")
        good &= compare(f"torchvision {name} as {file}", table(out, files), theirs)
    return good


def into_torchvision(program, home: pathlib.Path, name: str, side: int, options: dict) -> bool:
    data, run, exported = home / f"{name}-images", home / f"{name}-run", home / "ours.safetensors"
    files = pictures(data, side)
    torch.save(randomised(model(name, 10, **options)).state_dict(), home / "start.pth")
    arclet(program, "train", "--data", data, "--network", name, "--out", run, "--size", side,
           "--weights", home / "start.pth", "--head-lr", 5,
           "--epochs", 4, "--batch", 5, "--lr", 0.001, "--val", 0.2, "--test", 0.2,
           "--augment", "off", "--device", "flex")
    arclet(program, "weights", run, "--out", exported)
    network = model(name, len(CLASSES), **options)
    print(f"strict=True: {network.load_state_dict(load_file(exported), strict=True)}")
    with open(run / "model.toml", "rb") as opened:
        described = tomllib.load(opened)
    assert described["classes"] == CLASSES and described["test_views"] == 1
    pipeline = described["pipeline"]
    images = tensor(files, pipeline["mean"], pipeline["std"])
    arclet(program, "predict", run, "--data", data, "--out", home / "ours.csv", "--device", "flex")
    ours = table(home / "ours.csv", files)
    return compare(f"Arclet's {name} in torchvision", ours, probabilities(network, images))


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = sys.argv[1]
    torch.manual_seed(3)
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}")
    good = True
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        # The auxiliary classifiers of the file are left out by Arclet's googlenet.
        good &= into_arclet(program, home / "a", "resnet18", 64, {})
        good &= into_arclet(program, home / "b", "googlenet", 96, {"aux_logits": True})
        good &= into_torchvision(program, home / "c", "resnet18", 64, {})
        good &= into_torchvision(program, home / "d", "googlenet", 96, {"aux_logits": False})
    print("all agree" if good else "something differs")
    sys.exit(not good)


if __name__ == "__main__":
    main()
