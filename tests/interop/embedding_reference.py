"""Prints values of scikit-learn, umap-learn and hdbscan on fixed points, for the tests of
`explain::embedding` (src/explain/embedding/reference_tests.rs).

    python3 -m venv v && v/bin/pip install scikit-learn umap-learn hdbscan
    v/bin/python tests/interop/embedding_reference.py
"""

import importlib.metadata as metadata
import warnings

import hdbscan
import numpy as np
import umap
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.neighbors import NearestNeighbors
from umap.umap_ import find_ab_params, fuzzy_simplicial_set

warnings.filterwarnings("ignore")
ROWS, COLUMNS, GROUPS = 300, 12, 5


def points():
    """The points of `reference_tests::points`: a linear congruential generator, sums of four."""
    state = 12345

    def uniform():
        nonlocal state
        state = (1664525 * state + 1013904223) % 2**32
        return state / 2**32

    centres = [[8.0 * uniform() for _ in range(COLUMNS)] for _ in range(GROUPS)]
    rows = []
    for row in range(ROWS):
        centre = centres[row % GROUPS]
        rows.append([c + 1.5 * (sum(uniform() for _ in range(4)) - 2.0) for c in centre])
    return np.array(rows, dtype=np.float32)


def show(name, values, digits=6):
    values = np.asarray(values, dtype=float).ravel()
    print(f"{name}: [{', '.join(f'{v:.{digits}g}' for v in values)}]")


x = points()
labels = np.arange(ROWS) % GROUPS
print({name: metadata.version(name) for name in ("numpy", "scikit-learn", "umap-learn", "hdbscan")})
show("sum of the points", [x.astype(np.float64).sum()], 12)

pca = PCA(n_components=3, svd_solver="full").fit(x.astype(np.float64))
show("variance", pca.explained_variance_, 9)
show("explained", pca.explained_variance_ratio_, 9)
show("coordinates of rows 0, 1, 299", pca.transform(x.astype(np.float64))[[0, 1, 299]], 8)

start = x[:4].astype(np.float64)
kmeans = KMeans(4, init=start, n_init=1, algorithm="lloyd", tol=0).fit(x.astype(np.float64))
show("k-means inertia", [kmeans.inertia_], 10)
print("k-means counts:", np.bincount(kmeans.labels_).tolist())
print("k-means first labels:", kmeans.labels_[:20].tolist())
show("ARI of k-means", [adjusted_rand_score(labels, kmeans.labels_)], 10)
show("silhouette of k-means", [silhouette_score(x.astype(np.float64), kmeans.labels_)], 10)
show("cosine silhouette", [silhouette_score(x.astype(np.float64), kmeans.labels_, metric="cosine")], 10)

for metric in ("euclidean", "cosine"):
    near = NearestNeighbors(n_neighbors=8, metric=metric, algorithm="brute").fit(x.astype(np.float64))
    distances, indices = near.kneighbors()
    print(f"{metric} neighbours of 0, 17, 299:", indices[[0, 17, 299]].tolist())
    show("their distances", distances[[0, 17, 299]], 7)
    # The whole graph as one number: sum of row number times neighbour number times its place.
    weights = np.arange(ROWS)[:, None] * indices.astype(np.int64) * np.arange(1, 9)
    print("whole graph:", int(weights.sum()))

# Groups of unlike density: each row stretched by its number.
flat = (x[:, :3] * (1.0 + np.arange(ROWS) % 7 / 4.0)[:, None]).astype(np.float32)
# One point makes a core without equal distances, so that the clusters are the only ones possible;
# larger cores make many equal distances, and the order of sorting decides about some points.
for size, samples in ((5, 1), (12, 1), (8, 3), (12, 12)):
    found = hdbscan.HDBSCAN(
        min_cluster_size=size, min_samples=samples, algorithm="generic", approx_min_span_tree=False
    ).fit(flat.astype(np.float64))
    canonical = {}
    for label in found.labels_:
        if label >= 0:
            canonical.setdefault(label, len(canonical))
    named = [canonical.get(label, -1) for label in found.labels_]
    print(f"HDBSCAN {size} {samples}: {len(canonical)} clusters, noise {named.count(-1)}")
    print("".join("." if n < 0 else chr(97 + n % 26) for n in named))

distances, indices = NearestNeighbors(n_neighbors=15).fit(x).kneighbors(x)
graph, sigmas, rhos = fuzzy_simplicial_set(
    x, 15, np.random.RandomState(0), "euclidean", knn_indices=indices, knn_dists=distances
)[:3]
show("fuzzy graph: edges, sum", [graph.nnz, graph.sum()], 9)
row = graph[7].tocoo()
order = np.argsort(row.col)
print("fuzzy row 7:", row.col[order].tolist())
show("weights", row.data[order], 6)
for distance in (0.0, 0.1, 0.5):
    show(f"a, b of {distance}", find_ab_params(1.0, distance), 9)

for seed in range(3):
    drawn = umap.UMAP(n_neighbors=15, min_dist=0.1, random_state=seed, init="pca").fit_transform(x)
    show("trustworthiness of UMAP", [trustworthiness(x, drawn)])
drawn = TSNE(perplexity=30, init="pca", random_state=0).fit_transform(x)
show("trustworthiness of t-SNE", [trustworthiness(x, drawn)])
show("trustworthiness of PCA", [trustworthiness(x, pca.transform(x.astype(np.float64))[:, :2])], 9)
