//! One process that decodes, seen from the one that asks.

use std::io::{BufReader, Error, ErrorKind, Read, Result};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use super::super::fits::decode::{Job, Take};
use super::Apart;
use super::frames::{self, Answer};
use super::watch::{Watch, Watched};

/// Why a job gave no values.
#[derive(Debug)]
pub(super) enum Failure {
    /// The decoder refused the data; the process goes on.
    Refused(String),
    /// The process is no more.
    Lost {
        reason: String,
        /// It may have been ill before this job: another process may do it.
        try_again: bool,
    },
}

/// A running process and the pipes to it; ended when dropped.
pub(super) struct Process {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    watched: Arc<Watched>,
    /// Jobs that it did.
    jobs: usize,
}

impl Process {
    /// Starts the program and waits for its greeting.
    pub(super) fn start(apart: &Apart, watch: &Watch) -> Result<Self> {
        let mut command = Command::new(&apart.program);
        command.args(&apart.arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::null());
        #[cfg(windows)]
        {
            // CREATE_NO_WINDOW: no console flashes up.
            std::os::windows::process::CommandExt::creation_flags(&mut command, 0x0800_0000);
        }
        let mut child = command.spawn()?;
        let missing = || Error::other("a process without pipes");
        let input = child.stdin.take().ok_or_else(missing);
        let output = child.stdout.take().ok_or_else(missing);
        let watched = Arc::new(Watched::new(child));
        let (input, output) = (input?, BufReader::with_capacity(1 << 16, output?));
        let mut process = Self { input, output, watched, jobs: 0 };
        process.greet(apart, watch)?;
        Ok(process)
    }

    fn greet(&mut self, apart: &Apart, watch: &Watch) -> Result<()> {
        let _guard = watch.over(&self.watched, apart.patience, apart.max_bytes);
        let mut greeting = [0; frames::GREETING.len()];
        self.output.read_exact(&mut greeting)?;
        if greeting != frames::GREETING {
            return Err(Error::new(ErrorKind::InvalidData, "it is no program that decodes"));
        }
        Ok(())
    }

    /// Has a job done and gives the values to `take`.
    pub(super) fn read(
        &mut self,
        apart: &Apart,
        watch: &Watch,
        (bytes, job): (&[u8], &Job),
        take: &mut Take,
    ) -> std::result::Result<(), Failure> {
        // The bytes lie in the pipe's buffer, in memory and, padded, inside cfitsio.
        let max_bytes = apart.max_bytes.saturating_add(3 * bytes.len() as u64);
        let guard = watch.over(&self.watched, apart.patience, max_bytes);
        let mut left = job.count;
        let outcome = self.exchange(bytes, job, &mut left, take, &|| guard.alive(apart.patience));
        drop(guard);
        match outcome {
            Ok(result) => {
                self.jobs += 1;
                result.map_err(Failure::Refused)
            }
            Err(error) => {
                let told = self.watched.end();
                let try_again = told.is_none() && self.jobs > 0 && left == job.count;
                let reason = told.unwrap_or_else(|| self.watched.obituary(&error));
                Err(Failure::Lost { reason, try_again })
            }
        }
    }

    fn exchange(
        &mut self,
        bytes: &[u8],
        job: &Job,
        left: &mut usize,
        take: &mut Take,
        alive: &dyn Fn(),
    ) -> Result<std::result::Result<(), String>> {
        frames::write_job(&mut self.input, job, bytes)?;
        let mut taken = Ok(());
        loop {
            let answer = frames::read_answer(&mut self.output, *left)?;
            alive();
            match answer {
                Answer::Values(count) => {
                    *left -= count;
                    // Once refused, the rest is read past, so that the pipe is empty after.
                    let mut take_all = |piece: super::super::fits::decode::Piece| {
                        if taken.is_ok() {
                            taken = take(piece);
                        }
                    };
                    frames::read_values(&mut self.output, count, job.doubles, &mut take_all)?;
                }
                Answer::Done => return Ok(taken),
                Answer::Failed(words) => return Ok(Err(words)),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.watched.kill();
    }
}
