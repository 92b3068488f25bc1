"""Makes the small Parquet and HDF5 files of tests/data/containers with pyarrow and h5py.

python tests/interop/containers.py   (pyarrow 26, h5py 3.16, Pillow 13, numpy 2.4)

The pixel of band c in row y and column x of image n is (31 n + 7 y + 13 x + 5 c) mod 256, which the
tests compute anew.
"""

import io
import json
import pathlib

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

HERE = pathlib.Path(__file__).parent.parent / "data" / "containers"


def pixels(n, height, width, bands=3):
    y, x, c = np.mgrid[0:height, 0:width, 0:bands]
    return ((31 * n + 7 * y + 13 * x + 5 * c) % 256).astype(np.uint8)


def png(n):
    out = io.BytesIO()
    Image.fromarray(pixels(n, 5, 6)).save(out, "PNG")
    return out.getvalue()


def hugging_face(rows, name, **options):
    """A data set as `datasets` writes it: a structure `image`, numbers of classes, its metadata."""
    features = {
        "image": {"_type": "Image"},
        "label": {"names": ["round", "spiral", "edge-on"], "_type": "ClassLabel"},
    }
    struct = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    images = [None if n is None else {"bytes": png(n), "path": f"{n}.png"} for n, _ in rows]
    table = pa.table(
        {
            "image": pa.array(images, struct),
            "label": pa.array([label for _, label in rows], pa.int64()),
        }
    ).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, HERE / name, **options)


def zoobot(codec, **options):
    n = 20
    table = pa.table(
        {
            "id_str": [f"J{k:04}" for k in range(n)],
            "file_loc": [f"images/J{k:04}.jpg" for k in range(n)],
            "smooth-or-featured-dr5_smooth": pa.array([k % 5 for k in range(n)], pa.uint8()),
            "smooth-or-featured-dr5_featured-or-disk": pa.array(
                [None if k == 3 else 4 - k % 5 for k in range(n)], pa.int32()
            ),
            "redshift": pa.array([0.01 * k for k in range(n)], pa.float64()),
            "mag": pa.array([18 + k / 8 for k in range(n)], pa.float32()),
            "observed": pa.array([18000 + k for k in range(n)], pa.date32()),
            "is_lens": pa.array([k % 2 == 0 for k in range(n)]),
            "numbers": pa.array([[1, 2]] * n),
        }
    )
    pq.write_table(table, HERE / f"votes_{codec}.parquet", compression=codec, **options)


def galaxy10():
    n = 7
    with h5py.File(HERE / "galaxy10_decals.h5", "w") as file:
        images = np.stack([pixels(k, 8, 8) for k in range(n)])
        # As h5py chooses pieces by itself for a large array: many images, a part of each.
        file.create_dataset("images", data=images, chunks=(3, 4, 8, 1), compression="gzip")
        file["ans"] = np.arange(n, dtype=np.uint8)
        file["ra"] = 150 + np.arange(n) / 8
        file["dec"] = 2 - np.arange(n) / 4
        file["redshift"] = np.array([0.1, 0.2, np.nan, 0.4, 0.5, 0.6, 0.7])
        file["pxscale"] = np.full(n, 0.262)
    with h5py.File(HERE / "galaxy10_sdss.h5", "w") as file:
        images = np.stack([np.full((69, 69, 3), 40 * k, np.uint8) for k in range(5)])
        file.create_dataset("images", data=images, chunks=(1, 69, 69, 3), compression="gzip")
        file["ans"] = np.array([0, 1, 1, 9, 200], np.uint8)
    with h5py.File(HERE / "measured.h5", "w", libver="latest") as file:
        cube = np.arange(4 * 2 * 3 * 5, dtype=">f4").reshape(4, 2, 3, 5) / 4
        file["fluxes"] = cube
        file["class"] = np.array(["lens", "none", "lens", "none"], dtype="S4")
        file["note"] = "not a column"


if __name__ == "__main__":
    HERE.mkdir(parents=True, exist_ok=True)
    first = [(0, 0), (1, 1), (2, 2), (None, 1), (4, -1), (5, 0), (6, 1)]
    hugging_face(first, "train-00000-of-00002.parquet", row_group_size=4)
    second = [(7, 1), (8, 2), (9, 7)]
    hugging_face(second, "train-00001-of-00002.parquet", compression="zstd")
    rows = pa.table({"image": [png(n) for n in range(40)], "class": ["a", "b"] * 20})
    pq.write_table(
        rows, HERE / "bytes_gzip.parquet", compression="gzip", data_page_version="2.0",
        data_page_size=1500, write_batch_size=8, use_dictionary=False,
    )
    for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
        version = "2.0" if codec in ("gzip", "zstd") else "1.0"
        zoobot(codec, data_page_version=version, use_dictionary=codec != "none")
    galaxy10()
