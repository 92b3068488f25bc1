//! The state of the program and the actions on it: plain data.
