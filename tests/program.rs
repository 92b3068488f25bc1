//! The real program on the sample data, as a user of the terminal meets it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The sample galaxies of the repository.
fn galaxies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/galaxies")
}

fn arclet(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_arclet")).args(arguments).output().expect("arclet starts")
}

/// Runs a command that must succeed and gives its one JSON object.
fn json(arguments: &[&str]) -> Value {
    let output = arclet(arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "arclet {arguments:?} failed: {message}");
    serde_json::from_slice(&output.stdout).expect("one JSON object on standard output")
}

/// Runs a command that must fail with a status, and gives what it says.
fn refusal(arguments: &[&str], status: i32) -> String {
    let output = arclet(arguments);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "arclet {arguments:?} said: {message}");
    assert!(!message.contains("panicked"), "a panic instead of an error: {message}");
    message
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of plain characters")
}

/// Two short epochs of LeNet-5 on the sample galaxies.
fn short_run(folder: &Path) {
    let data = galaxies();
    let output = arclet(&[
        "train",
        "--data",
        text(&data),
        "--network",
        "lenet5",
        "--size",
        "32",
        "--epochs",
        "2",
        "--device",
        "flex",
        "--seed",
        "3",
        "--out",
        text(folder),
        "--json",
    ]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "training failed: {message}");
    let events = String::from_utf8(output.stdout).expect("text");
    assert!(events.lines().count() > 2);
    for line in events.lines() {
        serde_json::from_str::<Value>(line).expect("each line is a JSON object");
    }
}

#[test]
fn a_run_is_complete_and_can_be_evaluated_predicted_and_explained() {
    let scratch = tempfile::tempdir().unwrap();
    let run = scratch.path().join("run");
    short_run(&run);
    for file in ["run.toml", "split.csv", "predictions.csv", "evaluation.json"] {
        assert!(run.join(file).is_file(), "{file} is missing");
    }
    for figure in ["curves", "confusion", "roc"] {
        for extension in ["png", "svg"] {
            assert!(run.join(figure).with_extension(extension).is_file(), "{figure}.{extension}");
        }
    }

    let evaluation = json(&["evaluate", text(&run), "--json"]);
    assert_eq!(evaluation["classes"].as_array().unwrap().len(), 5);
    assert_eq!(evaluation["n"], 75, "a quarter of 300 images");
    let accuracy = evaluation["accuracy"].as_f64().unwrap();
    let confusion = evaluation["confusion"].as_array().unwrap();
    let right: f64 = (0..5).map(|i| confusion[i][i].as_f64().unwrap()).sum();
    assert!((right / 75.0 - accuracy).abs() < 1e-9);

    let table = scratch.path().join("predictions.csv");
    let data = galaxies();
    let output = arclet(&["predict", text(&run), "--data", text(&data), "--out", text(&table)]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut rows = csv::Reader::from_path(&table).unwrap();
    assert_eq!(&rows.headers().unwrap()[0], "id");
    let records: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 300);
    for record in &records {
        let sum: f64 = record.iter().skip(3).map(|p| p.parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-4, "probabilities of {} sum to {sum}", &record[0]);
    }

    let image = fs::read_dir(data.join("spiral")).unwrap().next().unwrap().unwrap().path();
    for extension in ["png", "npy"] {
        let maps = scratch.path().join("maps").with_extension(extension);
        let layer = json(&["networks", "lenet5", "--layers", "--json"])["layers"][1]["name"]
            .as_str()
            .unwrap()
            .to_owned();
        let arguments =
            ["explain", text(&run), "--image", text(&image), "--layer", &layer, "--out"];
        let output = arclet(&[&arguments[..], &[text(&maps)]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(maps.metadata().unwrap().len() > 100);
    }
}

/// Everything that `arclet explain` tells of a run.
#[test]
fn a_run_is_explained_in_every_way() {
    let scratch = tempfile::tempdir().unwrap();
    let run = scratch.path().join("run");
    short_run(&run);
    let data = galaxies();
    let image = fs::read_dir(data.join("spiral")).unwrap().next().unwrap().unwrap().path();
    let out = |name: &str| scratch.path().join(name).to_string_lossy().into_owned();
    let explain = |more: &[&str]| json(&[&["explain", text(&run), "--json"], more].concat());
    let of_image = ["--image", text(&image)];

    for method in ["grad-cam", "grad-cam++", "gradient", "guided", "integrated", "occlusion"] {
        let file = out("where.png");
        let told = explain(&[&of_image[..], &["--method", method, "--out", &file]].concat());
        assert_eq!(told["method"], method);
        assert!(fs::read(&file).unwrap().starts_with(b"\x89PNG"));
        if method == "integrated" {
            assert!(told["completeness"]["gap"].as_f64().unwrap() < 0.01, "{told}");
        }
    }
    let file = out("where.npy");
    let arguments = ["--method", "gradient", "--class", "spiral", "--out", &file, "--at-galaxy"];
    assert_eq!(explain(&[&of_image[..], &arguments].concat())["class"], "spiral");
    assert!(fs::read(&file).unwrap().starts_with(b"\x93NUMPY"));

    for name in ["lecture.png", "lecture.svg"] {
        let told = explain(&[&of_image[..], &["--lecture-figure", &out(name)]].concat());
        assert!(told["rows"].as_array().unwrap().len() > 1);
    }
    assert!(fs::read_to_string(out("lecture.svg")).unwrap().contains("First convolution"));

    let filters = explain(&["--filters", "--out", &out("filters.png")]);
    assert_eq!(filters["shape"].as_array().unwrap().len(), 4);
    let weights = explain(&["--histograms", "--out", &out("weights.svg")]);
    assert!(weights["layers"].as_array().unwrap().len() > 3);
    for what in ["--histograms=weights", "--histograms=gradient"] {
        let course = explain(&[what, "--out", &out("course.png")]);
        assert_eq!(
            course["layers"].as_array().unwrap().len(),
            weights["layers"].as_array().unwrap().len()
        );
        assert!(course["epochs"].as_u64().unwrap() > 0);
    }
    let layer = filters["layer"].as_str().unwrap().to_owned();
    let top = ["--top", "4", "--layer", &layer, "--channel", "1", "--data", text(&data), "--out"];
    let told = explain(&[&top[..], &[&out("top.png")]].concat());
    let values: Vec<f64> = told["images"]
        .as_array()
        .unwrap()
        .iter()
        .map(|image| image["value"].as_f64().unwrap())
        .collect();
    assert!(values.len() == 4 && values.windows(2).all(|pair| pair[0] >= pair[1]), "{values:?}");
    let climb = ["--ascend", "--class", "spiral", "--steps", "20", "--out", &out("climbed.png")];
    let scores = explain(&climb)["scores"].clone();
    assert!(scores[1].as_f64() > scores[0].as_f64(), "{scores}");

    let run = text(&run);
    let bad = |more: &[&str], code| refusal(&[&["explain", run], more].concat(), code);
    let nowhere = out("x.png");
    let arguments = ["--method", "grad-cam", "--class", "ring", "--out", &nowhere];
    assert!(bad(&[&of_image[..], &arguments].concat(), 2).contains("spiral"));
    let arguments = ["--layer", "conv99", "--out", &nowhere];
    assert!(bad(&[&of_image[..], &arguments].concat(), 2).contains(&layer));
}

/// The table of an embedding, its clusters, neighbours and picture, and what is refused.
#[test]
fn a_data_set_is_embedded_by_a_layer() {
    let scratch = tempfile::tempdir().unwrap();
    let run = scratch.path().join("run");
    short_run(&run);
    let data = galaxies();
    let (table, figure) = (scratch.path().join("table.csv"), scratch.path().join("plane.svg"));
    let arguments = |out: &Path| {
        let words =
            ["embed", text(&run), "--data", text(&data), "--layer", "f6", "--out", text(out)];
        words.map(str::to_owned).to_vec()
    };
    let with = |out: &Path, more: &[&str]| -> Vec<String> {
        arguments(out).into_iter().chain(more.iter().map(|word| (*word).to_owned())).collect()
    };
    let call = |words: &[String]| json(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let image = fs::read_dir(data.join("spiral")).unwrap().next().unwrap().unwrap().file_name();
    let image = image.to_string_lossy().into_owned();
    let first =
        with(&table, &["--method", "pca", "--clusters", "k-means:5", "--figure", text(&figure)]);
    let told = call(&[first.clone(), vec!["--neighbours".into(), image, "--json".into()]].concat());
    assert_eq!((told["n"].as_u64(), told["features"].as_u64()), (Some(300), Some(84)));
    assert_eq!(told["grouping"]["clusters"], 5);
    assert!(told["trustworthiness"].as_f64().unwrap() > 0.5);
    assert_eq!(told["neighbours"]["cosine"].as_array().unwrap().len(), 10);
    let mut rows = csv::Reader::from_path(&table).unwrap();
    let columns = "id,file,label,predicted,score,x,y,cluster,anomaly";
    assert_eq!(rows.headers().unwrap().iter().collect::<Vec<_>>().join(","), columns);
    assert_eq!(rows.records().map(Result::unwrap).count(), 300);
    assert!(fs::read_to_string(&figure).unwrap().matches("<circle").count() >= 300);

    // The same arguments give the same table, though threads share the work.
    let again = scratch.path().join("again.csv");
    for table in [&table, &again] {
        call(&with(table, &["--clusters", "hdbscan:8", "--json"]));
    }
    assert_eq!(fs::read(&table).unwrap(), fs::read(&again).unwrap());
    let parquet = scratch.path().join("table.parquet");
    call(&with(&parquet, &["--method", "pca", "--features", "--json"]));
    assert!(fs::read(&parquet).unwrap().starts_with(b"PAR1"));

    let refused =
        |words: Vec<String>| refusal(&words.iter().map(String::as_str).collect::<Vec<_>>(), 2);
    assert!(refused(with(&table, &["--clusters", "k-means"])).contains("k-means:K"));
    assert!(refused(with(&table, &["--neighbours", "nothing"])).contains("no image `nothing`"));
    assert!(refused(arguments(&scratch.path().join("table.txt"))).contains(".csv or .parquet"));
    assert!(refused(with(&table, &["--min-dist", "7"])).contains("between 0 and 1"));
}

/// Two networks asked together: the mean of their probabilities, and how far they differ.
#[test]
fn several_networks_are_evaluated_and_predict_together() {
    let scratch = tempfile::tempdir().unwrap();
    let [first, second] = ["1", "2"].map(|name| scratch.path().join(name));
    short_run(&first);
    fs::create_dir(&second).unwrap();
    for entry in fs::read_dir(&first).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), second.join(entry.file_name())).unwrap();
        }
    }
    let alone = json(&["evaluate", text(&first), "--json"]);
    let out = scratch.path().join("together");
    let both = ["evaluate", text(&first), text(&second), "--json", "--out", text(&out)];
    let together = json(&both);
    assert_eq!(together["n"], 75);
    assert_eq!(together["confusion"], alone["confusion"], "a network and its copy");
    let data = galaxies();
    let table = out.join("predict.csv");
    let arguments = ["--data", text(&data), "--out", text(&table), "--json"];
    json(&[&["predict", text(&first), text(&second)], &arguments[..]].concat());
    let mut rows = csv::Reader::from_path(&table).unwrap();
    let header = rows.headers().unwrap().clone();
    let spread = header.iter().position(|name| name == "std spiral").expect("a spread");
    assert!(rows.records().all(|row| row.unwrap()[spread].parse::<f64>().unwrap().abs() < 1e-6));
}

#[test]
fn a_finished_run_is_not_overwritten() {
    let scratch = tempfile::tempdir().unwrap();
    fs::write(scratch.path().join("notes.txt"), "mine").unwrap();
    let data = galaxies();
    let out = text(scratch.path());
    let message =
        refusal(&["train", "--data", text(&data), "--network", "lenet5", "--out", out], 1);
    assert!(message.contains("empty") || message.contains("exists"), "{message}");
    assert_eq!(fs::read_to_string(scratch.path().join("notes.txt")).unwrap(), "mine");
}

#[test]
fn bad_data_is_refused_with_a_clear_word() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("run");
    let train = |data: &Path| {
        refusal(&["train", "--data", text(data), "--network", "lenet5", "--out", text(&out)], 1)
    };

    let empty = scratch.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert!(train(&empty).contains("no image"), "{}", train(&empty));

    assert!(train(&scratch.path().join("nowhere")).contains("nowhere"));

    let one_class = scratch.path().join("one");
    fs::create_dir_all(one_class.join("spiral")).unwrap();
    for (i, entry) in fs::read_dir(galaxies().join("spiral")).unwrap().enumerate().take(8) {
        let copy = one_class.join("spiral").join(format!("{i}.jpg"));
        fs::copy(entry.unwrap().path(), copy).unwrap();
    }
    let message = train(&one_class);
    assert!(message.contains("class"), "{message}");
}

#[test]
fn a_broken_image_among_good_ones_is_listed_and_left_out() {
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    for class in ["spiral", "round"] {
        fs::create_dir_all(data.join(class)).unwrap();
        for entry in fs::read_dir(galaxies().join(class)).unwrap().take(12) {
            let entry = entry.unwrap();
            fs::copy(entry.path(), data.join(class).join(entry.file_name())).unwrap();
        }
    }
    fs::write(data.join("spiral/broken.jpg"), b"\xff\xd8\xff\xe0 no picture").unwrap();
    let out = scratch.path().join("run");
    let output = arclet(&[
        "train",
        "--data",
        text(&data),
        "--network",
        "lenet5",
        "--size",
        "32",
        "--epochs",
        "1",
        "--val",
        "0",
        "--test",
        "0.25",
        "--device",
        "flex",
        "--out",
        text(&out),
        "--json",
    ]);
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("broken.jpg"), "{said}");
}

/// The weights of a run, written for PyTorch, predict without the run what they predict with it.
#[test]
fn weights_leave_their_run_and_predict_alike() {
    let home = tempfile::tempdir().expect("a folder");
    let [run, file, with, without] =
        ["run", "ours.safetensors", "with.csv", "without.csv"].map(|name| home.path().join(name));
    short_run(&run);
    let written = json(&["weights", text(&run), "--out", text(&file), "--json"]);
    assert_eq!(written["tensors"].as_array().map(Vec::len), Some(10), "{written}");
    let described = std::fs::read_to_string(run.join("model.toml")).expect("a description");
    let described: toml::Table = described.parse().expect("TOML");
    let pipeline = &described["pipeline"];
    let list = |value: &toml::Value| {
        let words = value.as_array().expect("a list").iter();
        words.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect::<Vec<_>>()
    };
    let [classes, mean, std] =
        [&described["classes"], &pipeline["mean"], &pipeline["std"]].map(|v| list(v).join(","));
    let data = galaxies();
    json(&["predict", text(&run), "--data", text(&data), "--out", text(&with), "--json"]);
    let crop = pipeline["crop"].to_string();
    let mut arguments = vec!["predict", "--weights", text(&file), "--network", "lenet5"];
    arguments.extend(["--classes", &classes, "--size", "32", "--crop", &crop, "--mean", &mean]);
    arguments.extend(["--std", &std, "--data", text(&data), "--out", text(&without), "--json"]);
    json(&arguments);
    let [with, without] = [with, without].map(|path| std::fs::read_to_string(path).expect("table"));
    assert_eq!(with, without);

    let fits =
        json(&["weights", text(&file), "--network", "lenet5", "--input", "1,32,32", "--json"]);
    assert!(fits["report"]["text"].as_str().expect("text").contains("adapted from 3 to 1 bands"));
    let message = refusal(&["weights", text(&data.join("../README.md"))], 1);
    assert!(message.contains("neither safetensors nor"), "{message}");
    refusal(&["predict", "--weights", text(&file), "--data", text(&data), "--out", "x.csv"], 2);
    refusal(&["predict", text(&run), "--size", "64", "--data", text(&data), "--out", "x.csv"], 2);
}

#[test]
fn wrong_arguments_end_with_status_2() {
    refusal(&["train", "--epochs", "many"], 2);
    refusal(&["no-such-command", "--x"], 2);
    let message = refusal(&["networks", "resnet18", "--input", "3,4", "--classes", "5"], 2);
    assert!(message.contains("3,4"), "{message}");
}

#[test]
fn a_size_that_does_not_fit_names_the_layer() {
    let message = refusal(&["networks", "lenet5", "--input", "3,4,4", "--classes", "5"], 1);
    assert!(message.contains("at least") || message.contains("smallest"), "{message}");
}

#[test]
fn an_image_is_rendered_as_the_viewer_shows_it() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let out = folder.path().join("galaxy.png");
    let image = fs::read_dir(galaxies().join("spiral")).unwrap().next().unwrap().unwrap().path();
    let picture = json(&["render", text(&image), "--out", text(&out), "--size", "40", "--json"]);
    assert_eq!((&picture["width"], &picture["look"]["mode"]), (&40.into(), &"simple-rgb".into()));
    let drawn = arclet::image::read(&out).expect("the picture");
    assert_eq!((drawn.bands, drawn.width), (3, 40));
    let one = ["render", text(&image), "--out", text(&out), "--bands", "1", "--colour-map", "heat"];
    let picture = json(&[&one[..], &["--stretch", "sinh:0.5", "--invert", "--json"]].concat());
    assert_eq!(picture["look"]["curve"]["a"], 0.5);
    for (wrong, word) in [
        (&["--stretch", "asinh:0"][..], "asinh:0"),
        (&["--limits", "fixed:2:1"], "lower one first"),
        (&["--colour-map", "jet"], "viridis"),
        (&["--size", "0"], "--size 0"),
        (&["--rgb", "lupton", "--stretch", "log"], "--lupton-stretch"),
    ] {
        let one = ["render", text(&image), "--out", text(&out)];
        let bands: &[&str] = if wrong.contains(&"--rgb") { &[] } else { &["--bands", "0"] };
        let message = refusal(&[&one[..], bands, wrong].concat(), 2);
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn a_network_is_drawn_into_a_file() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let start = |name: &str, extra: &[&str]| {
        let file = folder.path().join(name);
        let output =
            arclet(&[&["networks", "googlenet", "--picture", text(&file)], extra].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read(&file).expect("the picture")
    };
    let folded = String::from_utf8(start("folded.svg", &[])).expect("text");
    let unfolded = String::from_utf8(start("unfolded.svg", &["--unfold"])).expect("text");
    assert!(folded.contains("inception3a · 4 branches") && !folded.contains("branch2.0.conv"));
    assert!(unfolded.contains("branch2.0.conv") && unfolded.contains("192×28×28"));
    assert!(start("folded.png", &[]).starts_with(b"\x89PNG"));
}

#[test]
fn images_inside_hdf5_and_parquet_are_catalogued_learned_and_predicted() {
    let containers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/containers");
    let told = json(&["catalogue", text(&containers.join("galaxy10_decals.h5")), "--json"]);
    assert_eq!((&told["format"], &told["samples"]), (&"hdf5-images".into(), &7.into()));
    assert_eq!(told["classes"].as_array().unwrap().len(), 7);

    let scratch = tempfile::tempdir().unwrap();
    let (data, run) = (containers.join("bytes_gzip.parquet"), scratch.path().join("run"));
    let split = scratch.path().join("split.csv");
    let part = |n: usize| ["train", "train", "validation", "test"][n / 2 % 4];
    let lines = (0..40).map(|n| format!("bytes_gzip#{n:06},{}\n", part(n)));
    fs::write(&split, "id,part\n".to_string() + &lines.collect::<String>()).unwrap();
    let output = arclet(&[
        "train",
        "--data",
        text(&data),
        "--network",
        "lenet5",
        "--size",
        "32",
        "--epochs",
        "1",
        "--device",
        "flex",
        "--split",
        text(&split),
        "--out",
        text(&run),
        "--json",
    ]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "training failed: {message}");
    let parts = fs::read_to_string(run.join("split.csv")).unwrap();
    assert!(parts.contains("bytes_gzip#000003,b,train"), "{parts}");
    let table = scratch.path().join("predictions.csv");
    let told =
        json(&["predict", text(&run), "--data", text(&data), "--out", text(&table), "--json"]);
    assert_eq!((&told["n"], &told["failed"]), (&40.into(), &0.into()));
    let table = fs::read_to_string(table).unwrap();
    assert!(table.lines().nth(8).unwrap().contains("bytes_gzip.parquet#7,b,"), "{table}");

    let cut = scratch.path().join("cut.parquet");
    let whole = fs::read(&data).unwrap();
    fs::write(&cut, &whole[..whole.len() - 100]).unwrap();
    assert!(refusal(&["catalogue", text(&cut)], 1).contains("breaks off"));
}

/// A galaxy through the epochs of a run, as GIF, APNG and table.
#[test]
fn a_galaxy_travels_through_the_epochs_of_a_run() {
    use image::AnimationDecoder;
    let scratch = tempfile::tempdir().unwrap();
    let run = scratch.path().join("run");
    short_run(&run);
    let image = fs::read_dir(galaxies().join("spiral")).unwrap().next().unwrap().unwrap().path();
    let travel = |name: &str, more: &[&str]| {
        let out = scratch.path().join(name);
        let fixed = ["travel", text(&run), "--image", text(&image), "--out", text(&out), "--json"];
        let said = json(&[&fixed[..], more].concat());
        assert_eq!(said["epochs"], serde_json::json!([0, 1, 2]));
        fs::read(out).unwrap()
    };
    let layer = json(&["networks", "lenet5", "--layers", "--json"])["layers"][1]["name"].clone();
    let layer = ["--layer", layer.as_str().unwrap()];
    let gif = std::io::Cursor::new(travel("a.gif", &layer));
    let frames = image::codecs::gif::GifDecoder::new(gif).unwrap().into_frames();
    assert_eq!(frames.collect_frames().unwrap().len(), 3);
    let apng = travel("a.png", &[&layer[..], &["--fps", "2"]].concat());
    let reader = png::Decoder::new(std::io::Cursor::new(apng)).read_info().unwrap();
    assert_eq!(reader.info().animation_control.unwrap().num_frames, 3);
    let table = String::from_utf8(travel("a.csv", &[])).unwrap();
    assert!(table.starts_with("epoch,step,") && table.lines().count() == 4, "{table}");
    let out = scratch.path().join("a.mp4");
    refusal(&["travel", text(&run), "--image", text(&image), "--out", text(&out)], 2);
}

/// Two runs that differ in one thing, and what stands beside them; the same command adds nothing.
#[test]
fn sigmoid_is_compared_with_relu() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("comparison");
    let data = galaxies();
    let arguments = ["compare", "sigmoid", "--data", text(&data), "--network", "lenet5"];
    let more = ["--size", "32", "--epochs", "1", "--device", "flex", "--out", text(&out)];
    let arguments = [&arguments[..], &more, &["--json"]].concat();
    let output = arclet(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "comparison");
    assert_eq!(last["runs"][0]["name"], "lenet5-sigmoid");
    assert!(last["runs"][1]["first_over_last"].as_f64().unwrap() > 0.0);
    for file in ["comparison.csv", "loss.png", "accuracy.svg", "gradients.png"] {
        assert!(out.join(file).is_file(), "{file} is missing");
    }
    let again = String::from_utf8(arclet(&arguments).stdout).unwrap();
    assert_eq!(again.lines().count(), 1, "both runs are complete: {again}");
    refusal(&["compare", "shape", "--data", text(&data), "--out", text(&out)], 2);
}
