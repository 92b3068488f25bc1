//! The system's file dialog: made on the main thread, awaited on another.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};

use super::Purpose;

/// A dialog that answers "nothing" faster than a person can was never shown: the system has no
/// portal.
const NEVER_SHOWN: Duration = Duration::from_millis(400);

/// A dialog that was asked for.
type Asked = std::pin::Pin<Box<dyn Future<Output = Option<rfd::FileHandle>> + Send>>;

/// What came of asking.
pub(super) enum Answer {
    /// The user chose.
    Path(Purpose, PathBuf),
    /// The user changed their mind.
    Cancelled,
    /// There is no such dialog here.
    NoDialog(Purpose),
}

/// A question to the system that is under way.
#[derive(Default)]
pub(super) struct Native {
    answer: Option<Receiver<Answer>>,
}

impl Native {
    /// Asks; false when it certainly cannot.
    pub(super) fn ask(
        &mut self,
        purpose: &Purpose,
        start: Option<&Path>,
        ctx: &egui::Context,
    ) -> bool {
        if self.answer.is_some() {
            return true;
        }
        if cfg!(target_os = "linux") && !session_bus() {
            return false;
        }
        let (sender, answer) = bounded(1);
        let question = question(purpose, start);
        let (purpose, ctx) = (purpose.clone(), ctx.clone());
        let started = thread::Builder::new().name("arclet-file-dialog".into()).spawn(move || {
            let begun = Instant::now();
            let answer = match block_on(question) {
                Some(path) => Answer::Path(purpose, path),
                None if begun.elapsed() < NEVER_SHOWN => Answer::NoDialog(purpose),
                None => Answer::Cancelled,
            };
            let _ = sender.send(answer);
            ctx.request_repaint();
        });
        self.answer = started.is_ok().then_some(answer);
        self.answer.is_some()
    }

    /// The answer, when it is there.
    pub(super) fn poll(&mut self) -> Option<Answer> {
        let answer = match self.answer.as_ref()?.try_recv() {
            Ok(answer) => answer,
            Err(crossbeam_channel::TryRecvError::Empty) => return None,
            Err(crossbeam_channel::TryRecvError::Disconnected) => Answer::Cancelled,
        };
        self.answer = None;
        Some(answer)
    }
}

/// Whether a desktop session could answer; a portal lives on its bus.
fn session_bus() -> bool {
    let runtime = || std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some()
        || runtime().is_some_and(|folder| folder.join("bus").exists())
}

fn question(
    purpose: &Purpose,
    start: Option<&Path>,
) -> impl Future<Output = Option<PathBuf>> + Send + use<> {
    let mut dialog = rfd::AsyncFileDialog::new().set_title(purpose.title());
    if let Some(start) = start {
        dialog = dialog.set_directory(start);
    }
    match purpose {
        Purpose::Save(request) => {
            dialog = dialog.set_file_name(&request.file_name);
            for extension in &request.extensions {
                dialog = dialog.add_filter(extension.to_uppercase(), &[extension]);
            }
        }
        _ if !purpose.wants_folder() => {
            dialog = dialog.add_filter("Fitting files", purpose.extensions());
            dialog = dialog.add_filter("All files", &["*"]);
        }
        _ => {}
    }
    let asked: Asked = match purpose {
        Purpose::Save(_) => Box::pin(dialog.save_file()),
        _ if purpose.wants_folder() => Box::pin(dialog.pick_folder()),
        _ => Box::pin(dialog.pick_file()),
    };
    async move { asked.await.map(|file| file.path().to_path_buf()) }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread, which sleeps in between.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = TaskContext::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_future_that_waits_once_is_finished() {
        let mut waited = false;
        let future = std::future::poll_fn(move |context| {
            if waited {
                return Poll::Ready(7);
            }
            waited = true;
            context.waker().wake_by_ref();
            Poll::Pending
        });
        assert_eq!(block_on(future), 7);
    }
}
