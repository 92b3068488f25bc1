"""Golden values of the display: stretches, limits, equalisation, RGB and colour maps.

    python tests/interop/astropy_display.py [FOLDER_OF_FITS]
    python tests/interop/astropy_display.py --tables assets/colour_maps

prints, with astropy and matplotlib, the numbers that stand in the tests of src/image/display/.
With a folder (the `fits` of ARCLET_TEST_DATA), also the zscale limits of its files. The second
form writes matplotlib's listed colour maps (CC0) as the program reads them.
"""

import sys
import warnings
from pathlib import Path

import astropy
import matplotlib
import numpy as np
from astropy import visualization as v
from astropy.io import fits

warnings.simplefilter("ignore")


def stretches():
    curves = {
        "linear": [v.LinearStretch()],
        "log": [v.LogStretch(a) for a in (1000, 1, 1e6)],
        "power": [v.PowerDistStretch(a) for a in (1000, 0.05, 1.2)],
        "sqrt": [v.SqrtStretch()],
        "squared": [v.SquaredStretch()],
        "asinh": [v.AsinhStretch(a) for a in (0.1, 0.001, 3)],
        "sinh": [v.SinhStretch(a) for a in (1 / 3, 0.05, 3)],
        "power-law": [v.PowerStretch(a) for a in (3, 0.3)],
    }
    x = np.array([0, 0.001, 0.01, 0.1, 0.3, 0.5, 0.9, 1.0])
    print("stretches at", x.tolist())
    for name, family in curves.items():
        for curve in family:
            values = ", ".join(f"{y:.6f}" for y in curve(x.copy()))
            print(f"{name} {getattr(curve, 'a', '')}: [{values}]")


def wave(count, phase):
    """The test plane: deterministic, in single precision, a few bright points."""
    n = np.arange(count, dtype=np.float64)
    plane = np.sin(n * 0.37 + phase) + 0.3 * np.cos(n * 0.011) + 2.0 * ((n * 7919) % 101 == 0)
    return plane.astype(np.float32)


def equalisation():
    plane = wave(500, 0.0)
    low, high = float(plane.min()), float(plane.max())
    stretch = v.HistEqStretch(plane.astype(np.float64))
    for value in (low, -1.2, -0.5, 0.0, 0.7, 1.25, 2.5, high):
        print(f"equalise {value:.6f}: {stretch(np.array([(value - low) / (high - low)]))[0]:.6f}")
    integers = np.array([0, 0, 0, 0, 1, 1, 2, 3, 3, 10], dtype=np.float32)
    stretch = v.HistEqStretch(integers.astype(np.float64))
    at = np.array([0, 0.5, 1, 2, 3, 6, 10])
    print("integers", list(zip(at.tolist(), stretch(at / 10.0).round(6).tolist())))


def rgb():
    bands = [wave(12, phase).reshape(3, 4) for phase in (0.0, 1.0, 2.0)]
    interval = [v.ManualInterval(vmin=low, vmax=high) for low, high in LIMITS]
    for name, stretch in (("linear", v.LinearStretch()), ("asinh", v.AsinhStretch(0.1))):
        print("simple", name, v.make_rgb(*bands, interval=interval, stretch=stretch).ravel().tolist())
    for minimum, stretch, q, scale in LUPTON:
        scaled = [band * s for band, s in zip(bands, scale)]
        minimum = [m * s for m, s in zip(minimum, scale)]
        picture = v.make_lupton_rgb(*scaled, minimum=minimum, stretch=stretch, Q=q)
        print("lupton", minimum, stretch, q, scale, picture.ravel().tolist())
    zscale = v.LuptonAsinhZscaleStretch([wave(5000, p).reshape(50, 100) for p in (0.0, 1.0, 2.0)])
    print("automatic stretch", zscale.stretch)


LIMITS = [(-1.0, 1.5), (-0.5, 2.0), (0.0, 1.0)]
LUPTON = [
    ([0, 0, 0], 5, 8, (1, 1, 1)),
    ([-1, -0.5, 0], 0.5, 8, (1, 1, 1)),
    ([-1, -1, -1], 2.0, 20, (0.7, 1.0, 1.5)),
    ([-0.2, 0.1, -0.3], 1.0, 0, (1, 1, 1)),
]


def colour_maps():
    for name in (*LISTED, "cubehelix", "afmhot"):
        at = np.array((0, 1, 50, 100, 128, 200, 255))
        colours = (matplotlib.colormaps[name](at)[:, :3] * 255).round(2).tolist()
        print(name, list(zip(at.tolist(), colours)))


def write_tables(folder):
    """The listed maps as 256 × 3 bytes, rounded."""
    for name in LISTED:
        colours = matplotlib.colormaps[name](np.arange(256))[:, :3]
        table = (colours * 255).round().astype(np.uint8)
        Path(folder, f"{name}.rgb").write_bytes(table.tobytes())


LISTED = ("viridis", "magma", "inferno", "plasma", "cividis")


def zscale(folder):
    for path in sorted(Path(folder).glob("*.fits")):
        try:
            hdus = [h for h in fits.open(path) if getattr(h, "data", None) is not None]
            data = next(h.data for h in hdus if h.is_image)
            if data.dtype.names or data.ndim != 2:
                continue
            low, high = v.ZScaleInterval().get_limits(data.astype(np.float32))
        except Exception as error:  # Damaged on purpose, or not an image.
            print(path.name, "left out:", type(error).__name__)
            continue
        print(f'("{path.name}", {low:.9g}, {high:.9g}),')


def percentiles():
    plane = wave(5000, 0.0)
    for percent in (90, 95, 98, 99, 99.5, 99.9):
        low, high = v.PercentileInterval(percent).get_limits(plane)
        print(f"percentile {percent}: {low:.7f} {high:.7f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--tables"]:
        write_tables(sys.argv[2])
        sys.exit()
    print("astropy", astropy.__version__, "matplotlib", matplotlib.__version__)
    stretches()
    equalisation()
    rgb()
    colour_maps()
    percentiles()
    if len(sys.argv) > 1:
        zscale(sys.argv[1])
