//! From a spanning tree to clusters: the hierarchy of single linkage, condensed to clusters that
//! are large enough, of which the most stable are chosen.

use super::Edge;

/// Two groups that become one at a distance. Numbers below `n` are points, `n + i` is merge `i`.
struct Merge {
    children: [usize; 2],
    distance: f64,
    size: usize,
}

/// A cluster of the condensed tree.
#[derive(Debug)]
struct Cluster {
    parent: Option<usize>,
    /// 1 / distance at which it begins.
    birth: f64,
    /// Σ (λ of leaving − λ of birth) over its points.
    stability: f64,
    chosen: bool,
}

/// Label of each point.
pub(super) fn clusters(n: usize, edges: Vec<Edge>, min_size: usize) -> Vec<Option<u32>> {
    let merges = single_linkage(n, edges);
    let (mut clusters, home) = condense(n, &merges, min_size);
    choose(&mut clusters);
    number(&clusters, &home)
}

fn single_linkage(n: usize, mut edges: Vec<Edge>) -> Vec<Merge> {
    edges.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    let mut parents: Vec<usize> = (0..2 * n).collect();
    let mut merges: Vec<Merge> = Vec::with_capacity(n.saturating_sub(1));
    for Edge { ends, distance } in edges {
        let children = ends.map(|end| root(&mut parents, end as usize));
        let size = children.iter().map(|&child| size_of(n, &merges, child)).sum();
        for child in children {
            parents[child] = n + merges.len();
        }
        merges.push(Merge { children, distance, size });
    }
    merges
}

/// The group that a point is in, with the path to it made shorter.
fn root(parents: &mut [usize], mut at: usize) -> usize {
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

fn size_of(n: usize, merges: &[Merge], node: usize) -> usize {
    if node < n { 1 } else { merges[node - n].size }
}

/// The clusters, parents before children, and the one that each point left last.
fn condense(n: usize, merges: &[Merge], min_size: usize) -> (Vec<Cluster>, Vec<usize>) {
    let mut clusters = vec![Cluster { parent: None, birth: 0.0, stability: 0.0, chosen: false }];
    let mut home = vec![0; n];
    let mut open: Vec<(usize, usize)> = Vec::new();
    if !merges.is_empty() {
        open.push((n + merges.len() - 1, 0));
    }
    while let Some((node, cluster)) = open.pop() {
        let Merge { children, distance, .. } = &merges[node - n];
        let lambda = distance.recip();
        let large = children.map(|child| size_of(n, merges, child) >= min_size);
        for (child, is_large) in children.iter().zip(large) {
            let size = size_of(n, merges, *child);
            let below = if large == [true; 2] {
                clusters[cluster].leave(lambda, size);
                let birth = lambda;
                clusters.push(Cluster {
                    parent: Some(cluster),
                    birth,
                    stability: 0.0,
                    chosen: false,
                });
                clusters.len() - 1
            } else {
                cluster
            };
            if !is_large {
                clusters[cluster].leave(lambda, size);
                points_below(n, merges, *child, |point| home[point] = cluster);
            } else if *child >= n {
                open.push((*child, below));
            } else {
                // A cluster of one point; there are none, as clusters have at least two.
                home[*child] = below;
            }
        }
    }
    (clusters, home)
}

impl Cluster {
    /// So many points leave at λ. Equal points leave at infinity: their cluster is infinitely
    /// stable, as in the authors' package, but for those that were born there.
    fn leave(&mut self, lambda: f64, points: usize) {
        let excess = lambda - self.birth;
        if !excess.is_nan() {
            self.stability += excess * points as f64;
        }
    }
}

fn points_below(n: usize, merges: &[Merge], node: usize, mut each: impl FnMut(usize)) {
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        if node < n {
            each(node);
        } else {
            open.extend(merges[node - n].children);
        }
    }
}

/// Excess of mass: a cluster is chosen where it is at least as stable as the chosen ones below it
/// together; the whole never is.
fn choose(clusters: &mut [Cluster]) {
    let mut below = vec![0.0; clusters.len()];
    for index in (1..clusters.len()).rev() {
        let cluster = &mut clusters[index];
        cluster.chosen = cluster.stability >= below[index];
        let best = cluster.stability.max(below[index]);
        if let Some(parent) = cluster.parent {
            below[parent] += best;
        }
    }
}

/// Numbers the uppermost chosen clusters and gives each point that of its own.
fn number(clusters: &[Cluster], home: &[usize]) -> Vec<Option<u32>> {
    let mut labels: Vec<Option<u32>> = vec![None; clusters.len()];
    let mut next = 0;
    for (index, cluster) in clusters.iter().enumerate() {
        let inherited = cluster.parent.and_then(|parent| labels[parent]);
        labels[index] = inherited.or_else(|| {
            cluster.chosen.then(|| {
                next += 1;
                next - 1
            })
        });
    }
    home.iter().map(|&cluster| labels[cluster]).collect()
}
