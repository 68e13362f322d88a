//! `lateen status`: what an application is, how far its workflow is, and how its services are.

mod text;
mod tree;
