//! Reaching a device of another machine from the window.

use super::effect::Effect;
use super::state::{DeviceEntry, Devices, State};

/// How the last attempt to reach another machine stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Link {
    /// None was made.
    #[default]
    Idle,
    /// A background thread waits for the answer.
    Connecting,
    /// Its device is in the list; the name of it.
    Reached(String),
    /// Why it failed.
    Failed(String),
}

/// Begins to reach the device at an address.
pub(super) fn connect(state: &mut State, address: String, token: String) -> Vec<Effect> {
    state.link = Link::Connecting;
    vec![Effect::Connect { address, token }]
}

/// Takes the answer; the device comes into the list. Returns its key, for the plan.
pub(super) fn take(state: &mut State, answer: Result<DeviceEntry, String>) -> Option<String> {
    let entry = match answer {
        Ok(entry) => entry,
        Err(why) => {
            state.link = Link::Failed(why);
            return None;
        }
    };
    state.link = Link::Reached(entry.title.clone());
    let key = entry.key.clone();
    if let Devices::Found(found) = &mut state.devices {
        found.retain(|known| known.key != key);
        found.push(entry);
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Action, reduce};

    fn entry(key: &str) -> DeviceEntry {
        let (key, title) = (key.to_owned(), format!("Card at {key}"));
        DeviceEntry { key, title, detail: String::new(), automatic: None, memory: None }
    }

    #[test]
    fn a_device_that_was_reached_is_chosen_and_can_be_undone() {
        let mut state = State::default();
        reduce(&mut state, Action::Devices(Ok(vec![entry("flex")])));
        let connect = Action::Connect { address: "a".into(), token: "t".into() };
        let effects = reduce(&mut state, connect);
        assert!(matches!(&effects[..], [Effect::Connect { .. }]));
        assert_eq!(state.link, Link::Connecting);
        reduce(&mut state, Action::Connected(Ok(entry("arclet://a"))));
        assert_eq!(state.plan.device, "arclet://a");
        assert_eq!(state.device(), Some(&entry("arclet://a")));
        reduce(&mut state, Action::Undo);
        assert_eq!(state.plan.device, "auto");
        reduce(&mut state, Action::Connected(Err("nobody".into())));
        assert_eq!(state.link, Link::Failed("nobody".into()));
        assert_eq!(state.plan.device, "auto");
    }
}
