//! Figures of an evaluation: ROC, precision–recall, reliability, confusion matrix.

use crate::evaluate::precision_recall as pr;
use crate::evaluate::{Confusion, Evaluation, OneVsRest, Reliability};
use crate::figure::{Chart, Colour, Matrix, MatrixKind, Series, Table};

/// Points of a curve that a drawing needs at most.
const POINTS: usize = 2000;

/// A curve with its name and the area below it.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedCurve {
    /// Name in the legend.
    pub name: String,
    /// Points (x, y).
    pub points: Vec<[f64; 2]>,
    /// Area below the curve, shown behind the name.
    pub area: Option<f64>,
}

/// ROC curves of any origin (runs, folds, classes).
pub fn roc(curves: &[NamedCurve]) -> Chart {
    let chart = Chart::unit_square("ROC", "False-positive rate", "True-positive rate");
    let mut chart = Chart { diagonal: true, ..chart };
    chart.series = series_of(curves, "AUC");
    chart
}

/// ROC curves of each class against the rest, with their macro and micro averages.
pub fn one_vs_rest(curves: &OneVsRest) -> Chart {
    let names = curves.classes.iter().zip(&curves.rocs).filter(|(_, roc)| roc.auc().is_some());
    let classes: Vec<NamedCurve> = names
        .map(|(name, roc)| NamedCurve {
            name: name.clone(),
            points: roc.curve(POINTS),
            area: roc.auc(),
        })
        .collect();
    let mut chart = roc(&classes);
    "ROC, each class against the rest".clone_into(&mut chart.title);
    thin_when_many(&mut chart);
    if classes.len() > 1 {
        let average = |name: &str, points, area: Option<f64>| {
            Series::line(name, points, Colour::Ink).noted(area_note("AUC", area)).wide(2.2)
        };
        let macro_curve = curves.macro_curve(POINTS / 4);
        // The curve starts at the origin, which the mean at a rate of 0 hides.
        let macro_curve = std::iter::once([0.0, 0.0]).chain(macro_curve).collect();
        chart.series.push(average("Macro average", macro_curve, curves.auc_macro()));
        let micro = curves.micro.curve(POINTS);
        chart.series.push(average("Micro average", micro, curves.auc_micro()).dashed());
    }
    chart
}

/// Precision against recall of each class.
pub fn precision_recall(curves: &OneVsRest) -> Chart {
    let names = curves.classes.iter().zip(&curves.rocs).filter(|(_, roc)| roc.positives() > 0);
    let classes: Vec<NamedCurve> = names
        .map(|(name, roc)| NamedCurve {
            name: name.clone(),
            points: pr::curve(roc, POINTS),
            area: pr::average_precision(roc),
        })
        .collect();
    let mut chart = precision_recall_curves(&classes);
    "Precision and recall, each class against the rest".clone_into(&mut chart.title);
    chart
}

/// Precision–recall curves of any origin (runs, folds, classes).
pub fn precision_recall_curves(curves: &[NamedCurve]) -> Chart {
    let mut chart =
        Chart::unit_square("Precision and recall", "Recall (completeness)", "Precision (purity)");
    chart.series = series_of(curves, "AP");
    thin_when_many(&mut chart);
    chart
}

/// Accuracy and share of the samples in bins of confidence.
pub fn reliability(reliability: &Reliability) -> Chart {
    let total: u64 = reliability.bins.iter().map(|bin| bin.count).sum();
    let width = reliability.bins.first().map_or(0.1, |bin| bin.high - bin.low);
    let filled = || reliability.bins.iter().filter(|bin| bin.count > 0);
    let accuracy = filled().map(|bin| [f64::midpoint(bin.low, bin.high), bin.accuracy]).collect();
    let share = |bin: &crate::evaluate::calibration::Bin| {
        [f64::midpoint(bin.low, bin.high), bin.count as f64 / total as f64]
    };
    let shares = filled().map(share).collect();
    let means = filled().map(|bin| [bin.confidence, bin.accuracy]).collect();
    let mut chart = Chart::unit_square("Reliability", "Confidence", "Accuracy");
    chart.diagonal = true;
    if let Some(error) = reliability.expected_error() {
        chart.subtitle = format!("Expected calibration error {error:.3}, {total} samples");
    }
    chart
        .with(Series::bars("Accuracy", accuracy, width, Colour::Palette(0)))
        .with(Series::bars("Share of the samples", shares, width * 0.35, Colour::Palette(4)))
        .with(Series::dots("Mean confidence", means, Colour::Ink))
}

/// The confusion matrix: counts, or shares of each true class with the counts below.
///
/// The colour is the share of the true class in both, so that rare classes show as well.
pub fn confusion(confusion: &Confusion, normalised: bool) -> Matrix {
    let shares = confusion.by_row();
    let counts = || confusion.counts.iter();
    let percent =
        |figure: Option<f64>| figure.map_or("–".to_owned(), |f| format!("{:.1} %", f * 100.0));
    let title = if normalised {
        "Confusion matrix, per cent of each true class"
    } else {
        "Confusion matrix, counts"
    };
    Matrix {
        title: title.to_owned(),
        subtitle: format!(
            "Accuracy {}, balanced {}, {} samples",
            percent(confusion.accuracy()),
            percent(confusion.balanced_accuracy()),
            confusion.total(),
        ),
        row_title: "True class".to_owned(),
        column_title: "Predicted class".to_owned(),
        row_labels: confusion.classes.clone(),
        column_labels: confusion.classes.clone(),
        values: if normalised { shares.clone() } else { counts().map(|&c| c as f64).collect() },
        kind: if normalised { MatrixKind::Share } else { MatrixKind::Counts },
        shades: shares,
        shade_title: "Per cent of the true class".to_owned(),
        notes: if normalised { counts().map(u64::to_string).collect() } else { Vec::new() },
        theme: crate::figure::Theme::Light,
    }
}

/// The figures of each class as a table.
pub fn per_class(evaluation: &Evaluation) -> Table {
    let columns = [
        "class",
        "samples",
        "predicted",
        "precision",
        "recall",
        "f1",
        "auc",
        "average_precision",
        "tpr0",
        "tpr10",
    ];
    let number = |figure: Option<f64>| figure.map_or(String::new(), |f| format!("{f:.6}"));
    let rows = evaluation.per_class.iter().map(|class| {
        let mut row =
            vec![class.name.clone(), class.support.to_string(), class.predicted.to_string()];
        let figures = [
            class.precision,
            class.recall,
            class.f1,
            class.auc,
            class.average_precision,
            class.tpr0,
            class.tpr10,
        ];
        row.extend(figures.map(number));
        row
    });
    Table { columns: columns.map(String::from).to_vec(), rows: rows.collect() }
}

fn series_of(curves: &[NamedCurve], kind: &str) -> Vec<Series> {
    let line = |(index, curve): (usize, &NamedCurve)| {
        Series::line(curve.name.clone(), curve.points.clone(), Colour::Palette(index))
            .noted(area_note(kind, curve.area))
    };
    curves.iter().enumerate().map(line).collect()
}

fn area_note(kind: &str, area: Option<f64>) -> String {
    area.map_or_else(String::new, |area| format!("{kind} {area:.3}"))
}

fn thin_when_many(chart: &mut Chart) {
    if chart.series.len() > 7 {
        chart.series.iter_mut().for_each(|series| series.width = 1.2);
    }
}
