//! NVIDIA cards, as the driver's own tool lists them.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What is said of a card that this build cannot drive by CUDA.
pub(super) const WITHOUT_CUDA: &str = "this build has no CUDA; the card works as wgpu";

/// A card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    pub(super) name: String,
    /// PCI address in lower case.
    pub(super) bus: String,
    /// Bytes.
    pub(super) memory: u64,
}

/// The cards in CUDA's order; none where the driver is not installed.
pub(super) fn cards() -> &'static [Card] {
    static CARDS: OnceLock<Vec<Card>> = OnceLock::new();
    CARDS.get_or_init(|| ask().map(|text| parse(&text)).unwrap_or_default())
}

fn ask() -> Option<String> {
    let output = Command::new("nvidia-smi")
        .args(["--query-gpu=name,pci.bus_id,memory.total", "--format=csv,noheader,nounits"])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}

fn parse(text: &str) -> Vec<Card> {
    let card = |line: &str| {
        let mut fields = line.rsplitn(3, ',').map(str::trim);
        let mebibytes: u64 = fields.next()?.parse().ok()?;
        let bus = fields.next()?.to_lowercase();
        Some(Card { name: fields.next()?.to_owned(), bus, memory: mebibytes << 20 })
    };
    text.lines().filter_map(card).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tools_table_is_read() {
        let text = "NVIDIA GeForce RTX 4090, 00000000:01:00.0, 24564\nbroken line\n";
        let card = Card {
            name: "NVIDIA GeForce RTX 4090".into(),
            bus: "00000000:01:00.0".into(),
            memory: 24564 << 20,
        };
        assert_eq!(parse(text), [card]);
        assert_eq!(parse(""), []);
    }
}
