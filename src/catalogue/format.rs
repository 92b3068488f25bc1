//! Which format of data set a file or folder is, by what stands in it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{CatalogueError, inside, lens_parameters, table};
use crate::image::container::Kind;
use crate::image::container::hdf5::Stack;
use crate::image::container::parquet::Shard;
use crate::image::is_image_path;

/// Entries of a folder whose names are looked at for a catalogue: it may lie among its images.
const MAX_ENTRIES: usize = 500_000;

/// Tables of a folder whose first lines are read.
const MAX_TABLES: usize = 32;

/// A format of data sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// One folder of images a class.
    #[default]
    FolderPerClass,
    /// A table with a column of files.
    List,
    /// Kaggle's Galaxy Zoo challenge.
    GalaxyZoo,
    /// The first strong-lens challenge.
    #[serde(rename = "lens-challenge-1")]
    LensChallenge1,
    /// The second strong-lens challenge.
    #[serde(rename = "lens-challenge-2")]
    LensChallenge2,
    /// A catalogue of Zoobot or galaxy-datasets.
    Zoobot,
    /// Images of lenses and the parameters of their mass.
    LensParameters,
    /// A table in a FITS file.
    FitsTable,
    /// A table of the Virtual Observatory.
    #[serde(rename = "votable")]
    VoTable,
    /// A table in a Parquet file.
    ParquetTable,
    /// Parquet files with the images inside, as Hugging Face has them.
    ParquetImages,
    /// An HDF5 file with an array of images, such as Galaxy10.
    Hdf5Images,
    /// A table of positions and a big image to cut from.
    Cutouts,
}

/// A format and the file that told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// The format.
    pub format: Format,
    /// The table, or the folder itself.
    pub path: PathBuf,
}

impl Format {
    /// What users call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::FolderPerClass => "Folder per class",
            Self::List => "List of files",
            Self::GalaxyZoo => "Galaxy Zoo (Kaggle)",
            Self::LensChallenge1 => "Lens challenge 1",
            Self::LensChallenge2 => "Lens challenge 2",
            Self::Zoobot => "Zoobot catalogue",
            Self::LensParameters => "Lenses with parameters",
            Self::FitsTable => "FITS table",
            Self::VoTable => "VOTable",
            Self::ParquetTable => "Parquet table",
            Self::ParquetImages => "Parquet with images inside",
            Self::Cutouts => "Positions in a big image",
            Self::Hdf5Images => "HDF5 with images inside (Galaxy10)",
        }
    }

    /// True for tables in which a column names the files, chosen by the user.
    pub fn is_list(self) -> bool {
        matches!(
            self,
            Self::List | Self::Zoobot | Self::FitsTable | Self::VoTable | Self::ParquetTable
        )
    }
}

/// Recognises a file or folder by its content. A folder is a folder per class unless a table in it
/// has the columns of a format that knows where its images lie.
///
/// # Errors
/// [`CatalogueError`] when it cannot be read, or is of a format that is not read yet.
pub fn recognise(path: &Path) -> Result<Recognised, CatalogueError> {
    let metadata = std::fs::metadata(path).map_err(|error| CatalogueError::open(path, &error))?;
    if !metadata.is_dir() {
        return Ok(Recognised { format: of_file(path)?, path: path.to_path_buf() });
    }
    let own = |table: PathBuf| {
        let format = of_file(&table).ok().filter(|f| !f.is_list())?;
        let is_own = match format {
            // Its files are read together.
            Format::ParquetImages => false,
            // A network's weights may lie there too.
            Format::Hdf5Images => Stack::open(&table).is_ok(),
            _ => true,
        };
        is_own.then_some(Recognised { format, path: table })
    };
    if inside::is_folder_of_shards(path) {
        return Ok(Recognised { format: Format::ParquetImages, path: path.to_path_buf() });
    }
    let folder = Recognised { format: Format::FolderPerClass, path: path.to_path_buf() };
    Ok(tables_in(path).into_iter().find_map(own).unwrap_or(folder))
}

/// The files of a folder that may be tables. Those with the names that the formats gave them come
/// first: Kaggle's table of zeros has the columns of the solutions.
fn tables_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut tables: Vec<PathBuf> = entries
        .take(MAX_ENTRIES)
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| !is_image_path(path) && path.is_file())
        .collect();
    let rank = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let own = ["training_solutions", "classifications", "image_catalog", "parameters_train"];
        (!own.iter().any(|start| name.starts_with(start)), name)
    };
    tables.sort_by_cached_key(|path| rank(path));
    tables.truncate(MAX_TABLES);
    tables
}

fn of_file(path: &Path) -> Result<Format, CatalogueError> {
    let start = table::start_of(path).map_err(|error| CatalogueError::open(path, &error))?;
    match Kind::of_content(&start) {
        Some(Kind::Parquet) => return of_parquet(path),
        Some(Kind::Hdf5) => return Ok(Format::Hdf5Images),
        None => {}
    }
    if table::is_fits(&start) {
        return Ok(Format::FitsTable);
    }
    if table::is_votable(&start) {
        return Ok(Format::VoTable);
    }
    if let Some(names) = table::names_of(&start) {
        return Ok(of_columns(&names));
    }
    let parameters = lens_parameters::has_images(path);
    Ok(if parameters { Format::LensParameters } else { Format::List })
}

/// By its columns, or by the images inside.
fn of_parquet(path: &Path) -> Result<Format, CatalogueError> {
    let shard = Shard::open(path).map_err(|error| CatalogueError::list(path, error.to_string()))?;
    if shard.pictures().is_some() {
        return Ok(Format::ParquetImages);
    }
    Ok(match of_columns(&shard.cells().names) {
        Format::List => Format::ParquetTable,
        known => known,
    })
}

/// The format whose columns these are.
fn of_columns(names: &[String]) -> Format {
    let has = |name: &str| names.iter().any(|column| column == name);
    let all = |names: &[&str]| names.iter().all(|name| has(name));
    if all(&["GalaxyID", "Class1.1", "Class1.2", "Class7.1"]) {
        Format::GalaxyZoo
    } else if all(&["ID", "n_source_im", "mag_eff", "n_pix_source"]) {
        Format::LensChallenge2
    } else if all(&["ID", "no_source"]) || all(&["ID", "is_lens", "Einstein_area"]) {
        Format::LensChallenge1
    } else if all(&["id_str", "file_loc"]) {
        Format::Zoobot
    } else {
        Format::List
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_counts_and_not_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            recognise(&path).map(|found| found.format)
        };
        assert_eq!(
            file("a.txt", b"GalaxyID,Class1.1,Class1.2,Class7.1\n").unwrap(),
            Format::GalaxyZoo
        );
        assert_eq!(file("classifications.csv", b"file,label\na.jpg,x\n").unwrap(), Format::List);
        assert_eq!(file("b.dat", b"id_str\tfile_loc\tlabel\n").unwrap(), Format::Zoobot);
        assert_eq!(file("c", b"# x\n# ID no_source\n").unwrap(), Format::List);
        assert_eq!(file("parameters_train.txt", b"1 2 3 4 5\n").unwrap(), Format::List);
        assert_eq!(file("t.csv", b"SIMPLE  =   T").unwrap(), Format::FitsTable);
        assert_eq!(file("t.txt", b"<?xml version=\"1.0\"?><VOTABLE>").unwrap(), Format::VoTable);
        assert!(file("d.csv", b"PAR1....").unwrap_err().to_string().contains("Parquet"));
        assert_eq!(file("e.csv", b"\x89HDF\r\n\x1a\n").unwrap(), Format::Hdf5Images);
        assert!(recognise(&folder.path().join("no")).is_err());
    }

    #[test]
    fn a_folder_is_what_its_best_table_says() {
        let folder = tempfile::tempdir().unwrap();
        let columns = "GalaxyID,Class1.1,Class1.2,Class7.1\n1,0,0,0\n";
        let of = || recognise(folder.path()).unwrap();
        std::fs::write(folder.path().join("labels.csv"), "file,label\na.jpg,x\n").unwrap();
        assert_eq!(of().format, Format::FolderPerClass);
        std::fs::write(folder.path().join("all_zeros_benchmark.csv"), columns).unwrap();
        std::fs::write(folder.path().join("training_solutions_rev1.csv"), columns).unwrap();
        assert_eq!(of().format, Format::GalaxyZoo);
        assert!(of().path.ends_with("training_solutions_rev1.csv"));
        for number in 0..5000 {
            std::fs::write(folder.path().join(format!("{number}.jpg")), "").unwrap();
        }
        assert_eq!(of().format, Format::GalaxyZoo);
    }
}
