//! Against scikit-learn 1.9.1, umap-learn 0.5.12 and hdbscan 0.8.44 (NumPy 2.4.6) on fixed points.
//! `tests/interop/embedding_reference.py` prints the values.

use super::testing::always;
use super::umap::graph::fuzzy_union;
use super::*;

const ROWS: usize = 300;
const COLUMNS: usize = 12;
const GROUPS: usize = 5;

/// A linear congruential generator that Python's integers follow exactly.
struct Uniform(u32);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(self.0) / 4_294_967_296.0
    }
}

fn points() -> Points {
    let mut uniform = Uniform(12345);
    let centres: Vec<f64> = (0..GROUPS * COLUMNS).map(|_| 8.0 * uniform.next()).collect();
    let mut values = Vec::new();
    for row in 0..ROWS {
        for centre in &centres[row % GROUPS * COLUMNS..][..COLUMNS] {
            let sum: f64 = (0..4).map(|_| uniform.next()).sum();
            values.push((centre + 1.5 * (sum - 2.0)) as f32);
        }
    }
    Points::new(COLUMNS, values).unwrap()
}

fn labels() -> Vec<i64> {
    (0..ROWS).map(|row| (row % GROUPS) as i64).collect()
}

fn close(found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len());
    for (a, b) in found.iter().zip(wanted) {
        assert!((a - b).abs() <= tolerance * b.abs().max(1e-3), "{found:?} instead of {wanted:?}");
    }
}

#[test]
fn the_points_are_those_of_the_script() {
    let sum: f64 = points().values().iter().map(|v| f64::from(*v)).sum();
    assert!((sum - 15_094.675_684_8).abs() < 1e-6, "{sum}");
}

#[test]
fn principal_components() {
    let found = pca(&points(), 3, &mut always()).unwrap();
    close(&found.variance, &[20.146_891_9, 17.564_333_3, 11.799_326_8], 1e-8);
    close(&found.explained, &[0.330_891_23, 0.288_475_457, 0.193_791_369], 1e-8);
    let rows = [0, 1, 299].map(|row| found.coordinates.row(row).to_vec()).concat();
    let wanted = [
        -0.196_215_77,
        -7.297_534_2,
        -2.236_049_3,
        8.097_387_1,
        0.402_731_42,
        3.591_699_8,
        -1.999_78,
        2.215_020_5,
        -0.329_899_72,
    ];
    close(&rows.into_iter().map(f64::from).collect::<Vec<_>>(), &wanted, 2e-6);
}

#[test]
fn k_means_from_the_same_start() {
    let points = points();
    let found = lloyd(&points, points.select(&[0, 1, 2, 3]), &mut always()).unwrap();
    close(&[found.inertia], &[5_024.957_428], 1e-6);
    let counts = (0..4).map(|group| found.labels.iter().filter(|l| **l == group).count());
    assert_eq!(counts.collect::<Vec<_>>(), [60, 60, 62, 118]);
    assert_eq!(found.labels[..20], [0, 1, 2, 3, 3, 0, 1, 2, 3, 3, 0, 1, 2, 3, 3, 0, 1, 2, 3, 3]);
    let groups: Vec<i64> = found.labels.iter().map(|label| i64::from(*label)).collect();
    close(&[adjusted_rand(&labels(), &groups)], &[0.772_253_702_1], 1e-9);
    let groups: Vec<Option<u32>> = found.labels.iter().copied().map(Some).collect();
    let apart = |metric| silhouette(&points, &groups, metric, ROWS, 0).unwrap();
    close(&[apart(Metric::Euclidean)], &[0.506_118_031_7], 1e-7);
    close(&[apart(Metric::Cosine)], &[0.711_699_944_6], 1e-6);
}

/// Row number times neighbour number times its place, summed: the whole graph as one number.
fn graph_sum(near: &Neighbours) -> usize {
    let row = |row: usize| {
        let places = near.of(row).0.iter().zip(1..);
        places.map(|(other, place)| row * *other as usize * place).sum::<usize>()
    };
    (0..ROWS).map(row).sum()
}

#[test]
fn nearest_neighbours() {
    let points = points();
    let near = neighbours(&points, 8, Metric::Euclidean, &mut always()).unwrap();
    assert_eq!(near.of(17).0, [57, 182, 297, 27, 132, 12, 62, 237]);
    assert_eq!(graph_sum(&near), 228_804_440);
    let first: Vec<f64> = near.of(0).1.iter().map(|d| f64::from(*d)).collect();
    let wanted =
        [2.177_503, 2.408_432, 2.438_011, 2.554_619, 2.562_525, 2.641_467, 2.691_948, 2.752_982];
    close(&first, &wanted, 1e-6);
    let near = neighbours(&points, 8, Metric::Cosine, &mut always()).unwrap();
    assert_eq!(near.of(299).0, [109, 174, 279, 199, 194, 159, 99, 144]);
    assert_eq!(graph_sum(&near), 227_669_565);
    close(&[f64::from(near.of(0).1[0])], &[0.007_923_312], 1e-4);
}

/// The points of the script's HDBSCAN: groups of unlike density.
fn stretched() -> Points {
    let points = points();
    let row = |row: usize| {
        let factor = 1.0 + (row % 7) as f64 / 4.0;
        points.row(row)[..3].iter().map(move |value| (f64::from(*value) * factor) as f32)
    };
    Points::new(3, (0..ROWS).flat_map(row).collect()).unwrap()
}

/// Labels as letters in the order in which they appear; noise is a dot.
fn letters(labels: &[Option<u32>]) -> String {
    let mut known: Vec<u32> = Vec::new();
    let letter = |label: &Option<u32>| {
        let Some(label) = label else { return '.' };
        let place = known.iter().position(|other| other == label).unwrap_or_else(|| {
            known.push(*label);
            known.len() - 1
        });
        char::from(b'a' + place as u8)
    };
    labels.iter().map(letter).collect()
}

/// A core of one point makes no equal distances: all labels are the reference's. Larger cores make
/// many, and the reference's own labels then change by up to 7 % with the kind of its sorting
/// (`argsort` by quicksort or stable: 20 of 300 points of the last case).
#[test]
fn hdbscan_up_to_the_names() {
    for (size, samples, wanted) in [(5, 1, HDBSCAN_5_1), (12, 1, HDBSCAN_12_1)] {
        let found = hdbscan(&stretched(), size, samples, &mut always()).unwrap();
        assert_eq!(letters(&found), wanted, "{size} {samples}");
    }
    for (size, samples, wanted) in [(8, 3, HDBSCAN_8_3), (12, 12, HDBSCAN_12_12)] {
        let found = letters(&hdbscan(&stretched(), size, samples, &mut always()).unwrap());
        let others = found.chars().zip(wanted.chars()).filter(|(a, b)| a != b).count();
        assert!(others <= ROWS * 8 / 100, "{others} points differ: {size} {samples}");
    }
}

#[test]
fn the_fuzzy_graph_of_umap() {
    let near = neighbours(&points(), 14, Metric::Euclidean, &mut always()).unwrap();
    let edges = fuzzy_union(&near, 14);
    assert_eq!(edges.len(), 5886);
    let sum: f64 = edges.iter().map(|edge| f64::from(edge.weight)).sum();
    close(&[sum], &[1_940.641_97], 1e-5);
    let row: Vec<_> = edges.iter().filter(|edge| edge.from == 7).collect();
    assert_eq!(row.len(), 29);
    assert_eq!((row[0].to, row[28].to), (12, 287));
    let weights: Vec<f64> = row[..6].iter().map(|edge| f64::from(edge.weight)).collect();
    close(&weights, &[0.150_44, 0.022_077_6, 0.135_289, 0.614_567, 0.111_606, 0.119_315], 1e-4);
}

/// Trustworthiness by 5 neighbours of the references on these points: UMAP 0.9611–0.9620 over
/// three seeds, t-SNE 0.9756, PCA 0.936477169.
#[test]
fn pictures_are_as_trustworthy_as_those_of_the_references() {
    let points = points();
    let trust = |method| {
        let settings = Settings { method, components: 0, ..Settings::default() };
        let found = analyse(&points, &[None; ROWS], &settings, &mut |_, _| true).unwrap();
        found.trustworthiness.unwrap()
    };
    close(&[trust(Method::Pca)], &[0.936_477_169], 1e-6);
    let drawn = trust(Method::Umap(UmapSettings::default()));
    assert!((drawn - 0.9615).abs() < 0.02, "UMAP {drawn}");
    let drawn = trust(Method::Tsne(TsneSettings::default()));
    assert!((drawn - 0.9756).abs() < 0.02, "t-SNE {drawn}");
}

const HDBSCAN_5_1: &str = "\
    abcdeafgdhcf..iabc..abjd.af.kiab.l.abjlhamj.hafnliab.d..bjdeaf.khafcloabcd..fj.h\
    afnlj.b.do.bjd.ampkhgb..oabclo..g.habp.iabqd.abc.h.fnkhabqdoabqie..gi.afpliabc..\
    abcddafnkhab.loa.c.eamgihafp.iabqdo.bcdhaf..iabc.oabcdhamj..af.l.abcd..bcdd..nkh\
    ab.loabcd.a.jihaf...abclo.bj..ampkjabqloabq.e.mjdhafp.i.b.do";

const HDBSCAN_12_1: &str = "\
    abcdeafgdecf..habc..abgd.af.hhab.i.abgiea.gheaf.ihab.d..bgdeaf.heafcijabcd..fg.e\
    af.ig.b.dj.bgd.a..hegb..jabcij..g.eab..hab.d.abc.e.f.heab.djab.he..gh.af.ihabc..\
    abcddaf.heab.ija.c.ea.gheaf..hab.dj.bcdeaf.hhabc.jabcdea.g..af.i.abcd..bcdd...he\
    ab.ijabcd.a.gheaf...abcij.bg..a..hgab.ijab..e..gdeaf..h.b.dj";

const HDBSCAN_8_3: &str = "\
    abaaaacaaaac.aaaba...baa.a..aaa..a.abaaaa.aaaa...aabaa.a.aaaac.aaacaadabaa...aaa\
    a..aaabaa..baa.a..aaaba..abaad..aaaa...aabaa.abaaa.c.aaabaadabaaa..aa.ac..aaba..\
    abaaaac.aaabaada.a.aa.aaaac..aabaad.baaaacaaaa.a..a.aaaa.aa.ac.a.abaa.abaaa...aa\
    abaadabaa.a.aaaa...aabaa..baa.a..aaab.adaba....aaaac..aabaad";

const HDBSCAN_12_12: &str = "\
    abaa.a.aaaa...aaba....aa.a..aaa..a.abaaaa.aaaa...aab.a...aaaa...aa.a..abaa...aa.\
    a...aabaa..baaaa..aaa....abaa...aaaa...aab.a.abaaa.b.aaab.a.abaa...aa.ab..aaba..\
    abaaaab.aaa..a.aaa.a..aaaa...aab.a..baaaa..aaa.a..a.aaaa.aaaa..a.a..a..baaa...aa\
    ab...abaa.a.aa.a....abaa..ba..a...aa..a.aba....aaaa...aab.a.";
