"""World coordinates by astropy, for the tests of `image::sky`.

Prints Rust tables: headers made up here, and the files of a folder, each with pixels (from 0) and
their longitude and latitude in the header's own frame, and the conversions between frames.

    pip install astropy
    python tests/interop/astropy_wcs.py FOLDER_OF_FITS > src/image/sky/wcs_tests/values_tests.rs
"""

import glob
import os
import sys
import warnings

import astropy
import astropy.units as u
import numpy as np
from astropy.coordinates import FK4, FK5, BarycentricMeanEcliptic, Galactic, SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

warnings.simplefilter("ignore")

BASE = {"CRVAL1": 150.0, "CRVAL2": 60.0, "CRPIX1": -300.0, "CRPIX2": 200.0}
CD = {"CD1_1": -0.001, "CD1_2": 0.0002, "CD2_1": 0.0001, "CD2_2": 0.0011}
WIDE = {"CRVAL1": 350.0, "CRVAL2": 20.0, "CRPIX1": 50.5, "CRPIX2": 40.5, "CDELT1": -0.5, "CDELT2": 0.5}
SIP = {
    "A_ORDER": 3, "A_2_0": 2.0e-6, "A_1_1": -1.5e-6, "A_0_2": 7e-7, "A_3_0": 1e-10, "A_2_1": -3e-10,
    "B_ORDER": 2, "B_2_0": -8e-7, "B_1_1": 1.2e-6, "B_0_2": 3e-6,
}


def types(code, lon="RA---", lat="DEC--", end=""):
    return {"CTYPE1": lon + code + end, "CTYPE2": lat + code + end}


CASES = [
    ("TAN", types("TAN") | BASE | CD),
    ("TAN, CROTA2", types("TAN") | BASE | {"CDELT1": -0.002, "CDELT2": 0.001, "CROTA2": 33.0}),
    ("TAN, east right", types("TAN") | BASE | {"CDELT1": 0.001, "CDELT2": 0.001, "CROTA2": -70.0}),
    ("TAN, PC", types("TAN") | BASE | {"CDELT1": -0.001, "CDELT2": 0.002, "PC1_1": 0.8, "PC1_2": 0.5, "PC2_1": -0.6}),
    ("TAN, over the pole", types("TAN") | BASE | CD | {"CRVAL2": 89.95, "CRPIX1": 50.0, "CRPIX2": 50.0}),
    ("TAN, at the pole", types("TAN") | BASE | CD | {"CRVAL2": -90.0, "CRPIX1": 50.0, "CRPIX2": 50.0}),
    ("TAN, across 0 h", types("TAN") | BASE | CD | {"CRVAL1": 0.01, "CRVAL2": -30.0, "CRPIX1": 50.0, "CRPIX2": 50.0}),
    ("TAN, LONPOLE", types("TAN") | BASE | CD | {"LONPOLE": 130.0}),
    ("TAN, declination first", {"CTYPE1": "DEC--TAN", "CTYPE2": "RA---TAN", "CRVAL1": 60.0, "CRVAL2": 150.0,
                                "CRPIX1": -300.0, "CRPIX2": 200.0} | CD),
    ("TAN, arcseconds", types("TAN") | {"CUNIT1": "arcsec", "CUNIT2": "arcsec", "CRVAL1": 540000.0,
                                        "CRVAL2": 216000.0, "CDELT1": -4.0, "CDELT2": 4.0, "CRPIX1": 10.0, "CRPIX2": 10.0}),
    ("SIP", types("TAN", end="-SIP") | BASE | CD | SIP),
    ("SIN", types("SIN") | BASE | CD),
    ("SIN, slant", types("SIN") | BASE | CD | {"PV2_1": 0.1, "PV2_2": -0.25}),
    ("NCP", types("NCP") | BASE | CD),
    ("ARC", types("ARC") | BASE | CD),
    ("ZPN", types("ZPN") | BASE | CD | {"PV2_1": 1.0, "PV2_3": 42.0}),
    ("ZPN, long", types("ZPN") | WIDE | {"PV2_0": 0.0, "PV2_1": 0.99, "PV2_2": -0.05, "PV2_3": -0.12, "PV2_5": 0.01}),
    ("STG", types("STG") | BASE | CD),
    ("ZEA", types("ZEA") | BASE | CD),
    ("AZP", types("AZP") | WIDE | {"PV2_1": 2.0, "PV2_2": 30.0}),
    ("CAR", types("CAR") | WIDE),
    ("CAR, along the equator", types("CAR", "GLON-", "GLAT-") | WIDE | {"CRVAL2": 0.0}),
    ("CAR, LONPOLE", types("CAR") | WIDE | {"LONPOLE": 60.0, "LATPOLE": 20.0}),
    ("CEA", types("CEA") | WIDE | {"CRVAL2": 0.0, "PV2_1": 0.7}),
    ("CYP", types("CYP") | WIDE | {"PV2_1": 1.5, "PV2_2": 0.8}),
    ("MER", types("MER") | WIDE),
    ("SFL", types("SFL") | WIDE),
    ("PAR", types("PAR") | WIDE),
    ("MOL", types("MOL") | WIDE),
    ("AIT", types("AIT", "GLON-", "GLAT-") | WIDE),
    ("COP", types("COP") | WIDE | {"PV2_1": 45.0, "PV2_2": 20.0}),
    ("COE", types("COE") | WIDE | {"PV2_1": -45.0, "PV2_2": 20.0}),
    ("COD", types("COD") | WIDE | {"PV2_1": 45.0, "PV2_2": 20.0}),
    ("COO", types("COO") | WIDE | {"PV2_1": 45.0, "PV2_2": 20.0}),
    ("CAR, moved fiducial point", types("CAR") | WIDE | {"PV1_0": 1.0, "PV1_1": 20.0, "PV1_2": 10.0}),
]
PIXELS = [(0.0, 0.0), (99.5, 49.5), (12.25, 88.0), (100.0, 0.0), (49.5, 39.5)]


def number(value):
    """As Rust writes it, with digits in threes."""
    whole, _, part = repr(float(value)).partition(".")
    grouped = "_".join(part[n : n + 3] for n in range(0, len(part), 3))
    return f"{int(whole):_}.{grouped}" if not whole.startswith("-0") else f"{whole}.{grouped}"


def world(wcs, x, y):
    """Longitude and latitude, whatever the order and number of axes."""
    wcs = wcs.celestial
    lon, lat = wcs.all_pix2world([[x, y]], 0)[0][[wcs.wcs.lng, wcs.wcs.lat]]
    return lon % 360.0, lat


def row(wcs, x, y):
    lon, lat = world(wcs, x, y)
    return f"[{', '.join(map(number, (x, y, lon, lat)))}],"


def made_up():
    print("/// Headers and `[x, y, longitude, latitude]`.")
    print("pub(super) const CASES: &[Case] = &[")
    for name, cards in CASES:
        wcs = WCS(fits.Header(cards))
        print(f"    Case {{\n        name: {name!r},".replace("'", '"'))
        inside = ", ".join(f'("{key}", "{value}")' for key, value in cards.items())
        print(f"        cards: &[{inside}],\n        points: &[")
        for x, y in PIXELS:
            print("            " + row(wcs, x, y))
        print("        ],\n    },")
    print("];\n")


def real(folder):
    print("/// Files with their HDU and `[x, y, longitude, latitude]`.")
    print("pub(super) const FILES: &[File] = &[")
    for path in sorted(glob.glob(os.path.join(folder, "*"))):
        try:
            hdus = fits.open(path)
            _ = [hdu.header for hdu in hdus]
        except Exception:
            continue
        for index, hdu in enumerate(hdus):
            if not getattr(hdu, "is_image", False) and not isinstance(hdu, fits.CompImageHDU):
                continue
            if not hdu.shape or len(hdu.shape) < 2 or 0 in hdu.shape:
                continue
            try:
                wcs = WCS(hdu.header, hdus)
            except Exception as error:
                print(f"    // {os.path.basename(path)}[{index}]: {str(error).split(chr(10))[0]}")
                continue
            if not wcs.has_celestial or "CRVAL1" not in hdu.header:
                continue
            if "AMDX1" in hdu.header:
                print(f"    // {os.path.basename(path)}[{index}]: the plate solution of the DSS is not read")
                continue
            wcs.cpdis1 = wcs.cpdis2 = wcs.det2im1 = wcs.det2im2 = None
            height, width = hdu.shape[-2:]
            pixels = [(0.0, 0.0), (width - 1.0, 0.0), (0.3 * width, 0.7 * height), (0.5 * (width - 1), 0.5 * (height - 1))]
            print(f'    File {{\n        name: "{os.path.basename(path)}",\n        hdu: {index},\n        points: &[')
            for x, y in pixels:
                if np.all(np.isfinite(world(wcs, x, y))):
                    print("            " + row(wcs, x, y))
            print("        ],\n    },")
            break
    print("];\n")


def frames():
    print("/// Positions in another frame and in FK5 of J2000, in degrees.")
    print("pub(super) const FRAMES: &[(Frame, [f64; 2], [f64; 2])] = &[")
    frames = [
        ("Frame::Fk4 { equinox: 1950.0 }", FK4(equinox="B1950")),
        ("Frame::Fk4 { equinox: 1900.0 }", FK4(equinox="B1900", obstime="B1950")),
        ("Frame::Fk5 { equinox: 1975.0 }", FK5(equinox="J1975")),
        ("Frame::Galactic", Galactic()),
        ("Frame::Ecliptic", BarycentricMeanEcliptic(equinox="J2000")),
    ]
    for name, frame in frames:
        for lon, lat in [(10.0, 20.0), (266.4, -28.9), (123.0, 89.9)]:
            there = SkyCoord(lon * u.deg, lat * u.deg, frame=frame).transform_to(FK5(equinox="J2000"))
            print(f"    ({name}, [{number(lon)}, {number(lat)}], [{number(there.ra.deg)}, {number(there.dec.deg)}]),")
    print("];")


print(f"//! Values of astropy {astropy.__version__}, made by `tests/interop/astropy_wcs.py`.\n")
print("use super::{Case, File};\nuse crate::image::sky::Frame;\n")
made_up()
real(sys.argv[1])
frames()
