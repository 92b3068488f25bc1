//! What can go wrong with a device of another machine, each with what to do about it.

use std::path::PathBuf;

/// Why a device of another machine cannot be used, or this one's cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The text is no address.
    #[error(
        "`{text}` is no address of a served device: {problem}. Paste the line that `arclet serve` \
         printed, arclet://…@HOST:PORT"
    )]
    Address {
        /// What was given.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The text names no relay.
    #[error("`{name}` is no relay: give `public`, or the https:// address of your own")]
    Relay {
        /// What was given.
        name: String,
    },
    /// No token is known for this server.
    #[error(
        "no token is known for the server at {place}. Run `arclet devices --at ADDRESS` once: it \
         asks for the token and remembers it; or set ARCLET_TOKEN, or name its file in \
         ARCLET_TOKEN_FILE"
    )]
    NoToken {
        /// Where the server is.
        place: String,
    },
    /// The server does not know the token.
    #[error(
        "the server at {place} refuses the token {origin}. Compare it with the one that `arclet \
         serve` shows there, and give it anew with `arclet devices --at ADDRESS`"
    )]
    Refused {
        /// Where the server is.
        place: String,
        /// Where the token was from, e.g. `of ARCLET_TOKEN`.
        origin: String,
    },
    /// Nobody answers.
    #[error(
        "no Arclet server was reached at {place}: {reason}. Is `arclet serve` running there, and \
         does the firewall let UDP through to that port?"
    )]
    Unreachable {
        /// Where the server should be.
        place: String,
        /// What happened.
        reason: String,
    },
    /// The two programs do not understand each other.
    #[error(
        "the server at {place} is of another version of Arclet ({reason}); install the same one on \
         both machines"
    )]
    Version {
        /// Where the server is.
        place: String,
        /// The two versions.
        reason: String,
    },
    /// The server has fewer devices.
    #[error(
        "the server at {place} offers {count} device(s), counted from 0; there is no number {asked}"
    )]
    NoSuchDevice {
        /// Where the server is.
        place: String,
        /// How many it has.
        count: usize,
        /// Which was asked for.
        asked: usize,
    },
    /// The connection broke off while it was used.
    #[error(
        "the connection to the machine that computes ({place}) was lost: {reason}. Begin anew \
         when `arclet serve` runs there again; a run goes on from its last checkpoint (in the \
         terminal: `arclet train --resume RUN`, on another device with `--device`)"
    )]
    Lost {
        /// Where the server was.
        place: String,
        /// What happened.
        reason: String,
    },
    /// The computation failed over there.
    #[error("the machine that computes ({place}) reports: {reason}")]
    Failed {
        /// Where the server is.
        place: String,
        /// In its words.
        reason: String,
    },
    /// A file of keys cannot be used.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, and the remedy.
        problem: String,
    },
    /// There is no folder for settings.
    #[error(
        "this system names no folder for settings (HOME is not set); give the key's file with \
         --key-file, and the token in ARCLET_TOKEN"
    )]
    NoFolder,
    /// The server cannot begin.
    #[error("cannot serve: {0}")]
    Serve(String),
}
