//! Training on another machine: server and client as two processes of the real program, on
//! loopback.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A server of this machine's processor, killed when dropped.
struct Server {
    process: Child,
    address: String,
    token: String,
}

impl Server {
    /// Starts a server with the key in the folder, on a port that is free or this one.
    fn start(home: &Path, port: &str) -> Self {
        let key = home.join("key.toml");
        let mut process = arclet(home)
            .args(["serve", "--device", "flex", "--host", "127.0.0.1", "--port", port])
            .args(["--key-file", text(&key), "--json", "--show-token"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("arclet starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("it works"))
            .read_line(&mut line)
            .expect("it works");
        let said: Value = serde_json::from_str(&line).expect("one JSON object");
        let word = |value: &Value| value.as_str().expect("it works").to_owned();
        let (address, token) = (word(&said["devices"][0]["address"]), word(&said["token"]));
        Self { process, address, token }
    }

    fn port(&self) -> String {
        self.address.rsplit_once(':').expect("it works").1.to_owned()
    }

    /// Ends the server as Ctrl-C does; gives its exit status.
    #[cfg(unix)]
    fn stop(mut self) -> Option<i32> {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("it works").success());
        self.process.wait().expect("it works").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program with a settings folder of its own.
fn arclet(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arclet"));
    command.env("XDG_CONFIG_HOME", home.join("config")).env("HOME", home);
    command.env_remove("ARCLET_TOKEN").env_remove("ARCLET_TOKEN_FILE");
    command
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of plain characters")
}

fn galaxies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/galaxies")
}

/// The words of a short training of LeNet-5.
fn training(device: &str, out: &Path, epochs: &str) -> Vec<String> {
    let data = galaxies();
    let words = [
        "train",
        "--data",
        text(&data),
        "--network",
        "lenet5",
        "--size",
        "32",
        "--seed",
        "3",
        "--epochs",
        epochs,
        "--device",
        device,
        "--out",
        text(out),
        "--json",
    ];
    words.map(str::to_owned).to_vec()
}

fn succeeded(output: &Output) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "failed: {message}");
}

fn failed(output: &Output) -> String {
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(!message.contains("panicked"), "a panic instead of an error: {message}");
    message
}

/// The loss of each step.
fn losses(run: &Path) -> Vec<f64> {
    let mut reader = csv::Reader::from_path(run.join("history.csv")).expect("it works");
    let header = reader.headers().expect("it works").clone();
    let column = |name: &str| header.iter().position(|column| column == name).expect("it works");
    let (kind, loss) = (column("kind"), column("loss"));
    let rows = reader.records().map(Result::unwrap);
    rows.filter(|row| &row[kind] == "step")
        .map(|row| row[loss].parse().expect("it works"))
        .collect()
}

fn assert_close(one: &[f64], other: &[f64], tolerance: f64) {
    assert_eq!(one.len(), other.len());
    for (step, (a, b)) in one.iter().zip(other).enumerate() {
        assert!((a - b).abs() < tolerance, "step {step}: {a} and {b}");
    }
}

/// Also: the token is remembered after its first use, and predictions agree.
#[test]
fn a_run_on_another_machine_has_the_losses_of_one_here() {
    let home = tempfile::tempdir().expect("it works");
    let server = Server::start(home.path(), "0");
    let [here, there] = ["here", "there"].map(|name| home.path().join(name));
    succeeded(&arclet(home.path()).args(training("flex", &here, "1")).output().expect("it works"));
    let words = training(&server.address, &there, "1");
    let output = arclet(home.path())
        .args(words)
        .env("ARCLET_TOKEN", &server.token)
        .output()
        .expect("it works");
    succeeded(&output);
    assert!(losses(&here).len() > 4);
    assert_close(&losses(&here), &losses(&there), 1e-4);

    let listed =
        arclet(home.path()).args(["devices", "--at", &server.address]).output().expect("it works");
    succeeded(&listed);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("127.0.0.1"));
    let data = galaxies();
    let tables = [("flex", "a.csv"), (server.address.as_str(), "b.csv")].map(|(device, name)| {
        let table = home.path().join(name);
        let words = ["predict", text(&here), "--data", text(&data), "--device", device, "--out"];
        succeeded(&arclet(home.path()).args(words).arg(&table).output().expect("it works"));
        let mut reader = csv::Reader::from_path(&table).expect("it works");
        let rows = reader.records().map(Result::unwrap);
        rows.flat_map(|row| {
            row.iter().skip(3).map(|p| p.parse().expect("it works")).collect::<Vec<f64>>()
        })
        .collect::<Vec<f64>>()
    });
    assert_eq!(tables[0].len(), 1500);
    assert_close(&tables[0], &tables[1], 1e-4);
}

#[test]
fn strangers_are_refused_and_an_absent_server_is_noticed() {
    let home = tempfile::tempdir().expect("it works");
    let server = Server::start(home.path(), "0");
    let at = |token: Option<&str>, address: &str| {
        let mut command = arclet(home.path());
        command.args(["devices", "--at", address]).stdin(Stdio::null());
        token.map(|token| command.env("ARCLET_TOKEN", token));
        command.output().expect("it works")
    };
    let message = failed(&at(Some("wrong"), &server.address));
    assert!(message.contains("refuses the token of ARCLET_TOKEN"), "{message}");
    let message = failed(&at(None, &server.address));
    assert!(message.contains("no token is known"), "{message}");
    let beyond = format!("{}/1", server.address);
    let message = failed(&at(Some(&server.token), &beyond));
    assert!(message.contains("no number 1"), "{message}");
    succeeded(&at(Some(&server.token), &server.address));

    let address = server.address.clone();
    drop(server);
    let before = Instant::now();
    let message = failed(&at(None, &address));
    assert!(message.contains("no Arclet server was reached"), "{message}");
    assert!(before.elapsed() < Duration::from_secs(30));
}

/// Starts a run on the server and waits until its first epoch is kept.
/// A training of three epochs and what it says.
struct Run {
    process: Child,
    said: Receiver<String>,
}

impl Run {
    /// Begins on the server and waits for the end of the first epoch.
    fn start(home: &Path, server: &Server, out: &Path) -> Self {
        let mut process = arclet(home)
            .args(training(&server.address, out, "3"))
            .env("ARCLET_TOKEN", &server.token)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it works");
        let events = BufReader::new(process.stdout.take().expect("it works"));
        let (sender, said) = mpsc::channel();
        // All is read at once, so that the program never waits for a reader.
        std::thread::spawn(move || {
            events.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let run = Self { process, said };
        run.wait_for("\"event\":\"epoch\"");
        run
    }

    fn wait_for(&self, sign: &str) {
        let until = Instant::now() + Duration::from_mins(2);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.said.recv_timeout(left).expect("it says so before it ends");
            if line.contains(sign) {
                return;
            }
        }
    }

    fn output(self) -> Output {
        self.process.wait_with_output().expect("it works")
    }
}

/// The run waits, goes on by itself when the server is back, and equals one without interruption.
fn check_reconnected(home: &Path, run: Run, out: &Path, port: &str) {
    run.wait_for("disconnected");
    let again = Server::start(home, port);
    succeeded(&run.output());
    let whole = home.join("whole");
    succeeded(
        &arclet(home).args(training(&again.address, &whole, "3")).output().expect("it works"),
    );
    assert_close(&losses(out), &losses(&whole), 1e-6);
}

#[cfg(unix)]
#[test]
fn a_run_waits_for_a_server_that_stopped_and_goes_on_by_itself() {
    let home = tempfile::tempdir().expect("it works");
    let server = Server::start(home.path(), "0");
    let out = home.path().join("run");
    let (run, port) = (Run::start(home.path(), &server, &out), server.port());
    assert_eq!(server.stop(), Some(0));
    check_reconnected(home.path(), run, &out, &port);
}

#[test]
#[ignore = "a killed server says nothing, and its silence is noticed after half a minute"]
fn a_run_waits_for_a_server_that_was_killed_and_goes_on_by_itself() {
    let home = tempfile::tempdir().expect("it works");
    let server = Server::start(home.path(), "0");
    let out = home.path().join("run");
    let (run, port) = (Run::start(home.path(), &server, &out), server.port());
    drop(server);
    check_reconnected(home.path(), run, &out, &port);
}

#[cfg(unix)]
#[test]
fn a_run_that_waits_can_be_stopped_and_resumed_on_another_device() {
    let home = tempfile::tempdir().expect("it works");
    let server = Server::start(home.path(), "0");
    let out = home.path().join("run");
    let run = Run::start(home.path(), &server, &out);
    assert_eq!(server.stop(), Some(0));
    run.wait_for("disconnected");
    let id = run.process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().expect("it works").success());
    succeeded(&run.output());

    let resume = ["train", "--json", "--device", "flex", "--resume", text(&out)];
    succeeded(&arclet(home.path()).args(resume).output().expect("it works"));
    let whole = home.path().join("whole");
    succeeded(&arclet(home.path()).args(training("flex", &whole, "3")).output().expect("it works"));
    assert_close(&losses(&out), &losses(&whole), 1e-4);
}

#[test]
fn several_clients_train_at_once() {
    let home = tempfile::tempdir().expect("it works");
    let server = Server::start(home.path(), "0");
    let outs = ["one", "two"].map(|name| home.path().join(name));
    let runs = [0, 1].map(|index| {
        arclet(home.path())
            .args(training(&server.address, &outs[index], "1"))
            .env("ARCLET_TOKEN", &server.token)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it works")
    });
    for run in runs {
        succeeded(&run.wait_with_output().expect("it works"));
    }
    assert_close(&losses(&outs[0]), &losses(&outs[1]), 1e-6);
}
