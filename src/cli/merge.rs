//! `arclet merge`: put the shards of a job together.

use std::path::PathBuf;

use serde_json::json;

use super::output;
use crate::run;

/// Arguments of `arclet merge`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Table to write, the same to the byte as without shards. For simulated images:
    /// FOLDER/catalogue.csv; FOLDER/README.txt is then written too.
    #[arg(value_name = "OUT.csv")]
    out: PathBuf,
    /// All shards of the job, in any order: the tables of `predict --shard`, or
    /// FOLDER/catalogue.shard-*.csv of `simulate --shard`.
    #[arg(required = true, value_name = "SHARD")]
    shards: Vec<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let merged = run::merge(&args.out, &args.shards)?;
    if args.json {
        return output::json(&json!({
            "kind": merged.kind, "shards": merged.shards, "rows": merged.rows, "out": args.out,
        }));
    }
    println!("{} rows of {} shards in {}", merged.rows, merged.shards, args.out.display());
    Ok(())
}
