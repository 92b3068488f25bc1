//! Following a cross-validation in the terminal, fold after fold.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::{follow, output};
use crate::run::{Folds, FoldsReport, Spread};

/// Trains the folds that are left, then tells what they say together.
pub(super) fn follow(folds: &Folds, folder: &Path, json: bool) -> anyhow::Result<()> {
    while let Some(number) = folds.next() {
        let of = folds.count();
        if json {
            output::json(&json!({"event": "fold", "fold": number, "of": of}))?;
        } else {
            eprintln!("fold {number} of {of}");
        }
        follow::follow(folds.train(number, Arc::new(|| ()))?, json)?;
        if folds.next() == Some(number) {
            let folder = folder.display();
            eprintln!("go on with all folds by `arclet train --resume {folder}`");
            return Ok(());
        }
    }
    tell(&folds.report()?, folder, json)
}

fn tell(report: &FoldsReport, folder: &Path, json: bool) -> anyhow::Result<()> {
    let summary = report.summary();
    if json {
        let together = &report.together;
        return output::json(&json!({"event": "folds", "summary": summary, "together": together}));
    }
    eprintln!("over {} folds, mean and standard deviation:", report.folds.len());
    for Spread { figure, mean, std } in summary {
        eprintln!("  {:<18} {mean:.4} ± {std:.4}", figure.replace('_', " "));
    }
    eprintln!("the table, all predictions and figures are in {}", folder.display());
    Ok(())
}
