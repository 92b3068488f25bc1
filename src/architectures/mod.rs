//! The networks of the literature, each a function that builds a Network.
